"""Where records of the queue of journeys go that no repetition would help: its dead letters, in SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.contract.event import MAX_EVENT_BYTES
from postroad.errors import TransientError
from postroad.records import FIRST_SENT
from postroad.times import milliseconds

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

    from postroad.contract.event import InvalidEvent
    from postroad.records import Record


class DeadLettersUnavailableError(TransientError):
    """The dead-letter queue didn't take the copy: the record stays where it is."""


class SqsDeadLetters:
    """`DeadLetters` over a queue. Needs sqs:SendMessage."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """Use this client, which threads may share, and this queue."""
        self._client = client
        self._queue_url = queue_url

    def copy(self, record: Record, refusal: InvalidEvent) -> None:
        """Put a copy there, with `reason`, `field`, `detail` and, where it is known, `event_id`.

        Of a body that is too large for an event, the beginning alone.
        """
        attributes = {
            "reason": refusal.reason.value,
            "field": refusal.field,
            "detail": refusal.detail,
            "event_id": refusal.event_id or "",
            FIRST_SENT: str(milliseconds(record.first_sent)),
        }
        body = record.body.encode()[:MAX_EVENT_BYTES].decode(errors="ignore")
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageAttributes={name: _text(value) for name, value in attributes.items() if value},
            )
        except (ClientError, BotoCoreError) as error:
            raise DeadLettersUnavailableError(
                f"no copy in the dead letters: {type(error).__name__}"
            ) from error


def _text(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}
