"""An erasure that dies anywhere is finished by the next run; nothing that happens meanwhile comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.contacts.model import NewContact, SignUp, TopicTerms, Wishes
from postroad.contract.words import BounceKind, Reason, Status, StreamKind
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.status import apply_event
from postroad.privacy.erasing import Person
from postroad.sending import attempt
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, blocks, topic_scope
from tests.crash_world import DiedError, Watched, WatchedLedger
from tests.privacy_world import DAY, EMAIL, KEY, NOW, PERSONAL, PrivacyWorld, row_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.ledger.row import Row
    from tests.crash_world import Call, Gate

pytestmark = pytest.mark.slow

LEASE = timedelta(minutes=2)
TERMS = TopicTerms("2026-1", "news", keep_ip=True, double=True)


def filled() -> PrivacyWorld:
    world = PrivacyWorld()
    world.fill("marketing")
    sign_up = SignUp(EMAIL, {"outlet": TERMS}, "Ana Ruiz", "es-CO")
    world.leaving.ask(KEY, sign_up, source="subscribe:form", evidence="request 6", now=NOW - DAY)
    return world


def watched(gate: Gate) -> Callable[[str, object], object]:
    def watch(port: str, inner: object) -> object:
        return (WatchedLedger if port == "ledger" else Watched)(port, inner, gate)

    return watch


def calls() -> list[str]:
    """Return the calls of an erasure that nothing disturbs."""
    made: list[str] = []
    world = filled()

    def gate(name: str, call: Call) -> object:
        made.append(name)
        return call()

    world.erase(watch=watched(gate))
    return made


CALLS = calls()


def check(world: PrivacyWorld) -> None:
    assert [word for word in PERSONAL if word in world.held()] == []
    found = world.suppressions.find([KEY])[KEY]
    assert blocks(found, stream="marketing", kind=StreamKind.MARKETING, topic=None, now=NOW) is not None
    assert found.erased
    assert all(row.is_redacted for row in world.rows())


def test_an_erasure_makes_calls_to_every_store() -> None:
    assert {name.split(".")[0] for name in CALLS} == {
        "mails", "ledger", "bodies", "schedule", "persons", "proofs", "counters",
    }  # fmt: skip


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("place", range(len(CALLS)), ids=lambda place: f"{place}-{CALLS[place]}")
def test_who_dies_at_any_call_is_run_again_and_finishes(place: int, after: bool) -> None:  # noqa: FBT001 - a parameter of the test
    world = filled()
    made = 0

    def gate(_name: str, call: Call) -> object:
        nonlocal made
        made += 1
        if made - 1 != place:
            return call()
        if after:
            call()
        raise DiedError

    with pytest.raises(DiedError):
        world.erase("e1", watch=watched(gate))
    world.clock.at += timedelta(minutes=5)
    proof = world.erase("e2")

    check(world)
    assert proof.is_complete
    marked = CALLS.index("persons.mark") + (0 if after else 1)
    # A run that died behind its last note is over, and what came since then would have a proof of its own.
    is_over = after and place == len(CALLS) - 1
    assert proof.id == ("e2" if place < marked or is_over else "e1")


class Intruder:
    """Does something at the n-th call of an erasure; whatever takes two steps does the second at the next."""

    def __init__(self, world: PrivacyWorld, place: int, what: str) -> None:
        self._world = world
        self._place = place
        self._what = what
        self._made = 0
        self._then: list[Callable[[], object]] = []

    def gate(self, _name: str, call: Call) -> object:
        self._made += 1
        self.step()
        if self._made - 1 == self._place:
            getattr(self, self._what)()
        return call()

    def step(self) -> None:
        if self._then:
            self._then.pop(0)()

    def complaint(self) -> None:
        entry = ScopeEntry(Reason.COMPLAINT, "feedback", NOW + DAY, None, "feedback 0103")
        self._world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, entry)

    def late_event(self) -> None:
        event = FeedbackEvent(
            kind=EventKind.BOUNCE, at=NOW, accepted_at=NOW, ses_message_id="0102", attempt=1,
            bounce=BounceKind.HARD, explanation="Ana Ruiz moved away",
        )  # fmt: skip
        for row in self._world.rows():
            self._world.ledger.apply(row.message_id, lambda standing: apply_event(standing, event))

    def list_(self) -> None:
        said = NewContact(KEY, EMAIL, "import", "Ana Ruiz", attributes={"city": "Bogotá"})
        self._world.contacts.save([said], now=self._world.clock.at)

    def leaving(self) -> None:
        self._world.leaving.leave(
            KEY, [topic_scope("product_updates"), ALL_STREAMS], source="unsubscribe:page", evidence="request",
            now=self._world.clock.at, email=EMAIL,
        )  # fmt: skip

    def pausing(self) -> None:
        self._world.leaving.prefer(
            KEY, Wishes({}, pause_until=NOW + 30 * DAY), source="preferences:page", evidence="request",
            now=self._world.clock.at, email=EMAIL,
        )  # fmt: skip

    def signing_up(self) -> None:
        self._world.leaving.ask(
            KEY, SignUp(EMAIL, {"outlet": TERMS}, "Ana Ruiz", "es-CO"), source="subscribe:form",
            evidence="request 9", now=self._world.clock.at, ip="203.0.113.7",
        )  # fmt: skip

    def confirming(self) -> None:
        """Follow the link of a sign-up that came before the erasure."""
        self._world.leaving.confirm(
            KEY, ["outlet"], terms={"outlet": TERMS}, source="confirm:page", evidence="request 9",
            now=self._world.clock.at, ip="203.0.113.7",
        )  # fmt: skip

    def typed_in(self) -> None:
        entry = ScopeEntry(Reason.MANUAL, "operator:bo", self._world.clock.at, None, "Ana Ruiz called us")
        self._world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, entry)

    def sending(self) -> None:
        """Do as `send` does: look whether they may be mailed, claim, mail, mark."""
        world = self._world
        found = world.suppressions.find([KEY]).get(KEY)
        if found and blocks(found, stream="outreach", kind=StreamKind.MARKETING, topic=None, now=NOW):
            return
        row = replace(row_of(Status.CLAIMED, "outreach"), times={"accepted": NOW}, tags={})
        claim = attempt.claimed(row, owner="o", now=world.clock.at, lease=LEASE)

        def mark(standing: Row) -> Row:
            return attempt.accepted(
                standing, claim, ses_message_id="0102", now=world.clock.at, retention=90 * DAY
            )

        self._then = [lambda: world.ledger.insert(claim), lambda: world.ledger.apply(claim.message_id, mark)]


INTRUSIONS = ["complaint", "late_event", "list_", "leaving", "pausing", "sending", "confirming"]


@pytest.mark.parametrize("what", INTRUSIONS)
@pytest.mark.parametrize("place", range(len(CALLS)), ids=lambda place: f"{place}-{CALLS[place]}")
def test_whatever_happens_meanwhile_brings_nothing_back(place: int, what: str) -> None:
    world = filled()
    intruder = Intruder(world, place, what)
    world.on_pause = intruder.step

    world.erase(watch=watched(intruder.gate))
    for _ in range(2):
        intruder.step()
    if what == "sending":
        world.clock.at += timedelta(minutes=5)
        world.erase("e2")  # what was under way until the end is for a second run

    check(world)


@pytest.mark.parametrize("what", ["signing_up", "typed_in"])
@pytest.mark.parametrize("place", range(len(CALLS)), ids=lambda place: f"{place}-{CALLS[place]}")
def test_what_somebody_writes_anew_meanwhile_is_found_and_goes_by_the_next_run(place: int, what: str) -> None:
    world = filled()
    world.erase(watch=watched(Intruder(world, place, what).gate))

    if not world.erasing().survey(Person(KEY, EMAIL)).is_empty:
        world.erase("e2")

    check(world)
    assert world.erasing().survey(Person(KEY, EMAIL)).is_empty
