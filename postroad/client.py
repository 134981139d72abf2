"""What an application imports to enqueue mail, and to report what contacts did.

    outbox = Outbox.for_stage("prod", "transactional")
    outbox.enqueue({"template": "order_confirmation", "to": {"email": "ana.ruiz@example.com"}, "data": {...}})

    events = Events.for_stage("prod")
    events.report({"name": "order.placed", "contact": {"email": "ana.ruiz@example.com"}, "properties": {...}})

Any language can do the same with its own SQS client: docs/reference/contract.md.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from postroad.contract.event import InvalidEvent
from postroad.contract.ids import RANDOM_BYTES
from postroad.contract.invalid import InvalidMessage
from postroad.contract.words import Reason
from postroad.enqueueing.entry import Entry, given_id, make_entry
from postroad.enqueueing.reporting import EventReceipt, Events, NotReported, NotTaken
from postroad.errors import PostroadError
from postroad.names import queue_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

__all__ = [
    "EventReceipt",
    "Events",
    "InvalidEvent",
    "InvalidMessage",
    "NotEnqueued",
    "NotReported",
    "NotSent",
    "NotTaken",
    "Outbox",
    "Receipt",
]


@dataclass(frozen=True, slots=True)
class Receipt:
    """SQS has this message; it will end in a final status."""

    message_id: str
    sqs_message_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """A message that is not on the queue: its place among those given (from 0), its id, and why."""

    index: int
    message_id: str
    why: str


class NotEnqueued(PostroadError):  # noqa: N818 - says what is so
    """Some messages are not on the queue, or all.

    `not_sent` lists them, `receipts` the others. Enqueueing the same messages under the same ids again is
    safe: what is on the queue already is sent once.
    """

    def __init__(self, not_sent: list[NotSent], receipts: list[Receipt]) -> None:
        first = not_sent[0]
        super().__init__(
            f"{len(not_sent)} of {len(not_sent) + len(receipts)} messages are not enqueued; "
            f"the first is number {first.index} ({first.message_id or 'without a usable id'}): {first.why}"
        )
        self.not_sent = not_sent
        self.receipts = receipts

    @property
    def message_ids(self) -> list[str]:
        """The ids of the messages that are not on the queue."""
        return [missing.message_id for missing in self.not_sent]


class Outbox:
    """One stream's queue. Make it once; threads may share it."""

    def __init__(
        self,
        queue_url: str,
        stream: str,
        client: SQSClient | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        entropy: Callable[[int], bytes] = os.urandom,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Enqueue to `queue_url` with this boto3 SQS client; without one it is made from the environment.

        `now`, `entropy` and `pause` (seconds) are for tests.
        """
        if client is None:
            import boto3  # noqa: PLC0415 - importing this module stays cheap for what only may enqueue

            client = boto3.client("sqs")
        self._client = client
        self._queue_url = queue_url
        self._stream = stream
        self._now = now
        self._entropy = entropy
        self._pause = pause

    @classmethod
    def for_stage(
        cls, stage: str, stream: str, *, ssm: SSMClient | None = None, client: SQSClient | None = None
    ) -> Outbox:
        """Find the queue by the parameter `/postroad/<stage>/<stream>/queue-url` of a deployment."""
        if ssm is None:
            import boto3  # noqa: PLC0415 - see __init__

            ssm = boto3.client("ssm")
        name = queue_parameter(stage, stream)
        try:
            queue_url = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound as error:
            raise LookupError(
                f"no SSM parameter {name} in this account and Region; check stage, stream and deployment"
            ) from error
        return cls(queue_url, stream, client)

    def enqueue(self, message: Mapping[str, object], /) -> Receipt:
        """Put one message on the queue.

        `message` holds the fields of postroad.message.v1; schema, stream, message_id and created_at are
        filled in where missing. Raises InvalidMessage before anything is sent, NotEnqueued when SQS did not
        take it.
        """
        return self._send([self._entry(0, message)])[0]

    def enqueue_many(self, messages: Iterable[Mapping[str, object]], /) -> list[Receipt]:
        """Put messages on the queue, ten a request; the receipts come in the order of the messages.

        Every message is checked before the first is sent: if one is invalid, none is. Raises NotEnqueued,
        which lists those that are not on the queue, the invalid ones first.
        """
        entries: list[Entry] = []
        invalid: list[NotSent] = []
        known: dict[str, str] = {}
        for index, message in enumerate(messages):
            try:
                entry = self._entry(index, message)
                _refuse_conflict(entry, known)
            except InvalidMessage as error:
                invalid.append(NotSent(index, error.message_id or given_id(message), str(error)))
            else:
                entries.append(entry)
        if invalid:
            why = "not tried, because another message of this call is invalid"
            raise NotEnqueued(
                [*invalid, *(NotSent(entry.index, entry.message_id, why) for entry in entries)], []
            )
        return self._send(entries)

    def _entry(self, index: int, message: Mapping[str, object]) -> Entry:
        return make_entry(
            index, message, stream=self._stream, now=self._now(), random=self._entropy(RANDOM_BYTES)
        )

    def _send(self, entries: list[Entry]) -> list[Receipt]:
        from postroad.enqueueing.sqs import send_entries  # noqa: PLC0415 - imports botocore; see __init__

        delivery = send_entries(self._client, self._queue_url, entries, pause=self._pause)
        receipts = [
            Receipt(entry.message_id, delivery.taken[entry.index])
            for entry in entries
            if entry.index in delivery.taken
        ]
        if delivery.refused:
            raise NotEnqueued(
                [
                    NotSent(entry.index, entry.message_id, delivery.refused[entry.index])
                    for entry in entries
                    if entry.index in delivery.refused
                ],
                receipts,
            )
        return receipts


def _refuse_conflict(entry: Entry, known: dict[str, str]) -> None:
    """Refuse a second body under one id: it could never be sent (reason `conflict`)."""
    if known.setdefault(entry.message_id, entry.fingerprint) != entry.fingerprint:
        raise InvalidMessage(
            Reason.CONFLICT,
            "message_id",
            "an earlier message of this call has the same id and another body; give each its own",
            entry.message_id,
        )
