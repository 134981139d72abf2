"""Who leaves gets no more of it, whatever bounced, was lifted or was said before, by whatever clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import Wishes
from postroad.contract.words import Reason, StreamKind
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import (
    ALL_STREAMS,
    OWN_CHOICE,
    ScopeEntry,
    blocks,
    is_in_force,
    stream_scope,
    topic_scope,
)

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "k1.ana"
EMAIL = "ana.ruiz@example.com"
STREAM_OF = {"offers": "marketing", "product_updates": "marketing", "follow_ups": "outreach"}
SCOPES = [ALL_STREAMS, stream_scope("marketing"), topic_scope("offers"), topic_scope("follow_ups")]
OTHERS = [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.MANUAL, Reason.SOFT_BOUNCES]

clocks = st.integers(-120, 120).map(lambda seconds: timedelta(seconds=seconds))
"""How far the clock of whoever does something is off."""


class Leaving(RuleBasedStateMachine):
    """One person, and everybody who changes what they get. Time goes on by a minute with each step."""

    def __init__(self) -> None:
        super().__init__()
        self.suppressions, self.contacts = MemorySuppressions(), MemoryContacts()
        self.leaving = MemoryLeaving(self.suppressions, self.contacts, stream_of_topic=STREAM_OF)
        self.now = NOON
        self.left: set[str] = set()
        self.steps = 0

    def tick(self, off: timedelta) -> datetime:
        self.steps += 1
        self.now += timedelta(minutes=1)
        return self.now + off

    def entry(self, scope: str) -> ScopeEntry | None:
        found = self.suppressions.find([KEY])
        return found[KEY].scopes.get(scope) if found else None

    @rule(scope=st.sampled_from(SCOPES), off=clocks)
    def leaves(self, scope: str, off: timedelta) -> None:
        self.leaving.leave(
            KEY, [scope], source="page", evidence=f"request {self.steps}", now=self.tick(off), email=EMAIL
        )
        self.left.add(scope)

    @rule(scope=st.sampled_from(SCOPES[:2]), reason=st.sampled_from(OTHERS), off=clocks)
    def is_suppressed(self, scope: str, reason: Reason, off: timedelta) -> None:
        entry = ScopeEntry(reason, "feedback", self.tick(off), None, f"event {self.steps}")
        self.suppressions.suppress(KEY, EMAIL, scope, entry)

    @rule(scope=st.sampled_from(SCOPES), off=clocks)
    def is_lifted_by_an_operator(self, scope: str, off: timedelta) -> None:
        entry = self.entry(scope)
        self.suppressions.lift(KEY, scope, source="operator:bo", now=self.tick(off), note="asked for it")
        if entry is not None and entry.reason is Reason.UNSUBSCRIBED:
            self.left.discard(scope)

    @rule(topic=st.sampled_from(sorted(STREAM_OF)), off=clocks)
    def comes_back(self, topic: str, off: timedelta) -> None:
        self.leaving.prefer(
            KEY, Wishes(topics={topic: True}), source="page", evidence="p", now=self.tick(off), email=EMAIL
        )
        covering = {ALL_STREAMS, stream_scope(STREAM_OF[topic]), topic_scope(topic)}
        for scope in self.left & covering:
            rest = {
                topic_scope(other)
                for other, its in STREAM_OF.items()
                if other != topic and scope in {ALL_STREAMS, stream_scope(its)}
            }
            self.left = (self.left - {scope}) | rest
        assert self.leaving.preferences(KEY, now=self.now).topics[topic]

    @rule(days=st.sampled_from([30, 60, 90]), off=clocks)
    def pauses(self, days: int, off: timedelta) -> None:
        at = self.tick(off)
        wishes = Wishes(pause_until=at + timedelta(days=days))
        self.leaving.prefer(KEY, wishes, source="page", evidence="p", now=at, email=EMAIL)

    @rule()
    def waits_for_the_pause_to_end(self) -> None:
        self.now += timedelta(days=91)

    @invariant()
    def what_was_left_is_stopped(self) -> None:
        found = self.suppressions.find([KEY]).get(KEY)
        for scope in self.left:
            for topic, stream in STREAM_OF.items():
                if scope in {ALL_STREAMS, stream_scope(stream), topic_scope(topic)}:
                    assert found is not None, (scope, topic)
                    stopped = blocks(
                        found, stream=stream, kind=StreamKind.MARKETING, topic=topic, now=self.now
                    )
                    assert stopped is not None, (scope, topic)

    @invariant()
    def a_receipt_is_stopped_by_others_alone(self) -> None:
        found = self.suppressions.find([KEY]).get(KEY)
        if found is None:
            return
        stopped = blocks(
            found, stream="transactional", kind=StreamKind.TRANSACTIONAL, topic=None, now=self.now
        )
        entry = found.scopes.get(ALL_STREAMS)
        is_own = entry is None or entry.reason in OWN_CHOICE or not is_in_force(entry, self.now)
        assert (stopped is None) is is_own


TestLeavingWhateverHappens = Leaving.TestCase
TestLeavingWhateverHappens.settings = settings(max_examples=300, stateful_step_count=12)
