"""SES's events from the queues feedback and events: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.feedback.wiring import feedback, logger
from postroad.records import PartialFailures, decode_records, partial_failures


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialFailures:
    intake = feedback()
    failed = intake.take(
        decode_records(event), seconds_left=lambda: context.get_remaining_time_in_millis() / 1000
    )
    intake.counts.flush()
    return partial_failures(failed)
