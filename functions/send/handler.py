"""Messages from a stream's queue: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.records import PartialFailures, decode_records, partial_failures
from postroad.sending.wiring import deadline, logger, sending


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialFailures:
    batch = sending()
    report = batch.send_batch(
        decode_records(event), deadline=deadline(context.get_remaining_time_in_millis())
    )
    batch.counts.flush()
    left = context.get_remaining_time_in_millis()
    logger.info("batch", extra={"decisions": report.summary(), "milliseconds_left": left})
    return partial_failures(report.failures)
