"""Whatever people and others do in whatever order: a person gets what they last asked for, and never more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest

from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact, SignUp, TopicTerms, Wishes
from postroad.contract.words import Reason, StreamKind
from postroad.privacy.memory import MemoryPersons
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import (
    ALL_STREAMS,
    OWN_CHOICE,
    ScopeEntry,
    Suppression,
    blocks,
    stream_scope,
    topic_scope,
)

pytestmark = pytest.mark.slow

KEY = "k1.ana"
EMAIL = "ana.ruiz@example.com"
STREAMS = {"offers": "marketing", "updates": "marketing", "follow_ups": "outreach"}
BEGIN = datetime(2026, 11, 22, 12, tzinfo=UTC)
STEP = timedelta(hours=1)
PAUSE = timedelta(hours=3)
ACTIONS = (
    "yes offers",
    "yes offers and follow_ups",
    "no offers",
    "sign up for offers",
    "confirm offers",
    "leave updates",
    "leave marketing",
    "leave everything",
    "pause",
    "end the pause",
    "bounce",
    "complain of marketing",
    "lift what others entered",
    "erase",
)


@dataclass
class Person:
    """What somebody asked for, told in the simplest words, and the stores that must agree with it."""

    suppressions: MemorySuppressions = field(default_factory=MemorySuppressions)
    contacts: MemoryContacts = field(default_factory=MemoryContacts)
    wanted: set[str] = field(default_factory=lambda: set(STREAMS))
    asked_for: set[str] = field(default_factory=set)
    paused_until: datetime = BEGIN
    stopped: dict[str, ScopeEntry] = field(default_factory=dict)
    now: datetime = BEGIN

    def __post_init__(self) -> None:
        self.people = MemoryLeaving(self.suppressions, self.contacts, stream_of_topic=STREAMS)
        granted = tuple(NewConsent(topic, ConsentStatus.GRANTED, BEGIN - STEP, "import") for topic in STREAMS)
        self.contacts.save([NewContact(KEY, EMAIL, "import", consents=granted)], now=BEGIN - STEP)

    def act(self, action: str) -> None:
        self.now += STEP
        getattr(self, action.replace(" ", "_"))()

    def yes_offers(self) -> None:
        self._prefer(Wishes({"offers": True}))
        self.wanted |= {"offers"}
        self.asked_for -= {"offers"}

    def yes_offers_and_follow_ups(self) -> None:
        self._prefer(Wishes({"offers": True, "follow_ups": True}))
        self.wanted |= {"offers", "follow_ups"}
        self.asked_for -= {"offers"}

    def no_offers(self) -> None:
        self._prefer(Wishes({"offers": False}))
        self._lose("offers")

    def sign_up_for_offers(self) -> None:
        sign_up = SignUp(EMAIL, {"offers": TopicTerms(double=True)})
        self.people.ask(KEY, sign_up, source="form", evidence="r", now=self.now)
        self.asked_for |= {"offers"}

    def confirm_offers(self) -> None:
        self.people.confirm(KEY, ["offers"], terms={}, source="confirmation", evidence="r", now=self.now)
        if "offers" in self.asked_for:
            self.wanted |= {"offers"}
            self.asked_for -= {"offers"}

    def leave_updates(self) -> None:
        self._leave(topic_scope("updates"))
        self._lose("updates")

    def leave_marketing(self) -> None:
        self._leave(stream_scope("marketing"))
        self._lose("offers", "updates")

    def leave_everything(self) -> None:
        self._prefer(Wishes(leave_all=True))
        self._lose(*STREAMS)

    def pause(self) -> None:
        self.paused_until = self.now + PAUSE
        self._prefer(Wishes(pause_until=self.paused_until))

    def end_the_pause(self) -> None:
        self.paused_until = self.now
        self._prefer(Wishes(unpause=True))

    def bounce(self) -> None:
        self._stop(ALL_STREAMS, Reason.HARD_BOUNCE)

    def complain_of_marketing(self) -> None:
        self._stop(stream_scope("marketing"), Reason.COMPLAINT)

    def lift_what_others_entered(self) -> None:
        for scope in self.stopped:
            self.suppressions.lift(KEY, scope, source="operator:bo", now=self.now, note="asked")
        self.stopped.clear()

    def erase(self) -> None:
        persons = MemoryPersons(self.suppressions, self.contacts)
        persons.mark(KEY, erasure="e1", source="operator:bo", now=self.now, anew=True)
        persons.forget(KEY, kept_until=None)
        self._lose(*STREAMS)

    def check(self) -> None:
        found = self.suppressions.find([KEY]).get(KEY, Suppression(KEY, "", {}))
        for topic, stream in STREAMS.items():
            entry = blocks(found, stream=stream, kind=StreamKind.MARKETING, topic=topic, now=self.now)
            others = [self.stopped.get(ALL_STREAMS), self.stopped.get(stream_scope(stream))]
            goes = topic in self.wanted and self.now >= self.paused_until and not any(others)
            assert (entry is None) == goes, (topic, entry)
            receipt = blocks(found, stream=stream, kind=StreamKind.TRANSACTIONAL, topic=topic, now=self.now)
            assert receipt is None or receipt.reason not in OWN_CHOICE
        assert {
            scope for scope, each in found.scopes.items() if each.reason not in OWN_CHOICE
        } == self.stopped.keys()
        chosen = self.people.preferences(KEY, now=self.now)
        assert {topic for topic, yes in chosen.topics.items() if yes} == self.wanted
        assert chosen.paused_until == (self.paused_until if self.now < self.paused_until else None)

    def _prefer(self, wishes: Wishes) -> None:
        self.people.prefer(KEY, wishes, source="page", evidence="r", now=self.now)

    def _leave(self, scope: str) -> None:
        self.people.leave(KEY, [scope], source="link", evidence="r", now=self.now)

    def _lose(self, *topics: str) -> None:
        self.wanted -= set(topics)
        self.asked_for -= set(topics)

    def _stop(self, scope: str, reason: Reason) -> None:
        entry = ScopeEntry(reason, "feedback", self.now, None, f"event {self.now}")
        self.suppressions.suppress(KEY, EMAIL, scope, entry)
        self.stopped.setdefault(scope, entry)


def walk(actions: tuple[str, ...]) -> None:
    person = Person()
    for place, action in enumerate(actions):
        person.act(action)
        try:
            person.check()
        except AssertionError as error:
            raise AssertionError(f"after {actions[: place + 1]}: {error}") from error


@pytest.mark.parametrize("first", ACTIONS)
def test_every_three_actions_in_every_order_give_what_was_last_asked_for(first: str) -> None:
    for rest in product(ACTIONS, repeat=2):
        walk((first, *rest))


@pytest.mark.parametrize("seed", range(8))
def test_long_lives_give_what_was_last_asked_for(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - the same lives each time
    for _ in range(40):
        walk(tuple(random.choices(ACTIONS, k=25)))
