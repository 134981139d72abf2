"""Whatever stands on SES's list and on ours: after one reconciliation there is nothing left to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.account.errors import AccountUnavailableError
from postroad.account.listing import ListReason
from postroad.account.memory import MemoryAccountList
from postroad.cli.suppression.syncing import Comparison, Done, carry_out, compare
from postroad.cli.wiring import Recipient
from postroad.contract.words import Reason
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, is_in_force

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PEOPLE = ["ana@example.com", "bo@example.com", "chen@example.com"]

times = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
people = st.sampled_from(PEOPLE)
reasons = st.sampled_from(
    [
        Reason.HARD_BOUNCE,
        Reason.COMPLAINT,
        Reason.MANUAL,
        Reason.SOFT_BOUNCES,
        Reason.UNSUBSCRIBED,
        Reason.ON_ACCOUNT_SUPPRESSION_LIST,
    ]
)
untils = st.sampled_from([None, None, NOON + timedelta(hours=1), NOON + timedelta(days=9)])
listings = st.dictionaries(people, st.tuples(st.sampled_from(ListReason), times))


class Lifted(NamedTuple):
    """An operator lets somebody be mailed again."""

    email: str
    at: datetime


class Suppressed(NamedTuple):
    """Something stops somebody on all streams."""

    email: str
    at: datetime
    reason: Reason
    until: datetime | None


Listed = dict[str, tuple[ListReason, datetime]]
Happened = Lifted | Suppressed
histories = st.lists(
    st.one_of(st.builds(Lifted, people, times), st.builds(Suppressed, people, times, reasons, untils)),
    max_size=8,
)


class World:
    """Both lists, and a clock for SES's."""

    def __init__(self) -> None:
        self.now = NOON
        self.ours = MemorySuppressions()
        self.theirs = MemoryAccountList(now=lambda: self.now, page_size=1)

    def lay(self, listed: Listed, happened: list[Happened]) -> None:
        for email, (reason, self.now) in listed.items():
            self.theirs.put(email, reason)
        for each in happened:
            if isinstance(each, Lifted):
                key = f"k1.{each.email}"
                self.ours.lift(key, ALL_STREAMS, source="operator:bo", now=each.at, note="asked")
            else:
                entry = ScopeEntry(each.reason, "test", each.at, each.until, f"e-{each.at}")
                self.ours.suppress(f"k1.{each.email}", each.email, ALL_STREAMS, entry)
        self.now = NOON + timedelta(days=1)

    def compare(self) -> Comparison:
        return compare(
            self.theirs,
            self.ours,
            recipient=lambda email: Recipient(email, f"k1.{email}"),
            now=lambda: self.now,
            on_progress=lambda _: None,
        )

    def carry_out(self, found: Comparison) -> Done:
        done = Done()
        carry_out(
            found.steps, self.theirs, self.ours, done=done, now=lambda: self.now, on_progress=lambda _: None
        )
        return done

    def own_reason(self, email: str) -> Reason | None:
        found = self.ours.find([f"k1.{email}"])
        entry = found[f"k1.{email}"].scopes[ALL_STREAMS] if found else None
        return entry.reason if entry and is_in_force(entry, self.now) else None


class Outage(MemoryAccountList):
    """SES's list, until after so many changes it answers no more."""

    def __init__(self, theirs: MemoryAccountList, calls: int) -> None:
        super().__init__(now=lambda: NOON)
        self.left = calls
        self._theirs = theirs

    def put(self, email: str, reason: ListReason) -> None:
        self._use()
        self._theirs.put(email, reason)

    def delete(self, email: str) -> bool:
        self._use()
        return self._theirs.delete(email)

    def _use(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise AccountUnavailableError("SES didn't answer")


@given(listings, histories)
def test_after_one_run_both_agree_and_nothing_is_left(listed: Listed, happened: list[Happened]) -> None:
    world = World()
    world.lay(listed, happened)
    stopped = {email for email in PEOPLE if world.own_reason(email)}

    found = world.compare()
    done = world.carry_out(found)

    assert done.all == len(found.steps)
    assert (done.overtaken, done.refused) == (0, [])
    assert world.compare().steps == []
    for email in PEOPLE:
        own = world.own_reason(email)
        assert not (email in stopped and own is None), "it lets nobody be mailed here"
        if own in {Reason.MANUAL, Reason.SOFT_BOUNCES, Reason.UNSUBSCRIBED, None}:
            assert email not in world.theirs


@given(listings, histories, st.integers(0, 3))
def test_a_run_that_was_broken_off_is_finished_by_the_next(
    listed: Listed, happened: list[Happened], calls: int
) -> None:
    whole, broken = World(), World()
    for world in (whole, broken):
        world.lay(listed, happened)
    whole.carry_out(whole.compare())
    outage = Outage(broken.theirs, calls)
    try:
        carry_out(
            broken.compare().steps, outage, broken.ours,
            done=Done(), now=lambda: broken.now, on_progress=lambda _: None,
        )  # fmt: skip
    except AccountUnavailableError:
        assert outage.left < 0
    broken.carry_out(broken.compare())

    assert broken.compare().steps == []
    for email in PEOPLE:
        assert broken.own_reason(email) == whole.own_reason(email)
        assert (email in broken.theirs) is (email in whole.theirs)


@pytest.mark.parametrize("again", [1, 3])
def test_the_same_entry_read_twice_is_one_line_of_history(again: int) -> None:
    world = World()
    world.lay({"ana@example.com": (ListReason.BOUNCE, NOON)}, [])
    found = world.compare()
    for _ in range(again):
        world.carry_out(found)
    assert len(world.ours.history("k1.ana@example.com")) == 1
