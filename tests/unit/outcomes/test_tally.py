from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from postroad.clock import FixedClock
from postroad.contract.words import Status
from postroad.ledger.row import Row
from postroad.outcomes.counting.tally import Tally
from postroad.outcomes.transition import RowChange, UnreadableChange
from postroad.stats.counting import Counting
from postroad.stats.counts import NO_PAIRS
from postroad.stats.errors import StatsUnavailableError
from postroad.stats.memory import MemoryCounters
from postroad.stats.ports import Group
from postroad.stats.words import Metric

AT = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)


class World:
    def __init__(self) -> None:
        self.counters, self.log = MemoryCounters(), StringIO()
        # Powertools keeps one logger, with its stream, for each service word.
        logger = Logger(service=f"counting-{uuid4().hex}", stream=self.log)
        counting = Counting(counters=self.counters, pairs=NO_PAIRS, clock=FixedClock(AT))
        self.tally = Tally(counting=counting, logger=logger)

    @property
    def sent(self) -> int:
        total = self.counters.read(Group("2026-11-22", "transactional", "total"))
        return total.get("all", {}).get(Metric.SENT, 0)


def counted(number: int) -> RowChange:
    """Return a change by which SES takes a mail."""
    row = Row(message_id=f"m-{number}", status=Status.SENT, stream="transactional", email="a@example.com")
    after = replace(row, times={"sent": AT})
    return RowChange(sequence_number=str(number), event_id=f"e-{number}", at=AT, before=None, after=after)


def test_all_changes_are_counted_and_once() -> None:
    world = World()
    for _ in range(2):
        assert world.tally.take([counted(1), counted(2)], shard="1") is None
    assert world.sent == 2
    assert world.log.getvalue() == ""


def test_no_changes_ask_the_counters_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.delattr(MemoryCounters, "position")
    assert world.tally.take([], shard="1") is None
    assert world.tally.take([UnreadableChange("1", "KeyError")], shard="1") == "1"


def test_what_can_not_be_counted_comes_again_and_counts_then(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def gone(*_: object, **__: object) -> bool:
        raise StatsUnavailableError

    quiet = replace(counted(1), after=None)
    with monkeypatch.context() as patched:
        patched.setattr(world.counters, "add", gone)
        assert world.tally.take([quiet, counted(2)], shard="1") == "1"
    assert '"problem":"StatsUnavailableError"' in world.log.getvalue()
    assert "@" not in world.log.getvalue()
    assert world.tally.take([quiet, counted(2)], shard="1") is None
    assert world.sent == 1


def test_what_can_not_be_counted_comes_before_what_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def gone(*_: object, **__: object) -> bool:
        raise StatsUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(world.counters, "add", gone)
        assert world.tally.take([counted(1), UnreadableChange("2", "KeyError")], shard="1") == "1"


def test_nothing_behind_an_unreadable_row_is_counted_before_it_is_given_up() -> None:
    world = World()
    assert world.tally.take([counted(1), UnreadableChange("2", "KeyError"), counted(3)], shard="1") == "2"
    assert world.sent == 1
    assert '"problem":"KeyError"' in world.log.getvalue()
    assert world.tally.take([counted(3)], shard="1") is None
    assert world.sent == 2
