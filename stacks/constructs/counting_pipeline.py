"""What became of mail in numbers: the table Messages' stream, and the function that counts it in Stats."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from postroad.outcomes.counting.settings import CountingSettings
from stacks.constructs.alarms import Alarms
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.stores import Stores
from stacks.constructs.table_stream import feed_with_changes, ring_when_behind
from stacks.constructs.troubles import COUNTING_DEAD_LETTERS, COUNTING_LATE
from stacks.constructs.work_queue import DeadLetters

if TYPE_CHECKING:
    from postroad.configuration import Configuration

MEMORY_MEBIBYTES = 512

# Lambda's most. A run ends up with what has come within the window, or with the 6 MB of an invocation.
# https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
BATCH_SIZE = 10_000

# With a tumbling window Lambda tells each run which shard its records are of, by which they are counted once.
# Nothing is gathered in the window, so the longest is best: at its end Lambda invokes the function once more
# for each shard. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
WINDOW = Duration.minutes(15)
# A new row that is claimed counts nothing, and every mail has one: Lambda leaves it out, without a charge.
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
NOT_JUST_CLAIMED: tuple[Mapping[str, object], ...] = (
    {"eventName": ["MODIFY", "REMOVE"]},
    {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": [{"anything-but": ["claimed"]}]}}}},
)
LOCAL_SHARD = "local"


class CountingPipeline(Construct):
    """Messages' DynamoDB stream → counting → counters in Stats."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        alarms: Alarms,
    ) -> None:
        """Read every change of a row once or more, and count it once."""
        super().__init__(scope, construct_id)
        stage, timing = runtime.stage, configuration.timing
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            stage=stage,
            name="counting",
            retention_days=configuration.retention.dead_letter_days,
            key=stores.key,
            alarms=alarms,
            trouble=COUNTING_DEAD_LETTERS,
        )
        self.function = MailFunction(
            self,
            "Counting",
            runtime=runtime,
            verb="counting",
            name="counting",
            settings=CountingSettings(
                stage=stage.name,
                stats_table=stores.stats.table_name,
                stats_pairs=configuration.stats.pairs,
                local_shard=LOCAL_SHARD if stage.is_local else "",
            ),
            timeout_seconds=timing.counting_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )
        feed_with_changes(
            self.function,
            table=stores.messages,
            dead_letters=self.dead_letters,
            batch_size=BATCH_SIZE,
            batching_window_seconds=timing.counting_batching_window_seconds,
            tumbling_window=WINDOW,
            patterns=NOT_JUST_CLAIMED,
        )
        # A transaction of updates asks for no action of its own.
        stores.stats.grant(self.function, "dynamodb:GetItem", "dynamodb:UpdateItem")
        ring_when_behind(alarms, COUNTING_LATE, "counting", self.function)
        CfnOutput(Stack.of(self), "CountingDeadLetterQueueUrl", value=self.dead_letters.queue_url)
