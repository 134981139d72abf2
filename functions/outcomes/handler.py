"""Changes of rows from the Messages table's stream: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.outcomes.dynamodb import decode_changes
from postroad.outcomes.wiring import logger, outcomes
from postroad.records import PartialFailures, partial_failures


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> PartialFailures:
    publishing = outcomes()
    stuck_at = publishing.publish(decode_changes(event))
    publishing.counts.flush()
    return partial_failures([] if stuck_at is None else [stuck_at])
