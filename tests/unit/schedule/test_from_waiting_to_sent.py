"""Waiting, dispatch and send together: what was scheduled is sent once, late, or never, as it should be."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroad.contract.words import Reason, Status
from postroad.records import FIRST_SENT, Record
from postroad.schedule.cancelling import Cancelled, Cancelling, NotScheduled
from postroad.schedule.copies import Copy
from tests.crash_world import DiedError, FaultyGate, dies_after, dies_before, plain
from tests.dispatch_world import DispatchWorld, minutes
from tests.sending_world import NOW, World, make_message

DUE = NOW + minutes(60)


class Story:
    """One stream from its queue to SES, with a clock that the tests move."""

    def __init__(self) -> None:
        self.send = World()
        self.dispatch = DispatchWorld(
            schedule=self.send.pointers, bodies=self.send.bodies, ledger=self.send.ledger
        )
        self._number = 0

    def enqueue(self, *message_ids: str, **changes: Any) -> None:  # noqa: ANN401  any part of a message
        changes = {"send_at": DUE.isoformat()} | changes
        self._receive(self.send.record(make_message(each, **changes)) for each in message_ids)

    def go_to(self, at: datetime) -> None:
        self.send.clock.at = at

    def pop(self) -> None:
        self.dispatch.run(self.send.clock.now(), gate=plain)

    def drain(self) -> None:
        """Let send take what dispatch put on the queue, in its order."""
        copies, self.dispatch.queue.copies = self.dispatch.queue.copies, []
        self._receive(self._record(copy) for copy in copies)

    def cancel(self, message_id: str) -> object:
        cancelling = Cancelling(
            ledger=self.send.ledger,
            bodies=self.send.bodies,
            schedule=self.send.pointers,
            operator="operator:ana",
            retention=timedelta(days=30),
        )
        return cancelling.cancel(message_id, now=self.send.clock.now())

    def expire_rows(self) -> None:
        """Take away the rows whose time is over, as DynamoDB does."""
        for row in self.send.ledger.rows():
            if row.expires_at is not None and row.expires_at <= self.send.clock.now():
                del self.send.ledger._rows[row.message_id]

    def mailed(self) -> list[str]:
        return [mail.to.partition("@")[0] for mail in self.send.mailer.mails]

    def status(self, message_id: str) -> Status:
        return self.send.row(message_id).status

    def _receive(self, records: Iterable[Record]) -> None:
        for record in records:
            self.send.send_records([record])

    def _record(self, copy: Copy) -> Record:
        self._number += 1
        first_sent = datetime.fromtimestamp(int(copy.attributes[FIRST_SENT]) / 1000, UTC)
        return Record(
            sqs_id=f"copy-{self._number}",
            receipt="receipt",
            body=copy.body,
            first_sent=first_sent,
            receives=1,
            generation=copy.pointer.generation,
        )


@pytest.fixture
def story() -> Story:
    return Story()


def test_what_waits_is_sent_when_its_time_has_come(story: Story) -> None:
    story.enqueue("m-1")
    assert story.status("m-1") is Status.SCHEDULED
    story.go_to(DUE - minutes(2))
    story.pop()
    assert story.dispatch.queue.copies == []
    story.go_to(DUE)
    story.pop()
    story.drain()
    assert story.mailed() == ["m-1"]
    assert story.status("m-1") is Status.SENT
    assert "m-1" not in story.send.bodies
    assert len(story.send.pointers) == 0


def test_an_hour_without_dispatch_is_made_up_for_in_order(story: Story) -> None:
    wanted = [f"m-{number:02}" for number in range(60)]
    for number, message_id in enumerate(wanted):
        story.enqueue(message_id, send_at=(DUE + minutes(number)).isoformat())
    story.go_to(DUE + minutes(61))
    story.pop()
    story.drain()
    assert story.mailed() == wanted


def test_a_cancel_wins_over_a_copy_that_was_popped(story: Story) -> None:
    story.enqueue("m-1")
    story.go_to(DUE)
    story.pop()
    assert story.dispatch.queued() == ["m-1"]
    assert story.cancel("m-1") == Cancelled()
    story.drain()
    assert story.mailed() == []
    assert story.status("m-1") is Status.CANCELLED
    assert "m-1" not in story.send.bodies


def test_a_cancel_before_its_time_leaves_nothing(story: Story) -> None:
    story.enqueue("m-1")
    assert story.cancel("m-1") == Cancelled()
    assert len(story.send.pointers) == 0
    story.go_to(DUE)
    story.pop()
    assert story.dispatch.queue.copies == []
    assert story.cancel("m-1") == Cancelled(before=True)


def test_a_pointer_that_a_cancel_left_is_dropped(story: Story) -> None:
    story.enqueue("m-1")
    (pointer,) = story.send.pointers.all()
    story.cancel("m-1")
    story.send.pointers.put(pointer)
    story.go_to(DUE)
    story.pop()
    assert story.dispatch.queue.copies == []
    assert len(story.send.pointers) == 0
    assert story.status("m-1") is Status.CANCELLED


def test_what_another_copy_puts_after_a_cancel_meets_its_row_however_late_it_is_due(story: Story) -> None:
    far = NOW + timedelta(days=300)
    story.enqueue("m-1", send_at=far.isoformat())
    (pointer,) = story.send.pointers.all()
    body = story.send.bodies.get("m-1", pointer.fingerprint)
    assert body is not None
    story.cancel("m-1")
    story.send.bodies.put("m-1", pointer.fingerprint, body, first_sent=NOW, until=far)
    story.send.pointers.put(pointer)

    story.go_to(far)
    story.expire_rows()
    story.pop()
    story.drain()

    assert story.mailed() == []
    assert story.status("m-1") is Status.CANCELLED
    assert "m-1" not in story.send.bodies
    assert len(story.send.pointers) == 0


def test_what_was_sent_can_not_be_cancelled(story: Story) -> None:
    story.enqueue("m-1")
    story.go_to(DUE)
    story.pop()
    story.drain()
    assert isinstance(story.cancel("m-1"), NotScheduled)
    assert story.status("m-1") is Status.SENT
    assert story.cancel("nobody") == NotScheduled(None)


def test_what_comes_too_late_ends_expired(story: Story) -> None:
    story.enqueue("m-1", expires_at=(DUE + minutes(30)).isoformat())
    story.go_to(DUE + minutes(45))
    story.pop()
    story.drain()
    assert story.mailed() == []
    row = story.send.row("m-1")
    assert (row.status, row.reason) == (Status.EXPIRED, Reason.EXPIRED)


@pytest.mark.parametrize("fault", [dies_before, dies_after])
@pytest.mark.parametrize("place", range(9))
def test_a_dispatch_that_dies_anywhere_sends_nothing_twice(
    story: Story, place: int, fault: Callable[[str, Callable[[], object]], object]
) -> None:
    wanted = ["m-1", "m-2", "m-3"]
    story.enqueue(*wanted)
    story.go_to(DUE)
    try:
        story.dispatch.run(DUE, gate=FaultyGate({place: fault}))
    except DiedError:
        story.drain()
    story.go_to(DUE + minutes(1))
    story.pop()
    story.drain()
    assert sorted(story.mailed()) == wanted
    assert len(story.send.pointers) == 0


def test_two_dispatches_at_once_send_nothing_twice(story: Story) -> None:
    story.enqueue("m-1")
    story.go_to(DUE)
    (pointer,) = story.send.pointers.all()
    story.pop()
    story.send.pointers.put(pointer)
    story.pop()
    assert story.dispatch.queued() == ["m-1", "m-1"]
    story.drain()
    assert story.mailed() == ["m-1"]


def test_a_scheduled_message_that_is_enqueued_again_is_sent_once(story: Story) -> None:
    story.enqueue("m-1")
    story.enqueue("m-1")
    story.go_to(DUE + minutes(1))
    story.enqueue("m-1")
    for _ in range(5):
        story.pop()
        story.drain()
        story.go_to(story.send.clock.now() + minutes(1))
    assert story.mailed() == ["m-1"]
    assert len(story.send.pointers) == 0
