"""What became of each message: the table Messages' stream, and the function that publishes and counts it."""

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from postroad.outcomes.settings import OutcomesSettings
from stacks.constructs.alarms import Alarms
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.metrics import FIVE_MINUTES
from stacks.constructs.result_bus import ResultBus
from stacks.constructs.stores import Stores
from stacks.constructs.troubles import OUTCOMES_DEAD_LETTERS, OUTCOMES_LATE
from stacks.constructs.work_queue import LATE, DeadLetters

if TYPE_CHECKING:
    from postroad.configuration import Configuration

MEMORY_MEBIBYTES = 512

# A batch that fails is halved until the one bad change stands alone; the stream itself keeps a day.
RETRIES = 20
LONGEST_RETRY = Duration.hours(23)

# With a tumbling window Lambda tells each run which shard its records are of, by which they are counted once.
# Nothing is gathered in the window, so the longest is best: at its end Lambda invokes the function once more
# for each shard. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
WINDOW = Duration.minutes(15)
LOCAL_SHARD = "local"


class OutcomesPipeline(Construct):
    """Messages' DynamoDB stream → outcomes → the result bus, and counters in Stats."""

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
                stats_table=stores.stats.table_name,
                stats_pairs=configuration.stats.pairs,
                local_shard=LOCAL_SHARD if stage.is_local else "",
            ),
            timeout_seconds=timing.outcomes_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )
        # By its ARN: for a queue with a key CDK would grant kms:GenerateDataKey* and kms:ReEncrypt*, which
        # MailFunction has granted by their names.
        on_failure = sqs.Queue.from_queue_arn(self, "OnFailure", self.dead_letters.queue_arn)
        self.function.add_event_source(
            sources.DynamoEventSource(
                stores.messages,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=timing.outcomes_batch_size,
                max_batching_window=Duration.seconds(timing.outcomes_batching_window_seconds),
                bisect_batch_on_error=True,
                retry_attempts=RETRIES,
                max_record_age=LONGEST_RETRY,
                report_batch_item_failures=True,
                tumbling_window=WINDOW,
                on_failure=sources.SqsDlq(on_failure),
            )
        )
        bus.grant_put_events_to(self.function)
        # A transaction of updates asks for no action of its own.
        stores.stats.grant(self.function, "dynamodb:GetItem", "dynamodb:UpdateItem")
        alarms.ring(
            OUTCOMES_LATE,
            "outcomes",
            self.function.metric("IteratorAge", statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES),
            threshold=LATE.to_milliseconds(),
        )
        CfnOutput(Stack.of(self), "OutcomesDeadLetterQueueUrl", value=self.dead_letters.queue_url)
