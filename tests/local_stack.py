"""The deployed local stack as the whole-stack tests see it."""

import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import boto3

from postroad.contract.words import Reason, Status
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.item import from_item
from postroad.ledger.row import Row
from postroad.local.connection import connection
from postroad.local.deploy import stack_outputs
from postroad.local.inbox import Inbox
from postroad.local.state import State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLE = PROJECT / "templates" / "order_confirmation" / "example.json"
PATIENCE_SECONDS = 90.0
MOST_ENTRIES = 10
_Found = TypeVar("_Found")


class LocalStack:
    def __init__(self, state: State) -> None:
        self.state = state
        self.outputs = stack_outputs(state)
        self.sqs: SQSClient = boto3.client("sqs", **connection(state))
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb", **connection(state))
        self.s3: S3Client = boto3.client("s3", **connection(state))
        self.events: EventBridgeClient = boto3.client("events", **connection(state))
        self.functions: LambdaClient = boto3.client("lambda", **connection(state))
        self.inbox = Inbox(state.inbox)
        self.ledger = DynamoLedger(self.dynamodb, self.outputs["MessagesTable"])
        self._numbers = itertools.count(1)

    def close(self) -> None:
        for client in (self.sqs, self.dynamodb, self.s3, self.events, self.functions):
            client.close()
        self.inbox.close()

    def new_id(self, what: str) -> str:
        return f"{what}-{next(self._numbers)}"

    def message(self, what: str, **changes: object) -> dict[str, object]:
        """Return a good order confirmation to an address of its own; None leaves a field out."""
        message_id = self.new_id(what)
        message: dict[str, object] = {
            "schema": "postroad.message.v1",
            "message_id": message_id,
            "created_at": datetime.now(UTC).isoformat(),
            "stream": "transactional",
            "template": "order_confirmation",
            "to": {"email": f"{message_id}@example.com", "name": "Ana Ruiz"},
            "locale": "es-CO",
            "data": json.loads(EXAMPLE.read_text(encoding="utf-8")),
        } | changes
        return {name: value for name, value in message.items() if value is not None}

    def enqueue(self, *bodies: Mapping[str, object] | str, stream: str = "Transactional") -> list[str]:
        """Put bodies on the stream's queue, ten a request, and return SQS's ids."""
        sqs_ids: list[str] = []
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        for start in range(0, len(texts), MOST_ENTRIES):
            answer = self.sqs.send_message_batch(
                QueueUrl=self.outputs[f"{stream}QueueUrl"],
                Entries=[
                    {"Id": str(index), "MessageBody": text}
                    for index, text in enumerate(texts[start : start + MOST_ENTRIES])
                ],
            )
            assert not answer.get("Failed")
            sqs_ids.extend(each["MessageId"] for each in answer["Successful"])
        return sqs_ids

    def send(self, message: Mapping[str, object]) -> Row:
        """Enqueue one message and wait for its end."""
        self.enqueue(message)
        return self.wait_for_end(str(message["message_id"]))

    def wait_for(self, message_id: str, *statuses: Status) -> Row:
        def look() -> Row | None:
            row = self.ledger.get(message_id)
            return row if row is not None and row.status in statuses else None

        return patiently(look, lambda: f"{message_id} to be {statuses}; it is {self.ledger.get(message_id)}")

    def wait_for_end(self, message_id: str) -> Row:
        waiting = {Status.SCHEDULED, Status.CLAIMED, Status.SENT, Status.DELAYED}
        return self.wait_for(message_id, *(set(Status) - waiting))

    def wait_until_quiet(self) -> None:
        """Wait until no queue that a function reads holds anything, seen or unseen."""
        names = [name for name in self.outputs if name.endswith("QueueUrl") and "DeadLetter" not in name]

        def look() -> bool | None:
            depths = [self.depth(name) for name in names]
            return True if not any(depths) and not self.inbox.counts().waiting else None

        patiently(look, lambda: f"queues to drain: {[(name, self.depth(name)) for name in names]}")

    def depth(self, output: str) -> int:
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.outputs[output],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(int(count) for count in attributes.values())

    def refusals(self, reason: Reason) -> list[Row]:
        """Return the rows of refused messages that have no row of their own, by their reason."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.outputs["MessagesTable"])
        rows = (from_item(item) for page in pages for item in page["Items"])
        return [row for row in rows if row.message_id.startswith("!") and row.reason == reason]

    def dead_letter(self, sqs_body: str, *, stream: str = "Transactional") -> dict[str, Any]:
        """Wait for the copy of a refused body among the dead letters, and return it with its attributes."""
        url = self.outputs[f"{stream}DeadLetterQueueUrl"]

        def look() -> dict[str, Any] | None:
            taken = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=1,
                WaitTimeSeconds=1,
                MessageAttributeNames=["All"],
            )
            return next((dict(each) for each in taken.get("Messages", []) if each["Body"] == sqs_body), None)

        return patiently(look, lambda: "the refused body to be among the dead letters")

    def mails_of(self, message_id: str) -> list[dict[str, Any]]:
        return list(self.inbox.mails(message_id=message_id))

    def suppression(self, address_key: str) -> dict[str, Any] | None:
        found = self.dynamodb.get_item(
            TableName=self.outputs["SuppressionsTable"],
            Key={"pk": {"S": address_key}, "sk": {"S": "current"}},
            ConsistentRead=True,
        )
        return found.get("Item")

    def results_queue(self, name: str, detail_types: Iterable[str]) -> str:
        """Make a queue with a rule on the result bus, as an application would; return its address."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        self.sqs.set_queue_attributes(
            QueueUrl=url,
            Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})},
        )
        bus = self.outputs["ResultBus"]
        self.events.put_rule(
            Name=name, EventBusName=bus, EventPattern=json.dumps({"detail-type": list(detail_types)})
        )
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        return url


def patiently(look: Callable[[], _Found | None], what: Callable[[], str]) -> _Found:
    """Look until there is something; fail telling what was waited for."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE_SECONDS:.0f} s for {what()}")
