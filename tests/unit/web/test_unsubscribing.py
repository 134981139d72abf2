"""Leaving by a link: what changes, what never does, and what strangers can't learn or do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import create_autospec

import pytest

from postroad.contacts.errors import ContactsUnavailableError
from postroad.contacts.memory import MemoryLeaving
from postroad.contract.words import StreamKind
from postroad.suppression.address_key import address_key
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import blocks
from postroad.web.answers import Answer, Kind, Leaves, Why
from postroad.web.errors import CountersUnavailableError
from postroad.web.limits import BAD_LINKS, LEAVING_BY_ADDRESS, LEAVING_BY_MACHINE, Limits
from postroad.web.memory import MemoryCounters
from postroad.web.standing_ring import AGAIN
from postroad.web.token import Grant, KeyRing, Purpose, make_token
from postroad.web.tokens import Tokens
from postroad.web.unsubscribing import How
from tests.web_world import ADDRESS, NOON, TOPIC, World


def test_who_leaves_a_topic_gets_no_more_of_it_and_all_else() -> None:
    world = World()
    assert world.leave() == Answer(Kind.LEFT_TOPIC, TOPIC)
    assert world.stopped(topic=TOPIC)
    assert not world.stopped(topic="offers")
    assert not world.stopped(topic=TOPIC, kind=StreamKind.TRANSACTIONAL)


def test_who_leaves_everything_still_gets_transactional_mail() -> None:
    world = World()
    assert world.leave(leaves=Leaves.ALL) == Answer(Kind.LEFT_ALL, TOPIC)
    assert world.stopped(topic=TOPIC)
    assert world.stopped(topic="offers")
    assert not world.stopped(topic=None, kind=StreamKind.TRANSACTIONAL)


def test_looking_changes_nothing_and_counts_nothing() -> None:
    world = World()
    for _ in range(100):
        assert world.unsubscribing.look(world.visit, now=NOON) == Answer(Kind.ASK, TOPIC)
    assert len(world.suppressions) == 0
    assert len(world.counters) == 0


def test_leaving_twice_is_leaving_once() -> None:
    world = World()
    first = world.leave()
    assert world.leave(now=NOON + timedelta(days=700)) == first
    assert len(world.suppressions.history(ADDRESS)) == 1


def test_how_and_why_somebody_left_is_kept_beside_the_requests_id() -> None:
    world = World()
    world.leave(how=How.PAGE, why=Why.TOO_MANY)
    (line,) = world.suppressions.history(ADDRESS)
    assert line.source == "unsubscribe:page"
    assert line.evidence == "request r-1, because: too_many"


@pytest.mark.parametrize("token", ["", "x", "a.b", "../../etc/passwd", "a\r\nSet-Cookie: b=c", "<script>"])
def test_what_is_no_link_of_ours_leaves_nothing_and_is_not_found(token: str) -> None:
    world = World()
    visit = replace(world.visit, token=token)
    assert world.unsubscribing.look(visit, now=NOON) == Answer(Kind.UNKNOWN)
    assert world.leave(visit=visit) == Answer(Kind.UNKNOWN)
    assert len(world.suppressions) == 0


def test_a_machine_that_guesses_is_turned_away_and_soon_costs_no_write() -> None:
    world = World()
    visit = replace(world.visit, token="guessed")
    answers = [world.unsubscribing.look(visit, now=NOON).kind for _ in range(BAD_LINKS.most + 10)]
    assert answers == [Kind.UNKNOWN] * BAD_LINKS.most + [Kind.BUSY] * 10
    assert len(world.counters) == BAD_LINKS.most + 1
    assert world.unsubscribing.look(visit, now=NOON + BAD_LINKS.window).kind is Kind.UNKNOWN


def test_who_guesses_keeps_nobody_else_from_leaving_by_the_same_machine() -> None:
    world = World()
    for _ in range(BAD_LINKS.most + 1):
        world.unsubscribing.look(replace(world.visit, token="guessed"), now=NOON)
    assert world.leave().kind is Kind.LEFT_TOPIC


def test_one_address_leaves_so_often_in_an_hour_and_no_more() -> None:
    world = World()
    machines = [replace(world.visit, ip=f"192.0.2.{number}") for number in range(LEAVING_BY_ADDRESS.most + 1)]
    kinds = [world.leave(visit=visit).kind for visit in machines]
    assert kinds == [Kind.LEFT_TOPIC] * LEAVING_BY_ADDRESS.most + [Kind.BUSY]
    assert world.leave(now=NOON + LEAVING_BY_ADDRESS.window).kind is Kind.LEFT_TOPIC


def test_one_machine_leaves_for_as_many_addresses_as_a_mailbox_provider_does() -> None:
    world = World()
    visits = [
        world.visit_of(address_key(b"s" * 64, f"{number}@example.com"))
        for number in range(LEAVING_BY_MACHINE.most + 1)
    ]
    kinds = [world.leave(visit=visit).kind for visit in visits]
    assert kinds == [Kind.LEFT_TOPIC] * LEAVING_BY_MACHINE.most + [Kind.BUSY]


def test_an_ipv6_site_is_one_machine() -> None:
    world = World()
    visits = [replace(world.visit, token="x", ip=f"2001:db8:1:2::{number:x}") for number in range(1, 70)]
    kinds = [world.unsubscribing.look(visit, now=NOON).kind for visit in visits]
    assert kinds.count(Kind.BUSY) == len(visits) - BAD_LINKS.most


def test_no_counter_is_named_for_an_ip_address_or_a_mail_address() -> None:
    world = World()
    world.leave()
    names = " ".join(name for name, _ in world.counters.counted)
    assert "@" not in names
    assert world.visit.ip not in names


def test_counters_that_fail_keep_nobody_from_leaving() -> None:
    broken = create_autospec(MemoryCounters, instance=True)
    broken.add.side_effect = CountersUnavailableError
    world = World(counters=broken)
    assert world.leave().kind is Kind.LEFT_TOPIC
    assert {type(error) for error in world.errors} == {CountersUnavailableError}


def test_a_store_that_fails_is_said_and_nothing_is_promised() -> None:
    broken = create_autospec(MemoryLeaving, instance=True)
    broken.leave.side_effect = ContactsUnavailableError
    world = World(leaving=broken)
    assert world.leave() == Answer(Kind.TROUBLE, TOPIC)
    assert [type(error) for error in world.errors] == [ContactsUnavailableError]


def test_a_key_added_later_is_read_at_most_once_a_minute() -> None:
    older, newer = KeyRing("t1", {"t1": b"a" * 64}), KeyRing("t2", {"t1": b"a" * 64, "t2": b"b" * 64})
    read: list[KeyRing] = []

    def reading() -> KeyRing:
        read.append(newer if read else older)
        return read[-1]

    tokens = Tokens(reading, now=NOON)
    link = make_token(newer, Grant(ADDRESS, TOPIC, Purpose.UNSUBSCRIBE))
    forged = make_token(KeyRing("t9", {"t9": b"z" * 64}), Grant(ADDRESS, TOPIC, Purpose.UNSUBSCRIBE))
    assert tokens.grant(link, Purpose.UNSUBSCRIBE, now=NOON) is None
    assert tokens.grant(link, Purpose.UNSUBSCRIBE, now=NOON + AGAIN) is not None
    for _ in range(50):
        assert tokens.grant(forged, Purpose.UNSUBSCRIBE, now=NOON + AGAIN) is None
    assert len(read) == 2


def test_known_and_unknown_addresses_are_the_same_answer_and_the_same_calls() -> None:
    known, unknown = World(), World()
    known.make_contact()
    assert known.leave() == unknown.leave()
    assert known.counters.counted == unknown.counters.counted


def test_what_stops_the_mail_is_what_send_reads() -> None:
    suppressions = MemorySuppressions()
    world = World(suppressions=suppressions)
    world.leave()
    found = suppressions.find([ADDRESS])[ADDRESS]
    entry = blocks(
        found,
        stream="marketing",
        kind=StreamKind.MARKETING,
        topic=TOPIC,
        now=datetime(2036, 1, 1, tzinfo=UTC),
    )
    assert entry is not None


def test_limits_forget_whom_they_turned_away_when_the_window_ends() -> None:
    counters = MemoryCounters()
    limits = Limits(counters, on_error=lambda _: None)
    limit = replace(LEAVING_BY_ADDRESS, most=1)
    assert limits.allow(limit, "a", now=NOON)
    assert not limits.allow(limit, "a", now=NOON)
    assert limits.allow(limit, "b", now=NOON)
    assert limits.allow(limit, "a", now=NOON + limit.window)
