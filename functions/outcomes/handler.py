"""Changes of rows from the Messages table's stream: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.outcomes.dynamodb import PartialFailures, decode_changes, partial_failures
from postroad.outcomes.wiring import counts, logger, outcomes


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> PartialFailures:
    stuck_at = outcomes().publish(decode_changes(event))
    counts().flush()
    return partial_failures(stuck_at)
