from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.event import Event
from postroad.journeys.advancing import View
from postroad.journeys.effects import Effect, Mail
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.errors import WalkBusyError
from postroad.journeys.memory import MemoryDoing, MemoryWalks
from postroad.journeys.plan import Entry, EventTrigger, Plan, Send, Wait
from postroad.journeys.running import Engine, Plans

if TYPE_CHECKING:
    pass

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOINED = Event("joined", NOW, "e1")


def series(version: int = 1, **other: object) -> Plan:
    facts: dict[str, object] = {
        "name": "greeting", "version": version, "stream": "marketing",
        "trigger": EventTrigger(event="joined"),
        "entry": Entry(rule="always"),
        "steps": (
            Send(id="hello", template="hello", next="pause"), Wait(id="pause", seconds=3600, next="tips"),
            Send(id="tips", template="tips"),
        ),
    }  # fmt: skip
    return Plan(**(facts | other))  # type: ignore[arg-type]  # facts are of many types


class People:
    """Knows everybody but those who are erased."""

    def __init__(self) -> None:
        self.erased: set[str] = set()

    def view(self, _walk: Enrolment | None, address_key: str, _plan: Plan, *, now: datetime) -> View | None:
        del now
        return None if address_key in self.erased else View(zone=ZoneInfo("UTC"))


class Walks(MemoryWalks):
    """Walks, and beside them what they did."""

    def __init__(self) -> None:
        super().__init__()
        self.doing = MemoryDoing()

    @property
    def done(self) -> list[tuple[Enrolment, Effect]]:
        return self.doing.done


class FaultyWalks(Walks):
    """Dies once, before or after the write that is the given number; or finds others were first."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.dies_before = self.dies_after = 0
        self.busy: set[int] = set()

    def write(self, before: Enrolment | None, after: Enrolment, *, now: datetime) -> bool:
        self.writes += 1
        if self.writes == self.dies_before:
            raise ConnectionError
        if self.writes in self.busy:
            return False
        written = super().write(before, after, now=now)
        if self.writes == self.dies_after:
            raise ConnectionError
        return written


def engine(walks: Walks, *plans: Plan, people: People | None = None, paused: str = "") -> Engine:
    return Engine(
        plans=Plans(plans or (series(),), paused=frozenset({paused} - {""})),
        walks=walks,
        people=people or People(),
        doing=walks.doing,
    )


def mails(walks: Walks) -> list[str]:
    return [effect.step for _, effect in walks.done if isinstance(effect, Mail)]


def walk_through(running: Engine) -> None:
    """Take the event, and what is due, as often as it takes: each is delivered again after a crash."""
    for now in (NOW, NOW + HOUR):
        for _ in range(3):
            try:
                running.take("k1.ana", JOINED, now=now)
                running.due("k1.ana", "greeting", now=now)
            except ConnectionError:
                continue
            break


@pytest.mark.parametrize("write", range(1, 4))
@pytest.mark.parametrize("fault", ["dies_before", "dies_after"])
def test_dying_at_any_write_skips_nothing_and_sends_nothing_twice(fault: str, write: int) -> None:
    walks = FaultyWalks()
    setattr(walks, fault, write)
    walk_through(engine(walks))
    assert mails(walks) == ["hello", "tips"]
    walk = walks.latest("k1.ana", "greeting")
    assert walk is not None
    assert walk.ended is Ended.FINISHED


def test_who_was_overtaken_looks_again() -> None:
    walks = FaultyWalks()
    walks.busy = {1, 2, 4}
    walk_through(engine(walks))
    assert mails(walks) == ["hello", "tips"]


def test_who_is_overtaken_again_and_again_lets_the_event_come_back() -> None:
    walks = FaultyWalks()
    walks.busy = set(range(100))
    with pytest.raises(WalkBusyError):
        engine(walks).take("k1.ana", JOINED, now=NOW)
    assert mails(walks) == []


def test_copies_of_an_event_begin_one_walk() -> None:
    walks = Walks()
    running = engine(walks)
    for _ in range(3):
        running.take("k1.ana", JOINED, now=NOW)
    assert mails(walks) == ["hello"]
    assert running.counts == {"enrolled": 1, "mail": 1}


def test_the_next_walk_has_messages_of_its_own() -> None:
    walks = Walks()
    walk_through(running := engine(walks))
    running.take("k1.ana", Event("joined", NOW + 2 * HOUR, "e2"), now=NOW + 2 * HOUR)
    assert mails(walks) == ["hello", "tips", "hello"]
    assert len({effect.message_id for _, effect in walks.done if isinstance(effect, Mail)}) == 3


def test_what_is_not_due_is_left_alone() -> None:
    walks = Walks()
    running = engine(walks)
    running.take("k1.ana", JOINED, now=NOW)
    assert running.due("k1.ana", "greeting", now=NOW + HOUR / 2) is None
    assert running.due("k1.bo", "greeting", now=NOW + HOUR) is None
    assert mails(walks) == ["hello"]


def test_a_walk_stays_on_its_version_unless_the_newer_one_takes_it() -> None:
    newer = series(2, steps=(Send(id="tips", template="new"),))
    for moves, template in (({}, "tips"), ({1: {"pause": "tips"}}, "new")):
        walks = Walks()
        engine(walks).take("k1.ana", JOINED, now=NOW)
        moving = Plan(**{name: getattr(newer, name) for name in newer.__struct_fields__} | {"moves": moves})
        engine(walks, series(), moving).due("k1.ana", "greeting", now=NOW + HOUR)
        sent = [effect.template for _, effect in walks.done if isinstance(effect, Mail)]
        assert sent == ["hello", template]


def test_a_paused_journey_begins_walks_and_holds_them() -> None:
    walks = Walks()
    held = engine(walks, paused="greeting")
    held.take("k1.ana", JOINED, now=NOW)
    assert held.due("k1.ana", "greeting", now=NOW) is None
    assert mails(walks) == []
    engine(walks).due("k1.ana", "greeting", now=NOW + HOUR)
    assert mails(walks) == ["hello"]


def test_nothing_is_done_for_who_is_erased() -> None:
    walks, people = Walks(), People()
    running = engine(walks, people=people)
    running.take("k1.ana", JOINED, now=NOW)
    people.erased.add("k1.ana")
    assert running.due("k1.ana", "greeting", now=NOW + HOUR) is None
    assert running.take("k1.ana", Event("joined", NOW + HOUR, "e2"), now=NOW + HOUR) == []
    assert mails(walks) == ["hello"]


def test_an_operator_takes_a_contact_out() -> None:
    walks = Walks()
    running = engine(walks)
    running.take("k1.ana", JOINED, now=NOW)
    assert running.remove("k1.ana", "greeting", reason="asked by phone", now=NOW)
    assert not running.remove("k1.ana", "greeting", reason="again", now=NOW)
    assert running.due("k1.ana", "greeting", now=NOW + HOUR) is None
    walk = walks.latest("k1.ana", "greeting")
    assert walk is not None
    assert (walk.ended, walk.reason) == (Ended.REMOVED, "asked by phone")
