"""Changes of rows from the Messages table's stream, one shard at a time: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.outcomes.counting.wiring import local_shard, logger, tally
from postroad.outcomes.dynamodb import WindowAnswer, decode_changes, shard_of, window_answer


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> WindowAnswer:
    shard = shard_of(event, local_shard=local_shard())
    return window_answer(tally().take(decode_changes(event), shard=shard))
