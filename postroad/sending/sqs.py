"""The stream's queue and its dead letters."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.errors import TransientError
from postroad.ledger.row import REFUSAL_PREFIX
from postroad.records import FIRST_SENT
from postroad.times import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

    from postroad.bodies.ports import Bodies
    from postroad.records import Record
    from postroad.sending.mail import Refusal

MOST_BYTES = 1024 * 1024
"""SQS takes no message larger than this, attributes included."""
ATTRIBUTES_ROOM = 4096
MOST_DETAIL = 500
MOST_HIDDEN_SECONDS = 12 * 60 * 60 - 60
"""A message may stay hidden for 12 hours in all from when it was received."""
BATCH = 10


class DeadLettersUnavailableError(TransientError):
    """The dead-letter queue didn't take the copy: the record stays where it is."""


class SqsDeadLetters:
    """`DeadLetters` over a queue. A body that leaves no room for its reason is kept in Bodies instead."""

    def __init__(
        self,
        client: SQSClient,
        queue_url: str,
        *,
        bodies: Bodies,
        body_retention: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        """Use this client and this queue."""
        self._client = client
        self._queue_url = queue_url
        self._bodies = bodies
        self._body_retention = body_retention
        self._now = now

    def copy(self, refusal: Refusal) -> None:
        """Put a copy there, with `reason`, `field`, `detail` and, where it is known, `message_id`."""
        record = refusal.record
        body = record.body
        attributes = {
            "reason": refusal.reason.value,
            "field": refusal.field,
            "detail": refusal.detail[:MOST_DETAIL],
            "message_id": refusal.message_id or "",
            FIRST_SENT: str(milliseconds(record.first_sent)),
        }
        if len(body.encode()) > MOST_BYTES - ATTRIBUTES_ROOM:
            attributes["kept_under"] = REFUSAL_PREFIX + record.sqs_id
            until = self._now() + self._body_retention
            fingerprint = refusal.parsed.fingerprint if refusal.parsed else ""
            self._bodies.put(
                attributes["kept_under"], fingerprint, body, first_sent=record.first_sent, until=until
            )
            body = "{}"
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


class SqsPostponement:
    """`Postponement` over the stream's queue."""

    def __init__(
        self, client: SQSClient, queue_url: str, *, on_error: Callable[[BaseException], None]
    ) -> None:
        """Use this client and this queue; `on_error` is told what could not be postponed."""
        self._client = client
        self._queue_url = queue_url
        self._on_error = on_error

    def postpone(self, records: Mapping[Record, datetime], *, now: datetime) -> None:
        """Hide each record until its time, ten at a request."""
        waiting = iter(records.items())
        while chunk := list(islice(waiting, BATCH)):
            try:
                self._client.change_message_visibility_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {
                            "Id": str(index),
                            "ReceiptHandle": record.receipt,
                            "VisibilityTimeout": _seconds(until, now),
                        }
                        for index, (record, until) in enumerate(chunk)
                    ],
                )
            except (ClientError, BotoCoreError) as error:
                # They come back by the queue's own visibility time: later than asked, and not lost.
                self._on_error(error)


def _seconds(until: datetime, now: datetime) -> int:
    return max(0, min(int((until - now).total_seconds()) + 1, MOST_HIDDEN_SECONDS))


def _text(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}
