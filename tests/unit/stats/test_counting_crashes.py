"""However a shard's changes come, and whatever dies between: each is counted once.

All ways to cut a shard's changes into batches, and to cut them anew after a failure; each call to the table
spoiled in turn, in four ways; every part handed out again; two shards, and two processes at one shard.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import combinations, pairwise, product
from typing import Any

import pytest

from postroad.clock import FixedClock
from postroad.contract.words import Status
from postroad.ledger.row import Row
from postroad.stats.counting import Counting
from postroad.stats.counts import Cell, Pairs, Sums, add, difference
from postroad.stats.errors import StatsBusyError, StatsUnavailableError
from postroad.stats.memory import MemoryCounters
from postroad.stats.ports import MOST_CELLS, Group, Position
from postroad.stats.values import MOST_VALUES
from postroad.stats.words import OTHERS, Metric

pytestmark = pytest.mark.slow
AT = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
PAIRS = Pairs(("campaign.variant",))


@dataclass(frozen=True)
class Changed:
    sequence_number: str
    before: Row | None
    after: Row | None
    at: datetime = AT


def row(message_id: str, campaign: str) -> Row:
    return Row(
        message_id=message_id,
        status=Status.SENT,
        stream="marketing",
        tags={"campaign": campaign},
        email="ana.ruiz@example.com",
        times={"accepted": AT, "sent": AT},
    )


def life(first: int, message_id: str, campaign: str) -> list[Changed]:
    """Return what happens to one mail: it is sent, delivered, bounces after all, and its row goes.

    The numbers of the records differ in length, as those of a long-lived stream do.
    """
    sent = row(message_id, campaign)
    delivered = sent.with_time("delivered", AT)
    bounced = replace(delivered, bounce="hard")
    states = [None, sent, delivered, bounced, None]
    return [
        Changed(str(first + place), before, after) for place, (before, after) in enumerate(pairwise(states))
    ]


SHARDS = {"shard-a": life(8, "a", "spring"), "shard-b": life(98, "b", "spring")}


def counted_once(*streams: Sequence[Changed]) -> Sums:
    sums: Sums = {}
    for changes in streams:
        for change in changes:
            for cell, metrics in difference(change.before, change.after, PAIRS).items():
                add(sums, cell, metrics)
    return sums


EXPECTED = counted_once(*SHARDS.values())


def ways_to_cut(count: int) -> list[tuple[int, ...]]:
    """Return every set of places at which so many changes can be cut into batches."""
    return [cut for cuts in range(count) for cut in combinations(range(1, count), cuts)]


def batches(changes: Sequence[Changed], cut: tuple[int, ...]) -> list[Sequence[Changed]]:
    edges = [0, *cut, len(changes)]
    return [changes[start:end] for start, end in pairwise(edges)]


class Spoil(Enum):
    DIES_BEFORE = "dies before"
    DIES_AFTER = "dies after"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"


class DiedError(BaseException):
    """The process is gone; nothing but the end of a test may catch it."""


class Gate:
    """Counters whose k-th call is spoiled."""

    def __init__(self, counters: MemoryCounters, place: int, spoil: Spoil) -> None:
        self._counters, self._place, self._spoil, self.calls = counters, place, spoil, 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._counters, name)

        def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the port's methods take and return
            self.calls += 1
            if self.calls != self._place:
                return real(*given, **named)
            if self._spoil is Spoil.DIES_BEFORE:
                raise DiedError
            if self._spoil is Spoil.REQUEST_LOST:
                raise StatsUnavailableError
            real(*given, **named)
            raise DiedError if self._spoil is Spoil.DIES_AFTER else StatsUnavailableError

        return call


def process(counters: Any) -> Counting:  # noqa: ANN401 - the fake, or a gate before it
    return Counting(counters=counters, pairs=PAIRS, clock=FixedClock(AT + timedelta(seconds=30)))


class Shard:
    """What Lambda does for one shard: batch after batch, and again from where it is told."""

    def __init__(
        self, name: str, changes: Sequence[Changed], cut: tuple[int, ...], again: tuple[int, ...]
    ) -> None:
        self.name, self._changes, self._cut, self._again, self._done = name, changes, cut, again, 0

    @property
    def batch(self) -> Sequence[Changed]:
        """The next batch, from where it stands to the next cut; none when all is done."""
        edges = [*self._cut, len(self._changes)]
        end = next((edge for edge in edges if edge > self._done), self._done)
        return self._changes[self._done : end]

    def taken(self, stuck_at: str | None) -> None:
        """Go on behind the batch, or from the record that is named, with cuts made anew."""
        if stuck_at is None:
            self._done += len(self.batch)
        else:
            numbers = [change.sequence_number for change in self._changes]
            self._done = numbers.index(stuck_at)
            self._cut = self._again


def lambda_runs(shards: Sequence[Shard], gate: Gate) -> None:
    counting = process(gate)
    while any(shard.batch for shard in shards):
        for shard in shards:
            if not (batch := shard.batch):
                continue
            try:
                stuck = counting.count(shard.name, batch)
            except DiedError:
                counting = process(gate)
                shard.taken(batch[0].sequence_number)
                continue
            shard.taken(None if stuck is None else stuck.sequence_number)


@pytest.mark.parametrize("spoil", Spoil)
def test_every_cut_every_failure_and_every_new_cut_count_each_change_once(spoil: Spoil) -> None:
    runs = 0
    cuts = ways_to_cut(len(SHARDS["shard-a"]))
    for cut, again in product(cuts, repeat=2):
        for place in range(1, 100):
            counters = MemoryCounters()
            gate = Gate(counters, place, spoil)
            lambda_runs([Shard(name, changes, cut, again) for name, changes in SHARDS.items()], gate)
            assert counters.sums == EXPECTED, (cut, again, place)
            runs += 1
            if gate.calls < place:
                break
    assert runs >= 8 * len(cuts) ** 2


@pytest.mark.parametrize("same_process", [True, False])
def test_whatever_part_comes_again_adds_nothing(*, same_process: bool) -> None:
    for cut in ways_to_cut(4):
        counters = MemoryCounters()
        counting = process(counters)
        for name, changes in SHARDS.items():
            for batch in batches(changes, cut):
                assert counting.count(name, batch) is None
            for start, end in combinations(range(len(changes) + 1), 2):
                again = counting if same_process else process(counters)
                assert again.count(name, changes[start:end]) is None
                assert counters.sums == counted_once(
                    *(SHARDS[each] for each in list(SHARDS)[: list(SHARDS).index(name) + 1])
                )


class Between(Gate):
    """Lets another process do all of its work before the k-th call of this one."""

    def __init__(self, counters: MemoryCounters, place: int, work: Sequence[Sequence[Changed]]) -> None:
        super().__init__(counters, place, Spoil.DIES_BEFORE)
        self._work = work

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._counters, name)

        def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
            self.calls += 1
            if self.calls == self._place:
                other = process(self._counters)
                assert all(other.count("shard-a", batch) is None for batch in self._work)
            return real(*given, **named)

        return call


def test_of_two_processes_at_one_shard_one_counts_whatever_comes_between() -> None:
    changes = SHARDS["shard-a"]
    for mine, others in product(ways_to_cut(len(changes)), repeat=2):
        for place in range(1, 100):
            counters = MemoryCounters()
            gate = Between(counters, place, batches(changes, others))
            counting = process(gate)
            assert all(counting.count("shard-a", batch) is None for batch in batches(changes, mine))
            assert counters.sums == counted_once(changes), (mine, others, place)
            if gate.calls < place:
                break


def many_mails(count: int) -> list[Changed]:
    return [Changed(str(place + 1), None, row(f"m{place}", f"order {place:05}")) for place in range(count)]


def test_what_does_not_fit_one_transaction_is_cut_and_counted_once_whatever_fails() -> None:
    changes = many_mails(150)  # each with a campaign of its own
    counters = MemoryCounters()
    assert process(counters).count("shard-a", changes) is None
    assert len(counters.sums) == 152 > MOST_CELLS
    for spoil in Spoil:
        for place in range(1, 100):
            spoiled = MemoryCounters()
            gate = Gate(spoiled, place, spoil)
            lambda_runs([Shard("shard-a", changes, (), (77,))], gate)
            assert spoiled.sums == counters.sums, (spoil, place)
            if gate.calls < place:
                break


def values_of(counters: MemoryCounters, dimension: str) -> dict[str, int]:
    group = Group("2026-11-22", "marketing", dimension)
    return {value: metrics[Metric.SENT] for value, metrics in counters.read(group).items()}


def test_ten_thousand_campaigns_have_no_more_counters_than_a_few() -> None:
    counters = MemoryCounters()
    counting = process(counters)
    changes = many_mails(10_000)
    for start in range(0, len(changes), 2000):
        assert counting.count("shard-a", changes[start : start + 2000]) is None
    counted = values_of(counters, "campaign")
    assert len(counted) == MOST_VALUES + 1
    assert counted[OTHERS] == 10_000 - MOST_VALUES
    assert values_of(counters, "total") == {"all": 10_000}


@pytest.mark.parametrize("place", [0, 9_000])
def test_what_happens_later_to_a_mail_counts_where_the_mail_was_counted(place: int) -> None:
    counters = MemoryCounters()
    changes = many_mails(10_000)
    assert process(counters).count("shard-a", changes) is None
    sent = changes[place].after
    assert sent is not None
    later = Changed("10001", sent, sent.with_time("delivered", AT))
    assert process(counters).count("shard-a", [later]) is None
    where = f"order {place:05}" if place < MOST_VALUES else OTHERS
    delivered = {cell for cell, metrics in counters.sums.items() if Metric.DELIVERED in metrics}
    assert delivered == {
        Cell("2026-11-22", "marketing", "total", "all"),
        Cell("2026-11-22", "marketing", "campaign", where),
        Cell("2026-11-22", "marketing", "provider", "other"),
    }


class Busy(MemoryCounters):
    """Counters whose position somebody else always moves first."""

    def add(self, shard: str, sums: Sums, *, expected: Position | None, position: Position) -> bool:
        del shard, sums, expected, position
        return False


def test_who_never_gets_a_turn_says_from_where_to_go_on() -> None:
    changes = SHARDS["shard-a"]
    stuck = process(Busy()).count("shard-a", changes)
    assert stuck is not None
    assert (stuck.sequence_number, stuck.problem) == (changes[0].sequence_number, StatsBusyError.__name__)


def test_a_failure_in_the_middle_names_the_first_change_that_is_not_counted() -> None:
    changes = many_mails(150)
    # The position, the values, the first transaction; the second is lost.
    gate = Gate(MemoryCounters(), 4, Spoil.REQUEST_LOST)
    stuck = process(gate).count("shard-a", changes)
    assert stuck is not None
    assert 1 < int(stuck.sequence_number) < 150
    assert process(gate).count("shard-a", changes) is None
