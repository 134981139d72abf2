"""The bus that results are published to."""

from aws_cdk import aws_events as events
from constructs import Construct

from stacks.stage import Stage


class ResultBus(events.EventBus):
    """An EventBridge bus; any rule on it may listen to `message.bounced` and the like."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        """Make the bus of `stage`."""
        super().__init__(
            scope,
            construct_id,
            event_bus_name=stage.result_bus,
            description="Postroad: what became of each message (postroad.result.v1).",
        )
