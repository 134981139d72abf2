"""A table's stream as what feeds a function: that of Messages, and that of Contacts.

DynamoDB lets two functions read it without throttling each other: `outcomes` and `counting`.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from stacks.constructs.alarms import Alarms
from stacks.constructs.mail_function import MailFunction
from stacks.constructs.metrics import FIVE_MINUTES
from stacks.constructs.troubles import Trouble
from stacks.constructs.work_queue import LATE, DeadLetters

# A batch that fails is halved until the one bad change stands alone; the stream itself keeps a day.
RETRIES = 20
LONGEST_RETRY = Duration.hours(23)


def feed_with_changes(
    function: MailFunction,
    *,
    table: dynamodb.ITableV2,
    dead_letters: DeadLetters,
    batch_size: int,
    batching_window_seconds: int,
    tumbling_window: Duration | None = None,
    patterns: Sequence[Mapping[str, object]] = (),
) -> None:
    """Hand every change in the table to this function once or more, in order for each item.

    With `patterns`, those changes alone that one of them describes. What the function can't do in 20 tries
    or 23 hours is named among the dead letters.
    """
    # By its ARN: for a queue with a key CDK would grant kms:GenerateDataKey* and kms:ReEncrypt*, which
    # MailFunction has granted by their names.
    on_failure = sqs.Queue.from_queue_arn(dead_letters, "OnFailure", dead_letters.queue_arn)
    function.add_event_source(
        sources.DynamoEventSource(
            table,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch_size,
            max_batching_window=Duration.seconds(batching_window_seconds),
            bisect_batch_on_error=True,
            retry_attempts=RETRIES,
            max_record_age=LONGEST_RETRY,
            report_batch_item_failures=True,
            tumbling_window=tumbling_window,
            filters=[lambda_.FilterCriteria.filter(pattern) for pattern in patterns] or None,
            on_failure=sources.SqsDlq(on_failure),
        )
    )


def ring_when_behind(alarms: Alarms, trouble: Trouble, name: str, function: MailFunction) -> None:
    """Ring when what this function reads has waited too long in the stream."""
    alarms.ring(
        trouble,
        name,
        function.metric("IteratorAge", statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES),
        threshold=LATE.to_milliseconds(),
    )
