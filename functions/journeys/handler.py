"""Events of contacts, and walks that are due, from the queue journeys: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.journeys.wiring import hearing, logger
from postroad.records import PartialFailures, decode_records, partial_failures


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialFailures:
    heard = hearing().take(
        decode_records(event), seconds_left=lambda: context.get_remaining_time_in_millis() / 1000
    )
    logger.info("batch", extra={"counts": heard.counts})
    return partial_failures(heard.failures)
