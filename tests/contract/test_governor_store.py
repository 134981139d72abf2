"""The contract of the governor's item, over the fake and over DynamoDB: each change is one, or none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from postroad.contract.words import StreamKind
from postroad.governor.dynamodb import DynamoSlots
from postroad.governor.errors import GovernorUnavailableError
from postroad.governor.item import KEY, from_item, to_item
from postroad.governor.leasing import next_step, terms_of
from postroad.governor.memory import MemorySlots
from postroad.governor.pace import SECOND, micros
from postroad.governor.state import (
    LATE,
    PLENTY,
    Lane,
    Move,
    Reading,
    Righting,
    State,
    applied,
    learnt,
    righted,
)
from tests.emulated_dynamodb import emulated_cloud
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.governor.ports import Answer, Slots

NOW = micros(datetime(2026, 11, 22, 14, 0, tzinfo=UTC))
STANDING = State(
    tat=NOW + 200_000,
    own_transactional=NOW - 5,
    own_others=NOW + 5,
    leased=1000,
    room=100,
    room_beyond_reserve=40,
    rate=13.5,
    read_at=NOW - 60 * SECOND,
)
MOVE = Move(lane=Lane.OTHERS, count=3, length=214_286, lowest=NOW - 100_000, highest=NOW + 500_000, rate=13.5)
OWN = replace(MOVE, lane=Lane.TRANSACTIONAL, own=(NOW, NOW + SECOND))
READING = Reading(rate=50.25, room=500, room_beyond_reserve=-20, leased=990, at=NOW)
RIGHTING = Righting(STANDING, NOW + 1, NOW + 2, NOW + 3)
RACERS = 8
Make = Callable[[State | None], "Slots"]


@pytest.fixture(scope="module")
def emulated_url() -> Iterator[str]:
    with emulated_cloud() as url:
        yield url


@pytest.fixture(params=["memory", "moto", pytest.param("emulated", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make a store in which this state stands, or in which there is no item yet."""
    with making(request) as make:
        yield make


@pytest.fixture(params=["memory", pytest.param("emulated", marks=pytest.mark.slow)])
def make_for_races(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Without moto, which judges a condition in one step and writes in another."""
    with making(request) as make:
        yield make


@contextmanager
def making(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "memory":
        yield MemorySlots
    elif request.param == "emulated":
        url = request.getfixturevalue("emulated_url")
        config = Config(max_pool_connections=RACERS)
        yield maker(boto3.client("dynamodb", endpoint_url=url, config=config))
    else:
        with mock_aws():
            yield maker(boto3.client("dynamodb"))


def maker(client: Any) -> Make:  # noqa: ANN401  boto3's own
    if "Schedule" not in client.list_tables()["TableNames"]:
        create_table(client, "Schedule")

    def make(state: State | None) -> Slots:
        client.delete_item(TableName="Schedule", Key=KEY)
        if state is not None:
            client.put_item(TableName="Schedule", Item=to_item(state))
        return DynamoSlots(client, "Schedule")

    return make


def test_before_anybody_came_nothing_is_leased_and_no_quota_known(
    make: Make,
) -> None:
    slots = make(None)
    assert slots.read() == State()
    first = replace(MOVE, begins_at=NOW, lowest=0, rate=None)
    assert slots.lease(first).state == applied(State(), first)
    assert slots.read() == State(tat=NOW + 214_286, leased=3, room=PLENTY - 3, room_beyond_reserve=PLENTY - 3)


@pytest.mark.parametrize(
    ("standing", "move"),
    [
        (STANDING, MOVE),
        (STANDING, OWN),
        (replace(STANDING, tat=MOVE.lowest), MOVE),
        (replace(STANDING, tat=MOVE.lowest - 1), MOVE),
        (replace(STANDING, tat=MOVE.highest), MOVE),
        (replace(STANDING, tat=MOVE.highest + 1), MOVE),
        (STANDING, replace(MOVE, begins_at=NOW)),
        (STANDING, replace(MOVE, lane=Lane.OTHERS, own=(NOW, NOW + SECOND))),
        (STANDING, replace(MOVE, lane=Lane.OTHERS, own=(NOW + 5, NOW + SECOND))),
        (replace(STANDING, own_transactional=NOW), OWN),
        (replace(STANDING, own_transactional=NOW + 1), OWN),
        (replace(STANDING, room_beyond_reserve=3), MOVE),
        (replace(STANDING, room_beyond_reserve=2), MOVE),
        (replace(STANDING, room_beyond_reserve=-7), OWN),
        (replace(STANDING, room=3), OWN),
        (replace(STANDING, room=2), OWN),
        (replace(STANDING, rate=13.499999999999998), MOVE),
        (replace(STANDING, rate=1 / 3), replace(MOVE, rate=1 / 3)),
        (replace(STANDING, rate=0.1 * 3), replace(OWN, rate=0.1 * 3)),
        (replace(STANDING, rate=None), MOVE),
        (replace(STANDING, rate=None), replace(MOVE, rate=None)),
        (STANDING, replace(MOVE, rate=None)),
    ],
)
def test_a_lease_is_made_whole_or_not_at_all(make: Make, standing: State, move: Move) -> None:
    slots = make(standing)
    wanted = applied(standing, move)
    answer = slots.lease(move)
    assert (answer.done, answer.state) == (wanted is not None, wanted or standing)
    assert slots.read() == answer.state


@pytest.mark.parametrize(
    "standing",
    [
        STANDING,
        replace(STANDING, leased=990),
        replace(STANDING, leased=989),
        replace(STANDING, read_at=NOW),
        replace(STANDING, read_at=NOW + 1),
        replace(STANDING, read_at=NOW + LATE),
        replace(STANDING, read_at=NOW + LATE + 1),
        State(leased=990),
    ],
)
def test_a_reading_takes_off_what_was_leased_since_and_never_replaces_a_newer_one(
    make: Make, standing: State
) -> None:
    slots = make(standing)
    wanted = learnt(standing, READING)
    answer = slots.learn(READING)
    assert (answer.done, answer.state) == (wanted is not None, wanted or standing)
    assert slots.read() == answer.state


def test_an_endless_quota_stays_one(make: Make) -> None:
    endless = replace(READING, room=PLENTY, room_beyond_reserve=PLENTY)
    assert make(STANDING).learn(endless).state.room == PLENTY - 10


@pytest.mark.parametrize(
    "standing",
    [
        STANDING,
        replace(STANDING, leased=7, room=1),
        replace(STANDING, tat=STANDING.tat + 1),
        replace(STANDING, own_others=0),
    ],
)
def test_only_what_was_seen_is_put_right(make: Make, standing: State) -> None:
    slots = make(standing)
    wanted = righted(standing, RIGHTING)
    answer = slots.put_right(RIGHTING)
    assert (answer.done, answer.state) == (wanted is not None, wanted or standing)
    assert slots.read() == answer.state


def race(slots: Slots, turns: int, share: float) -> list[tuple[int, int]]:
    """Lease as often as can be by many at once; return the beginnings and ends of what was leased."""
    begin = threading.Barrier(RACERS)

    def lease(number: int) -> list[tuple[int, int]]:
        kind = StreamKind.TRANSACTIONAL if number % 2 else StreamKind.MARKETING
        terms = terms_of(kind, transactional_share=share, rate=14)
        state, got = State(), []
        begin.wait()
        for turn in range(turns):
            now = NOW + turn * SECOND // 10
            step = next_step(state, terms, 3, now=now, latest=now + 10 * SECOND)
            if not isinstance(step, Move):
                state = slots.read()
                continue
            answer = slots.lease(step)
            state = answer.state
            if answer.done:
                got.append((state.tat - step.length, state.tat))
        return got

    with ThreadPoolExecutor(RACERS) as threads:
        return sorted(slot for slots in threads.map(lease, range(RACERS)) for slot in slots)


def test_slots_of_many_at_once_never_overlap_and_the_count_is_right(
    make_for_races: Make,
) -> None:
    slots = make_for_races(None)
    got = race(slots, 20, 0.2)
    assert len(got) >= 5
    assert all(end <= begin for (_, end), (begin, _) in pairwise(got))
    state = slots.read()
    assert state.tat == got[-1][1]
    assert state.leased == 3 * len(got)
    assert state.room == PLENTY - state.leased


def test_many_at_once_get_no_more_than_the_quota(make_for_races: Make) -> None:
    slots = make_for_races(State(room=10, room_beyond_reserve=4))
    race(slots, 30, 0.2)
    state = slots.read()
    assert state.leased == 10
    assert (state.room, state.room_beyond_reserve) == (0, -6)


def test_a_reading_amid_leases_loses_none_of_them(make_for_races: Make) -> None:
    slots = make_for_races(State(leased=100, room=1000, room_beyond_reserve=900))
    learning = threading.Thread(
        target=lambda: [
            slots.learn(Reading(rate=14, room=1000, room_beyond_reserve=900, leased=100, at=NOW + turn))
            for turn in range(10)
        ]
    )
    learning.start()
    race(slots, 20, 0.2)
    learning.join()
    state = slots.read()
    assert state.leased > 100
    assert state.room + state.leased == 1100
    assert state.room_beyond_reserve + state.leased == 1000


@given(
    st.builds(
        State,
        tat=st.integers(0, 2**53),
        leased=st.integers(0, 10**12),
        room=st.integers(-(10**6), PLENTY),
        rate=st.none() | st.floats(min_value=1e-4, max_value=1e6),
    )
)
@settings(max_examples=50)
def test_a_state_comes_back_from_its_item_as_it_was(state: State) -> None:
    assert from_item(to_item(state)) == state


@pytest.mark.parametrize("make", ["moto"], indirect=True)
def test_a_table_that_can_t_be_asked_is_an_error_to_try_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = make(STANDING)

    def fail(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "UpdateItem")

    monkeypatch.setattr(slots._client, "update_item", fail)  # type: ignore[attr-defined]  # the adapter's own
    monkeypatch.setattr(slots._client, "get_item", fail)  # type: ignore[attr-defined]  # as above
    for ask in (slots.read, lambda: slots.lease(MOVE), lambda: slots.learn(READING)):
        with pytest.raises(GovernorUnavailableError):
            ask()


@pytest.fixture(params=["moto", pytest.param("emulated", marks=pytest.mark.slow)])
def make_of_part(request: pytest.FixtureRequest) -> Iterator[Callable[[set[str]], Slots]]:
    """Make a store whose item lacks these attributes, as one of an older version may."""
    with making(request) as make:

        def make_part(missing: set[str]) -> Slots:
            slots = make(STANDING)
            item = {name: value for name, value in to_item(STANDING).items() if name not in missing}
            slots._client.put_item(TableName="Schedule", Item=item)  # type: ignore[attr-defined]  # the adapter's own
            return slots

        yield make_part


@pytest.mark.parametrize(
    "missing",
    [
        {"tat"},
        {"own_transactional"},
        {"own_others"},
        {"leased"},
        {"room"},
        {"room_beyond_reserve"},
        {"read_at"},
        {"rate"},
        {"leased", "room", "room_beyond_reserve", "read_at", "rate"},
    ],
)
def test_an_item_that_lacks_something_is_completed_by_whoever_writes(
    make_of_part: Callable[[set[str]], Slots], missing: set[str]
) -> None:
    known = replace(STANDING, **{name: getattr(State(), name) for name in missing})
    first = replace(MOVE, lowest=0, rate=known.rate)
    own = replace(OWN, lowest=0, rate=known.rate)
    asks: dict[str, tuple[Callable[[Slots], Answer], State | None]] = {
        "a lease": (lambda slots: slots.lease(first), applied(known, first)),
        "one of the lane's own": (lambda slots: slots.lease(own), applied(known, own)),
        "a reading": (lambda slots: slots.learn(READING), learnt(known, READING)),
        "a righting": (lambda slots: slots.put_right(RIGHTING), righted(known, RIGHTING)),
    }
    for name, (ask, wanted) in asks.items():
        slots = make_of_part(missing)
        assert slots.read() == known, name
        answer = ask(slots)
        assert (answer.done, answer.state) == (wanted is not None, wanted or known), name
        assert slots.read() == answer.state, name
