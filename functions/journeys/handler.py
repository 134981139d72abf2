"""Events of contacts, walks that are due, contacts whose dates may have changed: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.journeys.dynamodb_directory import changed_contacts, is_of_contacts
from postroad.journeys.following import LOOK_THROUGH
from postroad.journeys.wiring import clock, following, hearing, logger
from postroad.records import PartialFailures, decode_records, partial_failures


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialFailures:
    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    if event.get("schema") == LOOK_THROUGH:
        half = seconds_left() / 2
        following().look_through(now=clock.now(), has_time=lambda: seconds_left() > half)
        return partial_failures([])
    if is_of_contacts(event):
        stuck_at = following().take(changed_contacts(event), now=clock.now())
        return partial_failures([] if stuck_at is None else [stuck_at])
    heard = hearing().take(decode_records(event), seconds_left=seconds_left)
    logger.info("batch", extra={"counts": heard.counts})
    return partial_failures(heard.failures)
