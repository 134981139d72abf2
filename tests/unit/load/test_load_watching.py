from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from postroad.contract.words import Reason, Status
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.load.watching import Seen, Watched, watch

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UNDER_WAY = {Status.CLAIMED, Status.SENT}


def put(
    ledger: MemoryLedger, message_id: str, status: Status, *, waited: float = 1, stream: str = "transactional"
) -> None:
    times = {"accepted": NOON, Status.SENT.value: NOON + timedelta(seconds=waited)}
    row = Row(message_id=message_id, status=status, stream=stream, times=times)
    standing = ledger.get(message_id)
    if standing is None:
        ledger.insert(row)
    else:
        ledger.apply(message_id, lambda _standing: row)


class World:
    """A ledger that changes while somebody waits for it."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.seconds = 0.0
        self.shown: list[int] = []
        self.later: dict[int, list[tuple[str, Status]]] = {}

    def pause(self, seconds: float) -> None:
        self.seconds += seconds
        for message_id, status in self.later.get(round(self.seconds), []):
            put(self.ledger, message_id, status)

    def watch(self, expected: Mapping[str, Status], patience: float = 10) -> Watched:
        return watch(
            self.ledger,
            expected,
            under_way=UNDER_WAY,
            until=lambda last_change: self.seconds > last_change + patience,
            now=lambda: self.seconds,
            pause=self.pause,
            show=self.shown.append,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_it_waits_until_each_has_come_to_rest(world: World) -> None:
    put(world.ledger, "a", Status.DELIVERED)
    put(world.ledger, "b", Status.SENT)
    world.later = {3: [("b", Status.DELIVERED)], 7: [("c", Status.BOUNCED)]}
    found = world.watch({"a": Status.DELIVERED, "b": Status.DELIVERED, "c": Status.BOUNCED})
    assert found.streams["transactional"].by_status == {"delivered": 2, "bounced": 1}
    assert (found.under_way, found.otherwise, world.shown[-1]) == (0, {}, 3)


def test_what_ends_otherwise_is_named(world: World) -> None:
    put(world.ledger, "a", Status.BOUNCED)
    world.ledger.insert(Row(message_id="b", status=Status.HELD, reason=Reason.RECIPIENT_NOT_ALLOWED))
    found = world.watch(dict.fromkeys("ab", Status.DELIVERED))
    assert found.otherwise == {
        "bounced instead of delivered": 1,
        "held (recipient_not_allowed) instead of delivered": 1,
    }


def test_it_gives_up_when_nothing_changes(world: World) -> None:
    put(world.ledger, "a", Status.DELIVERED)
    put(world.ledger, "b", Status.CLAIMED)
    found = world.watch(dict.fromkeys("abc", Status.DELIVERED), patience=5)
    assert 5 < world.seconds < 8
    assert (found.under_way, found.otherwise) == (2, {"still claimed": 1, "still on its queue": 1})


def test_many_are_asked_for_in_turn(world: World) -> None:
    expected = {f"m{number}": Status.DELIVERED for number in range(2500)}
    for message_id in expected:
        put(world.ledger, message_id, Status.DELIVERED)
    assert world.watch(expected).streams["transactional"].by_status == {"delivered": 2500}
    assert world.shown == [1000, 2000, 2500]


def test_the_time_from_queue_to_ses_is_told_by_stream(world: World) -> None:
    for number in range(1, 101):
        put(world.ledger, f"m{number}", Status.DELIVERED, waited=number / 10)
    put(world.ledger, "n", Status.DELIVERED, stream="marketing")
    found = world.watch(dict.fromkeys([*(f"m{number}" for number in range(1, 101)), "n"], Status.DELIVERED))
    seen = found.streams["transactional"]
    assert [seen.waited_at(share) for share in (0.5, 0.95, 1)] == [5.1, 9.6, 10.0]
    assert seen.sent_per_second == pytest.approx(99 / 9.9)
    assert found.streams["marketing"].sent_per_second is None


def test_what_was_scheduled_waits_on_purpose(world: World) -> None:
    times = {"accepted": NOON, "scheduled": NOON, "sent": NOON + timedelta(hours=1)}
    world.ledger.insert(Row(message_id="a", status=Status.DELIVERED, times=times, stream="transactional"))
    found = world.watch({"a": Status.DELIVERED})
    assert found.streams["transactional"].waited_at(1) is None


def test_nothing_was_sent_tells_no_time() -> None:
    assert (Seen().waited_at(0.5), Seen().sent_per_second) == (None, None)
