"""Which of two entries stands, whatever their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.contract.words import Reason
from postroad.suppression.change import replaces
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, stream_scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(
    reason: Reason, *, since: datetime = NOON, until: datetime | None = None, evidence: str = "e"
) -> ScopeEntry:
    return ScopeEntry(reason, "test", since, until, evidence)


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (entry(Reason.COMPLAINT), entry(Reason.HARD_BOUNCE)),
        (entry(Reason.HARD_BOUNCE), entry(Reason.MANUAL)),
        (entry(Reason.MANUAL), entry(Reason.SOFT_BOUNCES)),
        (entry(Reason.SOFT_BOUNCES), entry(Reason.UNSUBSCRIBED)),
        (entry(Reason.HARD_BOUNCE), entry(Reason.ON_ACCOUNT_SUPPRESSION_LIST)),
        # One that stands for good is not replaced by one that heals, or leaving would be forgotten.
        (entry(Reason.UNSUBSCRIBED), entry(Reason.SOFT_BOUNCES, until=NOON + DAY)),
        (entry(Reason.SOFT_BOUNCES, until=NOON + 2 * DAY), entry(Reason.SOFT_BOUNCES, until=NOON + DAY)),
        # The older of two alike is the one that a person asks about.
        (entry(Reason.HARD_BOUNCE, since=NOON - DAY), entry(Reason.HARD_BOUNCE)),
    ],
)
def test_the_stronger_one_stands(stronger: ScopeEntry, weaker: ScopeEntry) -> None:
    assert replaces(weaker, stronger)
    assert not replaces(stronger, weaker)


def test_one_that_had_ended_gives_way_to_any() -> None:
    ended = entry(Reason.MANUAL, since=NOON - DAY, until=NOON)
    later = entry(Reason.UNSUBSCRIBED, since=NOON, until=NOON + DAY)
    assert replaces(ended, later)
    assert not replaces(later, ended)
    assert not replaces(ended, entry(Reason.SOFT_BOUNCES, since=NOON - DAY / 2, until=NOON - DAY / 4))


entries = st.builds(
    ScopeEntry,
    reason=st.sampled_from(
        [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.MANUAL, Reason.UNSUBSCRIBED, Reason.SES_SUPPRESSED]
    ),
    source=st.sampled_from(["feedback", "operator:support"]),
    since=st.integers(0, 3).map(lambda days: NOON + days * DAY),
    until=st.none(),
    evidence=st.sampled_from("abc"),
)


@given(st.lists(entries, min_size=1, max_size=4))
def test_any_order_and_number_of_events_end_the_same(events: list[ScopeEntry]) -> None:
    ends = set()
    for order in permutations(events):
        store = MemorySuppressions()
        for event in (*order, *order):
            store.suppress("k1.ana", "ana.ruiz@example.com", ALL_STREAMS, event)
        ends.add((store.find(["k1.ana"])["k1.ana"].scopes[ALL_STREAMS], len(store.history("k1.ana"))))
    assert len(ends) == 1
    assert ends.pop()[1] == len(set(events))


def test_writers_at_once_lose_nothing_in_memory() -> None:
    store = MemorySuppressions()
    together = Barrier(8)

    def write(number: int) -> None:
        together.wait()
        for repetition in range(20):
            store.suppress(
                "k1.ana",
                "ana.ruiz@example.com",
                stream_scope(f"s{number}"),
                entry(Reason.MANUAL, evidence=f"{repetition}"),
            )

    threads = [Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(store.find(["k1.ana"])["k1.ana"].scopes) == 8
    assert len(store.history("k1.ana")) == 160
    assert len(store) == 1
    assert "k1.ana" in store
    assert "k1.other" not in store
