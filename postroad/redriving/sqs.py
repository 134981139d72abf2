"""The dead-letter queue and the stream's queue in SQS."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.contract.words import RECEIVES_EXHAUSTED
from postroad.records import FIRST_SENT, first_sent_of
from postroad.redriving.candidate import Letter
from postroad.redriving.errors import QueueUnavailableError
from postroad.times import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_sqs import SQSClient

BATCH = 10
HIDDEN_SECONDS = 15 * 60
"""How long a letter stays hidden: time to read the list and answer."""
MOST_REPEATED = 10
"""Answers in a row that hold nothing new: then there is nothing new."""
GIVEN_UP = "DeadLetterQueueSourceArn"
"""SQS sets it on what it moves to a dead-letter queue itself."""


class SqsDeadLetterBox:
    """`DeadLetterBox` over a queue."""

    def __init__(self, client: SQSClient, queue_url: str, *, wait_seconds: int = 1) -> None:
        """With a second to wait SQS asks all of its servers, else a sample of them."""
        self._client = client
        self._queue_url = queue_url
        self._wait_seconds = wait_seconds

    def take(self) -> Iterator[Sequence[Letter]]:
        """Yield the letters, up to ten at a time; SQS counts each as received."""
        seen: set[str] = set()
        repeated = 0
        while repeated < MOST_REPEATED:
            with _asking():
                answer = self._client.receive_message(
                    QueueUrl=self._queue_url,
                    MaxNumberOfMessages=BATCH,
                    VisibilityTimeout=HIDDEN_SECONDS,
                    WaitTimeSeconds=self._wait_seconds,
                    MessageAttributeNames=["All"],
                    MessageSystemAttributeNames=["All"],
                )
            messages = answer.get("Messages", [])
            if not messages:
                return
            # SQS may hand one out twice, and once more when its time is over: others may lie behind it.
            new = [each for each in messages if each["MessageId"] not in seen]
            repeated = 0 if new else repeated + 1
            if new:
                seen.update(each["MessageId"] for each in new)
                yield [_read(each) for each in new]

    def remove(self, letters: Sequence[Letter]) -> None:
        """Delete the letters."""
        for letter in letters:
            with _asking():
                self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=letter.receipt)

    def show_again(self, letters: Sequence[Letter]) -> None:
        """Make the letters visible, ten at a request."""
        for start in range(0, len(letters), BATCH):
            with suppress(ClientError, BotoCoreError):
                self._client.change_message_visibility_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {"Id": str(index), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                        for index, letter in enumerate(letters[start : start + BATCH])
                    ],
                )


class SqsStreamQueue:
    """`StreamQueue` over a queue."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """Use this client and this queue."""
        self._client = client
        self._queue_url = queue_url

    def put(self, body: str, *, first_sent: datetime | None) -> None:
        """Send one message."""
        carried: Any = (
            {}
            if first_sent is None
            else {FIRST_SENT: {"DataType": "String", "StringValue": str(milliseconds(first_sent))}}
        )
        with _asking():
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body, MessageAttributes=carried)


def _read(message: Any) -> Letter:  # noqa: ANN401  the stubs' type of a message differs by its version
    system = message.get("Attributes", {})
    given = {
        name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
    }
    # What SQS moved carries the attributes that its producer chose: none of them is ours.
    ours = {} if GIVEN_UP in system else given
    return Letter(
        sqs_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        reason=RECEIVES_EXHAUSTED if GIVEN_UP in system else ours.get("reason", ""),
        field=ours.get("field", ""),
        detail=ours.get("detail", ""),
        first_sent=first_sent_of(system["SentTimestamp"], given.get(FIRST_SENT, "")),
        kept_under=ours.get("kept_under", ""),
    )


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise QueueUnavailableError(f"the queue refuses {error.operation_name}: {code}") from error
    except BotoCoreError as error:
        raise QueueUnavailableError(f"the queue can't be asked: {type(error).__name__}") from error
