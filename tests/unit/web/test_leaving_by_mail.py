"""By which mail somebody left is noted on that mail's row, and keeps nobody from leaving."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from postroad.contract.message import MessageId
from postroad.contract.words import Status
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.sending.leaving_links import LeavingLinks, list_headers
from postroad.web.answers import Answer, Kind, Leaves
from postroad.web.errors import MarkUnavailableError
from postroad.web.http import read_request
from postroad.web.memory import MemoryMarks
from postroad.web.unsubscribing import MESSAGE_ID, NO_MESSAGE
from tests.web_world import ADDRESS, NOON, RING, TOPIC, World

if TYPE_CHECKING:
    from datetime import datetime

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
    "named", ["", "news-1", "unknown", "x" * 129, "a b", "ana@example.com", "!sqs-1", "a\n", "é"]
)
def test_whatever_a_link_names_the_answer_and_the_calls_are_the_same(named: str) -> None:
    marks = MemoryMarks()
    world = World(marks=marks)
    assert world.leave(visit=replace(world.visit, message_id=named)) == Answer(Kind.LEFT_TOPIC, TOPIC)
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


@pytest.mark.parametrize(("query", "named"), [({"m": "news-1"}, "news-1"), ({}, ""), (None, "")])
def test_the_name_is_read_from_the_query(query: dict[str, str] | None, named: str) -> None:
    event = {
        "routeKey": "ANY /u/{token}",
        "queryStringParameters": query,
        "requestContext": {"http": {"method": "GET"}},
    }
    assert read_request(event).visit.message_id == named


@pytest.mark.parametrize(
    "named", ["a", "order-1042:b.c_d", "x" * 128, "x" * 129, "", "a b", "a\n", "é", "!", "a@b"]
)
def test_a_message_id_is_what_the_contract_says(named: str) -> None:
    try:
        msgspec.convert(named, MessageId)
    except msgspec.ValidationError:
        assert not MESSAGE_ID.fullmatch(named)
    else:
        assert MESSAGE_ID.fullmatch(named)
