"""Choosing on the page: what changes, what stays, what is refused, and what strangers can't learn or do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.memory import MemoryLeaving
from postroad.contacts.model import ConsentStatus
from postroad.contract.words import Reason, StreamKind
from postroad.suppression.address_key import address_key
from postroad.suppression.model import ALL_STREAMS, blocks
from postroad.web.answers import Answer, Kind
from postroad.web.building import PAGES, build_pages
from postroad.web.errors import CountersUnavailableError
from postroad.web.limits import BAD_LINKS, CHOOSING_BY_ADDRESS, CHOOSING_BY_MACHINE
from postroad.web.memory import MemoryCounters
from postroad.web.pages import Pages
from postroad.web.preferring import SOURCE
from postroad.web.requests import Form
from postroad.web.token import Purpose
from tests.preferences_world import PreferencesWorld, rules_of
from tests.web_world import ADDRESS, NOON, TOPIC

if TYPE_CHECKING:
    from postroad.suppression.model import ScopeEntry

BRAND = Path(__file__).parents[3] / "config" / "brand.toml"
TOPICS = {
    "product_updates": {"en": ("Product updates", "What is new."), "es": ("Novedades", "Lo nuevo.")},
    "offers": {"en": ("Offers", "")},
    "follow_ups": {"en": ("Follow-ups", "")},
}
RULES = rules_of(TOPICS)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("preferences")
    build_pages(folder, brand=BRAND, topics=TOPICS, rules=RULES)
    return Pages.read(folder / PAGES)


@pytest.fixture
def world(pages: Pages) -> PreferencesWorld:
    """Return an address that agreed to product updates, in Spanish."""
    found = PreferencesWorld(pages)
    found.agree(TOPIC, locale="es-CO")
    return found


def stops(world: PreferencesWorld, topic: str | None, kind: StreamKind = StreamKind.MARKETING) -> bool:
    return stopping(world, topic, kind) is not None


def stopping(
    world: PreferencesWorld, topic: str | None, kind: StreamKind = StreamKind.MARKETING
) -> ScopeEntry | None:
    found = world.suppressions.find([ADDRESS]).get(ADDRESS)
    if found is None:
        return None
    return blocks(found, stream=kind.value, kind=kind, topic=topic, now=NOON)


def test_looking_shows_what_stands_and_changes_nothing(world: PreferencesWorld) -> None:
    before = world.contacts.find([ADDRESS])
    for _ in range(100):
        answer = world.centre.look(world.visit(), now=NOON)
    assert answer == Answer(
        Kind.PREFERENCES, TOPIC, frozenset({"topics", f"on:{TOPIC}", "language:es"}), None
    )
    assert world.contacts.find([ADDRESS]) == before
    assert len(world.suppressions) == 0
    assert len(world.counters) == 0


def test_an_address_that_is_not_known_has_chosen_nothing(pages: Pages) -> None:
    answer = PreferencesWorld(pages).centre.look(PreferencesWorld(pages).visit(), now=NOON)
    assert answer.marks == {"topics", "language:"}


def test_a_topic_that_is_ticked_is_agreed_to_with_the_words_that_were_shown(world: PreferencesWorld) -> None:
    answer = world.save(world.form(topics=[TOPIC, "offers"]))
    assert {"saved", "began:offers", "on:offers", f"on:{TOPIC}"} <= answer.marks
    assert world.stands().topics["offers"]
    newest = [record for record in world.contacts.consents(ADDRESS) if record.topic == "offers"][-1]
    assert (newest.status, newest.source) == (ConsentStatus.GRANTED, SOURCE)
    assert (newest.purpose, newest.wording) == ("Offers", world.pages.wordings["en"]["offers"])
    assert newest.ip == ""


def test_a_topic_that_is_not_ticked_is_left_and_its_mail_stops(world: PreferencesWorld) -> None:
    answer = world.save(world.form(topics=[], reason="too_many"))
    assert {"saved", f"ended:{TOPIC}"} <= answer.marks
    assert stops(world, TOPIC)
    assert not stops(world, TOPIC, StreamKind.TRANSACTIONAL)
    entry = stopping(world, TOPIC)
    assert entry is not None
    assert (entry.reason, entry.source) == (Reason.UNSUBSCRIBED, SOURCE)
    assert entry.evidence == "request r-1, because: too_many"


def test_who_never_agreed_and_does_not_tick_gets_no_more_either(pages: Pages) -> None:
    world = PreferencesWorld(pages)
    assert "nothing_now" in world.save(world.form()).marks
    assert all(stops(world, topic) for topic in TOPICS)
    assert not stops(world, None)


def test_a_language_alone_leaves_the_topics_that_stand(world: PreferencesWorld) -> None:
    answer = world.save(world.form(topics=[TOPIC], language="nl"))
    assert {"language:nl", "language_now:nl", f"on:{TOPIC}"} <= answer.marks
    assert world.contacts.find([ADDRESS])[ADDRESS].locale == "nl"
    assert not stops(world, TOPIC)


def test_a_language_that_was_only_shown_does_not_replace_a_finer_one(world: PreferencesWorld) -> None:
    world.save(world.form(topics=[TOPIC]))
    assert world.contacts.find([ADDRESS])[ADDRESS].locale == "es-CO"


@pytest.mark.parametrize("days", [30, 60, 90])
def test_a_pause_stops_all_but_transactional_mail_until_its_day(world: PreferencesWorld, days: int) -> None:
    answer = world.save(world.form(topics=[TOPIC], pause=str(days)))
    until = NOON + timedelta(days=days)
    assert {"paused", "paused_now", f"on:{TOPIC}"} <= answer.marks
    assert answer.day == until.date()
    assert stops(world, TOPIC)
    assert not stops(world, None, StreamKind.TRANSACTIONAL)
    assert world.stands().paused_until == until
    assert world.stands(now=until).paused_until is None
    assert world.stands(now=until).topics[TOPIC]


def test_a_pause_is_ended_kept_and_made_longer_only_on_request(world: PreferencesWorld) -> None:
    world.save(world.form(topics=[TOPIC], pause="30"))
    kept = world.save(world.form(topics=[TOPIC]), now=NOON + timedelta(days=1))
    assert kept.day == date(2026, 12, 22)
    assert "nothing_now" in kept.marks
    longer = world.save(world.form(topics=[TOPIC], pause="90"), now=NOON + timedelta(days=1))
    assert longer.day == date(2027, 2, 21)
    ended = world.save(world.form(topics=[TOPIC], pause="end"))
    assert "unpaused_now" in ended.marks
    assert "paused" not in ended.marks
    assert not stops(world, TOPIC)


def test_who_leaves_everything_gets_transactional_mail_alone_and_can_come_back(
    world: PreferencesWorld,
) -> None:
    answer = world.save({"do": ["leave"], "reason": ["never_asked"]})
    assert answer.marks == {"topics", "language:es", "left_all", "saved", "left_all_now"}
    assert all(stops(world, topic) for topic in TOPICS)
    assert not stops(world, None, StreamKind.TRANSACTIONAL)
    back = world.save(world.form(topics=["offers"]))
    assert {"on:offers", "began:offers"} <= back.marks
    assert "left_all" not in back.marks
    assert not stops(world, "offers")
    assert stops(world, TOPIC)
    assert stops(world, "follow_ups")


def test_saving_after_leaving_everything_writes_no_topic_of_its_own(world: PreferencesWorld) -> None:
    world.save({"do": ["leave"]})
    before = world.suppressions.find([ADDRESS])[ADDRESS].scopes
    assert "language_now:nl" in world.save(world.form(language="nl")).marks
    assert world.suppressions.find([ADDRESS])[ADDRESS].scopes.keys() == before.keys() == {ALL_STREAMS}


def test_a_page_that_is_old_brings_nothing_back_that_was_left_since(world: PreferencesWorld) -> None:
    old = world.form(topics=[TOPIC], language="nl")
    world.store.leave(ADDRESS, [f"topic:{TOPIC}"], source="x", evidence="y", now=NOON)
    answer = world.save(old)
    assert "language:nl" in answer.marks
    assert f"on:{TOPIC}" not in answer.marks
    assert stops(world, TOPIC)


def test_saving_twice_is_saving_once(world: PreferencesWorld) -> None:
    form = world.form(topics=["offers"])
    world.save(form)
    history = world.suppressions.history(ADDRESS)
    records = world.contacts.consents(ADDRESS)
    assert "nothing_now" in world.save(form, now=NOON + timedelta(days=700)).marks
    assert world.suppressions.history(ADDRESS) == history
    assert world.contacts.consents(ADDRESS) == records


GOOD: dict[str, list[str]] = {"do": ["save"], "off": ["offers", "follow_ups"], "on": [TOPIC]}


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        (None, {"error:form"}),
        ({"do": []}, {"error:form"}),
        ({"do": ["everything"]}, {"error:form"}),
        ({"do": ["save", "leave"]}, {"error:form"}),
        ({"do": ["leave", "leave"]}, {"error:form"}),
        ({"pause": ["30", "90"]}, {"error:form"}),
        ({"language": ["es", "es"]}, {"error:form"}),
        ({"reason": ["other", "other"]}, {"error:form"}),
        ({"list-unsubscribe": ["One-Click"], "do": []}, {"error:form"}),
        ({"off": ["offers"]}, {"error:topics"}),
        ({"off": ["offers", "follow_ups", "gone"]}, {"error:topics"}),
        ({"off": ["offers", "follow_ups", TOPIC]}, {"error:topics"}),
        ({"topic": ["gone"]}, {"error:topics"}),
        ({"topic": ["all"]}, {"error:topics"}),
        ({"topic": ["offers\r\nX: y"]}, {"error:topics"}),
        ({"pause": ["31"]}, {"error:pause"}),
        ({"pause": ["-30"]}, {"error:pause"}),
        ({"pause": ["٣٠"]}, {"error:pause"}),
        ({"language": ["xx"]}, {"error:language"}),
        ({"language": ["<script>"]}, {"error:language"}),
        ({"pause": ["x"], "on": []}, {"error:pause", "error:topics"}),
    ],
)
def test_a_form_that_is_spoilt_changes_nothing_and_is_told_by_its_fields(
    world: PreferencesWorld, changes: dict[str, list[str]] | None, marks: set[str]
) -> None:
    before = world.contacts.find([ADDRESS])
    form = None if changes is None else Form(GOOD | changes)
    answer = world.centre.act(world.visit(), form, now=NOON)
    assert answer.refused
    assert answer.marks == {"topics", f"on:{TOPIC}", "language:es", "refused", *marks}
    assert world.contacts.find([ADDRESS]) == before
    assert len(world.suppressions) == 0
    assert len(world.counters) == 0


def test_a_topic_ticked_twice_is_ticked_once(world: PreferencesWorld) -> None:
    world.save(Form(GOOD | {"topic": [TOPIC, "offers", "offers"]}))
    assert [record.topic for record in world.contacts.consents(ADDRESS)].count("offers") == 1


def test_a_reason_that_is_not_offered_is_not_kept(world: PreferencesWorld) -> None:
    world.save(world.form(topics=[], reason="ana.ruiz@example.com"))
    entry = stopping(world, TOPIC)
    assert entry is not None
    assert entry.evidence == "request r-1"


@pytest.mark.parametrize("token", ["", "x", "a.b", "../../etc/passwd", "a\r\nSet-Cookie: b=c", "<script>"])
def test_what_is_no_link_of_ours_shows_and_saves_nothing(world: PreferencesWorld, token: str) -> None:
    visit = world.visit(token)
    assert world.centre.look(visit, now=NOON) == Answer(Kind.UNKNOWN)
    assert world.centre.act(visit, world.form(topics=[]), now=NOON) == Answer(Kind.UNKNOWN)
    assert world.centre.act(visit, None, now=NOON) == Answer(Kind.UNKNOWN)
    assert len(world.suppressions) == 0


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.CONFIRM])
def test_a_link_for_something_else_shows_and_saves_nothing(world: PreferencesWorld, purpose: Purpose) -> None:
    visit = world.visit(world.token(purpose))
    assert world.centre.look(visit, now=NOON) == Answer(Kind.UNKNOWN)
    assert world.centre.act(visit, world.form(topics=[]), now=NOON) == Answer(Kind.UNKNOWN)
    assert len(world.suppressions) == 0


def test_a_machine_that_guesses_is_turned_away(world: PreferencesWorld) -> None:
    kinds = [world.centre.look(world.visit("guessed"), now=NOON).kind for _ in range(BAD_LINKS.most + 5)]
    assert kinds == [Kind.UNKNOWN] * BAD_LINKS.most + [Kind.BUSY] * 5


def test_one_address_saves_so_often_in_an_hour_and_can_still_leave(world: PreferencesWorld) -> None:
    form = world.form(topics=[TOPIC])
    visits = [world.visit(ip=f"192.0.2.{number}") for number in range(CHOOSING_BY_ADDRESS.most + 1)]
    kinds = [world.centre.act(visit, form, now=NOON).kind for visit in visits]
    assert kinds == [Kind.PREFERENCES] * CHOOSING_BY_ADDRESS.most + [Kind.BUSY]
    assert world.centre.act(visits[0], form, now=NOON + CHOOSING_BY_ADDRESS.window).kind is Kind.PREFERENCES
    leaving = world.visit(world.token(Purpose.UNSUBSCRIBE))
    one_click = Form({"list-unsubscribe": ["One-Click"]})
    assert world.unsubscribing.act(leaving, one_click, now=NOON).kind is Kind.LEFT_TOPIC


def test_one_machine_saves_so_often_in_a_minute(world: PreferencesWorld) -> None:
    form = world.form(topics=[TOPIC])
    visits = [
        world.visit(world.token(key=address_key(b"s" * 64, f"{number}@example.com")))
        for number in range(CHOOSING_BY_MACHINE.most + 1)
    ]
    kinds = [world.centre.act(visit, form, now=NOON).kind for visit in visits]
    assert kinds == [Kind.PREFERENCES] * CHOOSING_BY_MACHINE.most + [Kind.BUSY]


def test_counters_that_fail_keep_nobody_from_choosing(pages: Pages) -> None:
    broken = create_autospec(MemoryCounters, instance=True)
    broken.add.side_effect = CountersUnavailableError
    world = PreferencesWorld(pages, counters=broken)
    assert world.save(world.form()).kind is Kind.PREFERENCES
    assert {type(error) for error in world.errors} == {CountersUnavailableError}


@pytest.mark.parametrize("error", [ContactsUnavailableError, ContactsBusyError])
def test_a_store_that_fails_is_said_and_nothing_is_promised(pages: Pages, error: type[Exception]) -> None:
    broken = create_autospec(MemoryLeaving, instance=True)
    broken.preferences.side_effect = error
    world = PreferencesWorld(pages, preferring=broken)
    assert world.centre.look(world.visit(), now=NOON) == Answer(Kind.TROUBLE, TOPIC)
    assert world.save(world.form()) == Answer(Kind.TROUBLE, TOPIC)
    assert [type(each) for each in world.errors] == [error, error]


def test_known_and_unknown_addresses_are_the_same_calls(pages: Pages) -> None:
    called = []
    for known in (True, False):
        watched = PreferencesWorld(pages)
        if known:
            watched.agree(TOPIC)
        spy = create_autospec(MemoryLeaving, instance=True)
        spy.preferences.side_effect = watched.store.preferences
        spy.prefer.side_effect = watched.store.prefer
        world = PreferencesWorld(pages, preferring=spy)
        world.centre.look(world.visit(), now=NOON)
        world.save({"do": ["leave"]})
        called.append((spy.mock_calls, world.counters.counted))
    assert called[0] == called[1]


def test_nothing_that_is_kept_names_the_machine(world: PreferencesWorld) -> None:
    visit = replace(world.visit(), ip="192.0.2.77")
    world.centre.act(visit, world.form(topics=["offers"]), now=NOON)
    kept = [world.contacts.consents(ADDRESS), world.suppressions.history(ADDRESS), world.counters.counted]
    assert "192.0.2.77" not in str(kept)
    assert "offers" in str(kept)
