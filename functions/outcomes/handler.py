"""Changes of rows from the Messages table's stream: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.outcomes.dynamodb import WindowAnswer, decode_changes, shard_of, window_answer
from postroad.outcomes.wiring import local_shard, logger, outcomes


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> WindowAnswer:
    taking = outcomes()
    stuck_at = taking.take(decode_changes(event), shard=shard_of(event, local_shard=local_shard()))
    taking.counts.flush()
    return window_answer(stuck_at)
