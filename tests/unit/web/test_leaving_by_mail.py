"""By which mail somebody left is noted on that mail's row, and keeps nobody from leaving."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from postroad.contract.message import MessageId
from postroad.contract.words import Status
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.sending.leaving_links import LeavingLinks, list_headers
from postroad.web.answers import Answer, Kind, Leaves
from postroad.web.building import PAGES, build_pages
from postroad.web.errors import MarkUnavailableError
from postroad.web.http import read_request
from postroad.web.mail_marks import NO_MESSAGE, named
from postroad.web.memory import MemoryMarks
from postroad.web.pages import Pages
from postroad.web.requests import Form
from tests.preferences_world import PreferencesWorld, rules_of
from tests.web_world import ADDRESS, NOON, RING, TOPIC, World

if TYPE_CHECKING:
    from datetime import datetime

BRAND = Path(__file__).parents[3] / "config" / "brand.toml"
TOPICS = {TOPIC: {"en": ("Product updates", "")}, "offers": {"en": ("Offers", "")}}
ROW = Row(
    message_id="news-1",
    status=Status.DELIVERED,
    stream="marketing",
    address_key=ADDRESS,
    topic=TOPIC,
    times={"sent": NOON - timedelta(hours=2)},
)


def world_of(row: Row = ROW) -> tuple[World, MemoryLedger]:
    ledger = MemoryLedger()
    ledger.insert(row)
    return World(marks=MemoryMarks(ledger)), ledger


@pytest.mark.parametrize("leaves", Leaves)
def test_who_leaves_by_a_mail_is_noted_on_its_row_once(leaves: Leaves) -> None:
    world, ledger = world_of()
    visit = replace(world.visit, message_id="news-1")
    world.leave(visit=visit, leaves=leaves)
    world.leave(visit=visit, leaves=leaves, now=NOON + timedelta(days=3))
    found = ledger.get("news-1")
    assert found is not None
    assert (found.times["left"], found.version) == (NOON, 2)


def test_who_had_left_is_not_lost_again_by_the_next_mail() -> None:
    world, ledger = world_of()
    ledger.insert(replace(ROW, message_id="news-2"))
    world.leave(visit=replace(world.visit, message_id="news-2"))
    world.leave(visit=replace(world.visit, message_id="news-1"))
    assert ledger.get("news-1") == ROW


@pytest.mark.parametrize(
    "row", [replace(ROW, address_key="k1.bob"), replace(ROW, topic="offers")], ids=["address", "topic"]
)
def test_nobody_marks_the_mail_of_another_address_or_topic(row: Row) -> None:
    world, ledger = world_of(row)
    assert world.leave(visit=replace(world.visit, message_id="news-1")) == Answer(Kind.LEFT_TOPIC, TOPIC)
    assert ledger.get("news-1") == row


@pytest.mark.parametrize("token", ["", "forged"])
def test_without_a_token_of_ours_no_row_is_asked_for(token: str) -> None:
    marks = MemoryMarks()
    world = World(marks=marks)
    world.leave(visit=replace(world.visit, token=token, message_id="news-1"))
    assert marks.asked == []


@pytest.mark.parametrize(
    "given", ["", "news-1", "unknown", "x" * 129, "a b", "ana@example.com", "!sqs-1", "a\n", "é"]
)
def test_whatever_a_link_names_the_answer_and_the_calls_are_the_same(given: str) -> None:
    marks = MemoryMarks()
    world = World(marks=marks)
    assert world.leave(visit=replace(world.visit, message_id=given)) == Answer(Kind.LEFT_TOPIC, TOPIC)
    assert len(marks.asked) == 1
    assert marks.asked[0] in {"news-1", "unknown", NO_MESSAGE}


class BrokenMarks:
    """The table of messages is out of reach."""

    def mark(self, message_id: str, address_key: str, topic: str, *, now: datetime) -> None:
        del message_id, address_key, topic, now
        raise MarkUnavailableError


def test_a_mark_that_fails_keeps_nobody_from_leaving() -> None:
    world = World(marks=BrokenMarks())
    assert world.leave(visit=replace(world.visit, message_id="news-1")) == Answer(Kind.LEFT_TOPIC, TOPIC)
    assert world.stopped(topic=TOPIC)
    assert [type(error) for error in world.errors] == [MarkUnavailableError]


def test_looking_marks_nothing() -> None:
    marks = MemoryMarks()
    world = World(marks=marks)
    world.unsubscribing.look(replace(world.visit, message_id="news-1"), now=NOON)
    assert marks.asked == []


def test_the_link_and_the_header_name_the_mail_that_they_stand_in() -> None:
    longest = "a:" * 64
    links = LeavingLinks(RING, "https://mail.shop.example")
    link = links.link(ADDRESS, "t" * 64, longest)
    assert link == f"{links.link(ADDRESS, 't' * 64)}?m={longest}"
    header = list_headers(link)["List-Unsubscribe"]
    assert re.fullmatch(r"<https://[!-;=?-~]+>", header)
    assert len(header) < 995


@pytest.mark.parametrize(("query", "given"), [({"m": "news-1"}, "news-1"), ({}, ""), (None, "")])
def test_the_name_is_read_from_the_query(query: dict[str, str] | None, given: str) -> None:
    event = {
        "routeKey": "ANY /u/{token}",
        "queryStringParameters": query,
        "requestContext": {"http": {"method": "GET"}},
    }
    assert read_request(event).visit.message_id == given


@pytest.mark.parametrize(
    "given", ["a", "order-1042:b.c_d", "x" * 128, "x" * 129, "", "a b", "a\n", "é", "!", "a@b"]
)
def test_a_message_id_is_what_the_contract_says(given: str) -> None:
    try:
        msgspec.convert(given, MessageId)
    except msgspec.ValidationError:
        assert named(given) == ""
    else:
        assert named(given) == given


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")
    build_pages(folder, brand=BRAND, topics=TOPICS, rules=rules_of(TOPICS))
    return Pages.read(folder / PAGES)


@pytest.mark.parametrize(
    ("given", "query"),
    [("news-1", "&amp;m=news-1"), ("", ""), ('"><script>', ""), ("a b", ""), ("x" * 129, "")],
)
def test_other_languages_keep_the_mail_and_nothing_else_that_a_link_names(
    pages: Pages, given: str, query: str
) -> None:
    html = pages.page(Answer(Kind.ASK, TOPIC), "en", given)
    assert re.findall(r'href="\?lang=es([^"]*)"', html) == [query]
    assert "<script>" not in html


def test_leaving_by_the_preferences_is_noted_on_the_mail_too(pages: Pages) -> None:
    world = PreferencesWorld(pages)
    world.agree(TOPIC, "offers")
    visit = replace(world.visit(), message_id="news-1")
    world.centre.act(visit, world.form(topics=[TOPIC]), now=NOON)
    assert world.marks.asked == []
    world.centre.act(visit, world.form(topics=[]), now=NOON)
    assert world.marks.asked == ["news-1"]
    world.centre.act(visit, world.form(topics=[]), now=NOON)
    assert world.marks.asked == ["news-1"]


def test_leaving_everything_by_the_preferences_is_noted(pages: Pages) -> None:
    world = PreferencesWorld(pages)
    world.centre.act(replace(world.visit(), message_id="news-1"), Form({"do": ["leave"]}), now=NOON)
    assert world.marks.asked == ["news-1"]
