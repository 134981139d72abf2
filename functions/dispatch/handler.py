"""Each minute, and when a stream's switch turns: decode, call, encode."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from postroad.dispatching.wiring import logger, run


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    run(event, remaining_milliseconds=context.get_remaining_time_in_millis)
