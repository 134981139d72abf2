"""How an application reports what contacts did: `postroad.client.Events`."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from postroad.contract.event import EVENT_SCHEMA, EventReason, InvalidEvent, event_text, parse_event
from postroad.contract.ids import RANDOM_BYTES, make_message_id
from postroad.contract.invalid import InvalidMessage
from postroad.enqueueing.entry import Entry, write_json, write_value
from postroad.errors import PostroadError
from postroad.names import journeys_queue_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True)
class EventReceipt:
    """SQS has this event."""

    event_id: str
    sqs_message_id: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An event that is not on the queue: its place among those given (from 0), its id, and why."""

    index: int
    event_id: str
    why: str


class NotReported(PostroadError):  # noqa: N818 - says what is so
    """Some events are not on the queue, or all.

    `not_taken` lists them, `receipts` the others. Reporting the same events under the same ids again is safe:
    each counts once.
    """

    def __init__(self, not_taken: list[NotTaken], receipts: list[EventReceipt]) -> None:
        first = not_taken[0]
        super().__init__(
            f"{len(not_taken)} of {len(not_taken) + len(receipts)} events are not reported; "
            f"the first is number {first.index} ({first.event_id or 'without a usable id'}): {first.why}"
        )
        self.not_taken = not_taken
        self.receipts = receipts


class Events:
    """The queue for events of contacts. Make it once; threads may share it."""

    def __init__(
        self,
        queue_url: str,
        client: SQSClient | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        entropy: Callable[[int], bytes] = os.urandom,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Report to `queue_url` with this boto3 SQS client; without one it is made from the environment.

        `now`, `entropy` and `pause` (seconds) are for tests.
        """
        if client is None:
            from postroad.enqueueing.sqs import make_client  # noqa: PLC0415 - imports botocore, which takes long

            client = make_client()
        self._client = client
        self._queue_url = queue_url
        self._now = now
        self._entropy = entropy
        self._pause = pause

    @classmethod
    def for_stage(
        cls, stage: str, *, ssm: SSMClient | None = None, client: SQSClient | None = None
    ) -> Events:
        """Find the queue by the parameter `/postroad/<stage>/journeys/queue-url` of a deployment."""
        from postroad.enqueueing.sqs import find_queue  # noqa: PLC0415 - see __init__

        return cls(find_queue(journeys_queue_parameter(stage), ssm), client)

    def report(self, event: Mapping[str, object], /) -> EventReceipt:
        """Put one event on the queue.

        `event` holds the fields of postroad.event.v1; schema, event_id and time are filled in where missing.
        Raises InvalidEvent before anything is sent, NotReported when SQS did not take it. Whether the event
        is declared is for the stage to say: one that isn't ends in its dead letters.
        """
        return self._send([self._entry(0, event)])[0]

    def report_many(self, events: Iterable[Mapping[str, object]], /) -> list[EventReceipt]:
        """Put events on the queue, ten a request; the receipts come in the order of the events.

        Every event is checked before the first is sent: if one is invalid, none is. Raises NotReported, which
        lists those that are not on the queue, the invalid ones first.
        """
        entries: list[Entry] = []
        invalid: list[NotTaken] = []
        for index, event in enumerate(events):
            try:
                entries.append(self._entry(index, event))
            except InvalidEvent as error:
                invalid.append(NotTaken(index, error.event_id or "", str(error)))
        if invalid:
            why = "not tried, because another event of this call is invalid"
            raise NotReported(
                [*invalid, *(NotTaken(entry.index, entry.message_id, why) for entry in entries)], []
            )
        return self._send(entries)

    def _entry(self, index: int, event: Mapping[str, object]) -> Entry:
        filled = {"schema": EVENT_SCHEMA, **event}
        if filled.get("event_id") is None:
            filled["event_id"] = make_message_id(self._now(), self._entropy(RANDOM_BYTES))
        if filled.get("time") is None:
            filled["time"] = self._now()
        try:
            body = write_json(filled, _write_value)
        except InvalidMessage as error:
            raise InvalidEvent(EventReason.NOT_JSON, error.field, error.detail) from None
        parsed = parse_event(body)
        body = event_text(parsed)
        return Entry(index, parsed.event_id, body, len(body.encode()), "")

    def _send(self, entries: list[Entry]) -> list[EventReceipt]:
        from postroad.enqueueing.sqs import send_entries  # noqa: PLC0415 - imports botocore; see __init__

        delivery = send_entries(self._client, self._queue_url, entries, pause=self._pause)
        receipts = [
            EventReceipt(entry.message_id, delivery.taken[entry.index])
            for entry in entries
            if entry.index in delivery.taken
        ]
        if delivery.refused:
            raise NotReported(
                [
                    NotTaken(entry.index, entry.message_id, delivery.refused[entry.index])
                    for entry in entries
                    if entry.index in delivery.refused
                ],
                receipts,
            )
        return receipts


def _write_value(value: object) -> object:
    """Return a decimal as a number, so that facts can sum it; other values as messages have them."""
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    return write_value(value)
