"""What became of each message: the stream of the table Messages, and the function that publishes results."""

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from postroad.outcomes.settings import OutcomesSettings
from stacks.constructs.alarms import Alarms
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.result_bus import ResultBus
from stacks.constructs.stores import Stores
from stacks.constructs.table_stream import feed_with_changes, ring_when_behind
from stacks.constructs.troubles import OUTCOMES_DEAD_LETTERS, OUTCOMES_LATE
from stacks.constructs.work_queue import DeadLetters

if TYPE_CHECKING:
    from postroad.configuration import Configuration

MEMORY_MEBIBYTES = 512


class OutcomesPipeline(Construct):
    """Messages' DynamoDB stream → outcomes → the result bus."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        bus: ResultBus,
        alarms: Alarms,
    ) -> None:
        """Read every change of a row once or more, in order for each row."""
        super().__init__(scope, construct_id)
        stage, timing = runtime.stage, configuration.timing
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            stage=stage,
            name="outcomes",
            retention_days=configuration.retention.dead_letter_days,
            key=stores.key,
            alarms=alarms,
            trouble=OUTCOMES_DEAD_LETTERS,
        )
        self.function = MailFunction(
            self,
            "Outcomes",
            runtime=runtime,
            verb="outcomes",
            name="outcomes",
            settings=OutcomesSettings(
                stage=stage.name,
                bus_name=bus.event_bus_name,
                publishes={
                    name: tuple(status.value for status in stream.publishes)
                    for name, stream in configuration.streams.items()
                },
            ),
            timeout_seconds=timing.outcomes_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )
        feed_with_changes(
            self.function,
            table=stores.messages,
            dead_letters=self.dead_letters,
            batch_size=timing.outcomes_batch_size,
            batching_window_seconds=timing.outcomes_batching_window_seconds,
        )
        bus.grant_put_events_to(self.function)
        ring_when_behind(alarms, OUTCOMES_LATE, "outcomes", self.function)
        CfnOutput(Stack.of(self), "OutcomesDeadLetterQueueUrl", value=self.dead_letters.queue_url)
