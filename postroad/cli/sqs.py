"""Looks at queues without changing what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from postroad.cli.dead_letters import DeadLetter, read_dead_letter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
HIDDEN_SECONDS = 30
"""How long a dead letter stays hidden should this process die before it shows it again."""
AGE_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages a queue holds: ready, being worked on, and delayed. SQS calls these approximate."""

    waiting: int
    in_flight: int
    delayed: int


def read_depth(client: SQSClient, url: str) -> Depth:
    """Return how full a queue is."""
    found = client.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return Depth(
        waiting=int(found["ApproximateNumberOfMessages"]),
        in_flight=int(found["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(found["ApproximateNumberOfMessagesDelayed"]),
    )


def read_retention(client: SQSClient, url: str) -> int:
    """Return for how many seconds a queue keeps a message that nobody takes."""
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["MessageRetentionPeriod"])
    return int(found["Attributes"]["MessageRetentionPeriod"])


def peek(client: SQSClient, url: str, *, limit: int, wait_seconds: int = 0) -> list[DeadLetter]:
    """Return up to `limit` dead letters, oldest first, and leave all of them where they are.

    Each is received once, which SQS counts, and shown again at once. SQS hands out a sample at a time, so
    fewer than there are may come; with a second to wait it asks all of its servers.
    """
    found: dict[str, DeadLetter] = {}
    receipts: dict[str, str] = {}
    try:
        while len(found) < limit:
            answer = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(BATCH, limit - len(found)),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=wait_seconds,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            new = [message for message in messages if message["MessageId"] not in found]
            receipts |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
            found |= {message["MessageId"]: _read(message) for message in new}
            if not new:
                break
    finally:
        _show_again(client, url, list(receipts.values()))
    return sorted(found.values(), key=lambda letter: letter.sent)


def read_oldest_age(cloudwatch: Any, queue: str, *, now: datetime) -> timedelta | None:  # noqa: ANN401 - no stubs
    """Return the age of a queue's oldest message as CloudWatch last knew it, or None if it knows none.

    SQS itself doesn't tell; looking for it would count as receiving. The metric is some minutes behind.
    """
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=now - AGE_WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    points = sorted(answer.get("Datapoints", []), key=lambda point: point["Timestamp"].astimezone(UTC))
    return timedelta(seconds=points[-1]["Maximum"]) if points else None


def _read(message: Any) -> DeadLetter:  # noqa: ANN401 - the stubs' type of a message differs by its version
    return read_dead_letter(
        sqs_id=message["MessageId"],
        body=message["Body"],
        attributes={
            name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
        },
        system=message.get("Attributes", {}),
    )


def _show_again(client: SQSClient, url: str, receipts: list[str]) -> None:
    for start in range(0, len(receipts), BATCH):
        client.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for index, receipt in enumerate(receipts[start : start + BATCH])
            ],
        )
