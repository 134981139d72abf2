"""What every Walks keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from postroad.activity.event import Event
from postroad.journeys.dynamodb_pauses import DynamoPauses
from postroad.journeys.dynamodb_walks import DynamoWalks
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.memory import MemoryPauses, MemoryWalks
from postroad.journeys.pausing import Pause
from postroad.schedule.memory import MemorySchedule
from postroad.schedule.walks import WALKS
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.journeys.ports import Pauses

pytestmark = pytest.mark.slow

TABLE = "journeys"
NOW = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVENT = Event("cart.abandoned", NOW - HOUR, "e1", {"cart_id": "4711", "total": 12.5, "items": [{"n": 1}]})
WALK = Enrolment(
    address_key="k1.ana",
    journey="cart",
    version=3,
    key="4711",
    entry=2,
    began=NOW - HOUR,
    step="remind",
    since=NOW,
    due=NOW + HOUR,
    slot=True,
    trigger=EVENT,
    sent={"hello": "journey:cart:hello:0123"},
    earlier=("e0",),
    outbox=(
        Mail("journey:cart:remind:0123", "remind", "cart", {"total": 12.5, "n": 7, "who": None}, "drop", NOW,
             email="ana@example.com", name="Ana Ruiz", locale="es-CO", expires_at=NOW + HOUR),
        Attributes({"vip": True, "liked": ["tea", "水"], "gone": None}),
        Notice("0123:tell", "cart.reminded", {"again": False}, NOW),
    ),
    writes=5,
)  # fmt: skip
PLAIN = Enrolment(
    address_key="k1.ana", journey="welcome", version=1, key="", entry=1, began=NOW, step="hello",
    since=NOW, due=NOW + HOUR,
)  # fmt: skip
Walks = MemoryWalks | DynamoWalks


@pytest.fixture
def journeys() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        create_table(client, TABLE)
        yield client


@pytest.fixture
def schedule() -> MemorySchedule:
    return MemorySchedule()


@pytest.fixture(params=["memory", "dynamodb", "dynamodb, one item a page"])
def walks(request: pytest.FixtureRequest, schedule: MemorySchedule) -> Walks:
    if request.param == "memory":
        return MemoryWalks()
    client = request.getfixturevalue("journeys")
    page_size = 1 if "page" in request.param else None
    return DynamoWalks(client, TABLE, pointers=schedule, page_size=page_size, pause=lambda _: None)


@pytest.fixture(params=["memory", "dynamodb"])
def pauses(request: pytest.FixtureRequest) -> Pauses:
    if request.param == "memory":
        return MemoryPauses()
    return DynamoPauses(request.getfixturevalue("journeys"), TABLE)


def put(walks: Walks, *each: Enrolment) -> None:
    for walk in each:
        assert walks.write(None, walk, now=NOW)


def test_nobody_walks_at_first(walks: Walks) -> None:
    assert walks.latest("k1.ana", "cart") is None
    assert walks.known("k1.ana") == walks.under_way("k1.ana") == []
    assert list(walks.pages("cart")) == []
    walks.settle(WALK)
    walks.forget(WALK)
    assert walks.known("k1.ana") == []


def test_a_walk_is_read_as_it_was_written(walks: Walks) -> None:
    over = replace(
        PLAIN, journey="done", ended=Ended.FAULT, reason="hello: no", ended_at=NOW, due=None, kept=True
    )
    put(walks, WALK, PLAIN, over)
    assert walks.latest("k1.ana", WALK.place) == WALK
    assert walks.latest("k1.ana", "welcome") == PLAIN
    assert walks.latest("k1.ana", "done") == over
    assert walks.latest("k1.bo", "welcome") is None
    assert walks.known("k1.ana") == [WALK, over, PLAIN]
    assert walks.under_way("k1.ana") == [WALK, PLAIN]


def test_what_is_over_and_not_done_is_under_way_until_it_is_settled(walks: Walks) -> None:
    over = replace(WALK, ended=Ended.FINISHED, ended_at=NOW, due=None)
    put(walks, over)
    assert walks.under_way("k1.ana") == [over]
    walks.settle(over)
    assert walks.under_way("k1.ana") == []
    assert walks.latest("k1.ana", WALK.place) == replace(over, outbox=())


def test_a_walk_is_written_over_what_was_read_and_nothing_else(walks: Walks) -> None:
    put(walks, PLAIN)
    after = replace(PLAIN, step="tips", writes=2)
    assert not walks.write(None, after, now=NOW)
    assert walks.write(PLAIN, after, now=NOW)
    assert not walks.write(PLAIN, replace(after, step="other"), now=NOW)
    assert walks.latest("k1.ana", "welcome") == after
    walks.forget(after)
    assert not walks.write(after, replace(after, writes=3), now=NOW)
    assert walks.known("k1.ana") == []


def test_an_outbox_stays_that_somebody_wrote_since(walks: Walks) -> None:
    put(walks, replace(WALK, writes=4))
    assert walks.write(replace(WALK, writes=4), WALK, now=NOW)
    walks.settle(replace(WALK, writes=4))
    assert walks.latest("k1.ana", WALK.place) == WALK


def test_operators_see_the_walks_through_a_journey_and_those_that_are_late(walks: Walks) -> None:
    late = [replace(PLAIN, address_key=f"k1.{number}", due=NOW) for number in range(5)]
    over = replace(PLAIN, address_key="k1.over", due=None, ended=Ended.GOAL, ended_at=NOW)
    put(walks, *late, over, PLAIN, WALK)
    if isinstance(walks, DynamoWalks):
        pauses = DynamoPauses(walks._client, TABLE)
        assert pauses.pause("welcome", Pause(NOW, "operator:ana"))

    def keys(pages: Iterator[list[Enrolment]]) -> list[str]:
        return sorted(walk.address_key for page in pages for walk in page)

    assert keys(walks.pages("welcome")) == [*(f"k1.{number}" for number in range(5)), "k1.ana", "k1.over"]
    assert keys(walks.overdue("welcome", now=NOW)) == [f"k1.{number}" for number in range(5)]


def test_a_walk_is_called_when_it_is_due(journeys: DynamoDBClient, schedule: MemorySchedule) -> None:
    walks = DynamoWalks(journeys, TABLE, pointers=schedule)
    put(walks, WALK)
    (pointer,) = schedule.all()
    assert (pointer.stream, pointer.message_id) == (WALKS, f"k1.ana:{WALK.place}")
    assert (pointer.generation, pointer.fingerprint) == (5, "walk")
    assert pointer.due == WALK.due.replace(microsecond=123000)  # type: ignore[union-attr]  # it has one
    assert pointer.minute == (NOW + HOUR).replace(second=0, microsecond=0)
    walks.call_again(WALK, at=NOW, now=NOW)
    assert schedule.of(f"k1.ana:{WALK.place}")[0].minute == datetime(2026, 11, 23, 8, 3, tzinfo=UTC)


def test_no_walk_stands_without_its_pointer(journeys: DynamoDBClient) -> None:
    class Refusing(MemorySchedule):
        def put(self, _pointer: Any) -> None:  # noqa: ANN401 - whatever is put
            raise ConnectionError

    walks = DynamoWalks(journeys, TABLE, pointers=Refusing())
    with pytest.raises(ConnectionError):
        walks.write(None, WALK, now=NOW)
    assert walks.latest("k1.ana", WALK.place) is None


def test_walks_that_are_over_go_some_day_and_those_walked_once_stay(journeys: DynamoDBClient) -> None:
    walks = DynamoWalks(journeys, TABLE, pointers=MemorySchedule())
    over = replace(PLAIN, due=None, ended=Ended.FINISHED, ended_at=NOW)
    put(walks, over, replace(over, address_key="k1.bo", kept=True), replace(PLAIN, address_key="k1.cy"))
    ttls = {item["pk"]["S"]: item.get("ttl", {}).get("N") for item in journeys.scan(TableName=TABLE)["Items"]}
    assert ttls == {
        "k1.ana": str(round((NOW + timedelta(days=400)).timestamp())), "k1.bo": None, "k1.cy": None
    }  # fmt: skip


def test_a_table_that_does_not_answer_is_an_error_of_its_own(journeys: DynamoDBClient) -> None:
    walks = DynamoWalks(journeys, "missing", pointers=MemorySchedule())
    for ask in (
        lambda: walks.latest("k1.ana", "cart"),
        lambda: walks.known("k1.ana"),
        lambda: walks.write(None, PLAIN, now=NOW),
        lambda: walks.settle(PLAIN),
        lambda: walks.forget(PLAIN),
        lambda: list(walks.pages("cart")),
    ):
        with pytest.raises(WalksUnavailableError) as caught:
            ask()
        assert isinstance(caught.value.__cause__, ClientError)
        assert "k1.ana" not in str(caught.value)


def test_a_journey_is_held_until_it_is_resumed(pauses: Pauses) -> None:
    assert dict(pauses.paused()) == {}
    first = Pause(NOW, "operator:ana", "a wrong price")
    assert pauses.pause("cart", first)
    assert not pauses.pause("cart", Pause(NOW + HOUR, "operator:bo"))
    assert pauses.pause("welcome", Pause(NOW, "operator:bo"))
    assert dict(pauses.paused()) == {"cart": first, "welcome": Pause(NOW, "operator:bo")}
    assert pauses.resume("cart")
    assert not pauses.resume("cart")
    assert list(pauses.paused()) == ["welcome"]
