"""What the tables hold of a person who is in journeys: shown, and gone when they are erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import boto3
import pytest
from moto import mock_aws

from postroad.activity.event import Event
from postroad.activity.item import activity_item
from postroad.activity.noting import Activity
from postroad.journeys.advancing import View
from postroad.journeys.dates import Dated, Occurrence
from postroad.journeys.dynamodb_dates import DynamoDates
from postroad.journeys.dynamodb_walks import DynamoWalks
from postroad.journeys.effects import Mail
from postroad.journeys.memory import MemoryDoing
from postroad.journeys.plan import EventTrigger, Plan, Send, Wait
from postroad.journeys.running import Engine, Plans
from postroad.privacy.dynamodb import DynamoPersons
from postroad.privacy.walks import DynamoJourneysOf
from postroad.schedule.memory import MemorySchedule
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.journeys.enrolment import Enrolment

pytestmark = pytest.mark.slow

ANA, BO = "k1.ana", "k1.bo"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOINED = Event("joined", NOW, "e1", {"from": "shop"})
PLAN = Plan(
    name="welcome", version=1, stream="marketing", trigger=EventTrigger(event="joined"),
    steps=(
        Send(id="hello", template="hello", next="pause"), Wait(id="pause", seconds=3600, next="tips"),
        Send(id="tips", template="tips"),
    ),
)  # fmt: skip


class People:
    """Everybody, but those who were erased."""

    def __init__(self) -> None:
        self.erased: set[str] = set()

    def view(self, walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        del walk, plan, now
        if address_key in self.erased:
            return None
        return View(zone=ZoneInfo("UTC"), contact={"name": "Ana Ruiz"}, email="ana@example.com")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for name in ("journeys", "contacts", "suppressions"):
            create_table(client, name)
        yield client


class Shop:
    """The engine over the table, and who erases."""

    def __init__(self, client: DynamoDBClient, *, page_size: int | None = None) -> None:
        self.schedule = MemorySchedule()
        self.walks = DynamoWalks(client, "journeys", pointers=self.schedule)
        self.dates = DynamoDates(client, "journeys", pointers=self.schedule, lead=HOUR)
        self.people, self.doing = People(), MemoryDoing()
        self.engine = Engine(plans=Plans([PLAN]), walks=self.walks, people=self.people, doing=self.doing)
        self.held = DynamoJourneysOf(client, "journeys", page_size=page_size)

    @property
    def mails(self) -> list[str]:
        return [effect.step for _, effect in self.doing.done if isinstance(effect, Mail)]


@pytest.fixture(params=[None, 1])
def shop(client: DynamoDBClient, request: pytest.FixtureRequest) -> Shop:
    return Shop(client, page_size=request.param)


def test_nothing_is_held_of_somebody_who_is_in_no_journey(shop: Shop) -> None:
    assert shop.held.show(ANA) == []
    assert shop.held.erase(ANA) == 0


def test_a_person_sees_where_they_stand(shop: Shop) -> None:
    (walk,) = shop.engine.take(ANA, JOINED, now=NOW)
    birthday = Dated(
        address_key=ANA, journey="birthday", value="05-04", rule="r",
        next=Occurrence(date(2027, 5, 4), NOW + HOUR), taken=date(2026, 5, 4),
    )  # fmt: skip
    shop.dates.write(None, birthday, now=NOW)
    assert shop.held.show(ANA) == [
        {"journey": "birthday", "date": "05-04", "begins": NOW + HOUR, "began_last": date(2026, 5, 4)},
        {
            "journey": "welcome", "version": 1, "key": None, "walk": 1, "began": NOW,
            "began_by": {"event": "joined", "at": NOW, "properties": {"from": "shop"}},
            "step": "pause", "goes_on": NOW + HOUR, "ended": None, "reason": None, "ended_at": None,
            "messages": dict(walk.sent), "decided": [],
        },
    ]  # fmt: skip


def test_what_was_decided_and_not_done_is_shown_too(shop: Shop) -> None:
    (walk,) = shop.engine.take(ANA, JOINED, now=NOW)
    mail = Mail("m1", "tips", "tips", {"n": 1}, "wait", NOW, email="ana@example.com", name="Ana Ruiz")
    shop.walks.write(walk, replace(walk, writes=walk.writes + 1, outbox=(mail,)), now=NOW)
    (shown,) = shop.held.show(ANA)
    assert shown["decided"] == [
        {"mail": "tips", "message_id": "m1", "email": "ana@example.com", "name": "Ana Ruiz", "data": {"n": 1}}
    ]


def test_somebody_erased_in_mid_journey_is_mailed_nothing_more(shop: Shop) -> None:
    shop.engine.take(ANA, JOINED, now=NOW)
    shop.engine.take(BO, JOINED, now=NOW)
    shop.people.erased.add(ANA)
    assert shop.held.erase(ANA) == 1
    # Its pointer is due, and a late event comes.
    assert shop.engine.due(ANA, "welcome", now=NOW + HOUR) is None
    assert shop.engine.take(ANA, replace(JOINED, event_id="e2"), now=NOW + 2 * HOUR) == []
    assert shop.mails == ["hello", "hello"]
    assert shop.held.show(ANA) == []
    # Nobody else is touched.
    assert shop.engine.due(BO, "welcome", now=NOW + HOUR) is not None
    assert shop.mails == ["hello", "hello", "tips"]


def test_what_was_decided_before_the_erasure_and_not_done_is_never_done(shop: Shop) -> None:
    (walk,) = shop.engine.take(ANA, JOINED, now=NOW)
    mail = Mail("m1", "tips", "tips", {}, "wait", NOW, email="ana@example.com")
    shop.walks.write(walk, replace(walk, writes=walk.writes + 1, outbox=(mail,)), now=NOW)
    shop.people.erased.add(ANA)
    shop.held.erase(ANA)
    shop.engine.due(ANA, "welcome", now=NOW + HOUR)
    assert shop.mails == ["hello"]


def test_who_read_a_walk_before_it_was_erased_can_t_bring_it_back(shop: Shop) -> None:
    (walk,) = shop.engine.take(ANA, JOINED, now=NOW)
    shop.held.erase(ANA)
    assert not shop.walks.write(walk, replace(walk, writes=walk.writes + 1), now=NOW)
    assert shop.held.show(ANA) == []


def test_a_walk_begun_while_its_contact_was_erased_goes_when_it_is_due(shop: Shop) -> None:
    # It had read them before the mark, and wrote after the walks were taken out.
    shop.held.erase(ANA)
    shop.engine.take(ANA, JOINED, now=NOW)
    shop.people.erased.add(ANA)
    assert shop.engine.due(ANA, "welcome", now=NOW + HOUR) is None
    assert shop.held.show(ANA) == []
    assert shop.mails == ["hello"]


def test_what_they_did_is_shown_as_values_and_goes_with_the_rest(client: DynamoDBClient) -> None:
    persons = DynamoPersons(client, contacts_table="contacts", suppressions_table="suppressions")
    item = activity_item(ANA, Activity({"orders": 2}, (JOINED,), 1))
    client.put_item(TableName="contacts", Item=item)
    client.put_item(
        TableName="contacts", Item={"pk": {"S": ANA}, "sk": {"S": "event#e1"}, "name": {"S": "joined"}}
    )
    client.put_item(TableName="contacts", Item={"pk": {"S": ANA}, "sk": {"S": "cap#marketing"}})
    activity, cap, event = persons.others(ANA)
    assert (activity["record"], activity["facts"]) == ("activity", {"orders": 2})
    assert activity["events"] == [{"event": "joined", "at": NOW, "properties": {"from": "shop"}}]
    assert (cap["record"], event["record"]) == ("cap#marketing", "event#e1")
    persons.mark(ANA, erasure="e1", source="operator:eve", now=NOW)
    persons.forget(ANA, kept_until=None)
    assert list(persons.others(ANA)) == []
