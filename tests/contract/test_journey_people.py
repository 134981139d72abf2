"""What a journey sees of a contact, read from the tables, is what it sees of one in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import boto3
import pytest
from moto import mock_aws

from postroad.activity.event import Event
from postroad.activity.item import activity_item
from postroad.activity.noting import Activity
from postroad.contacts.item import profile_item
from postroad.contacts.model import ConsentStatus, Contact, TopicStanding
from postroad.contract.words import Reason, Status, StreamKind
from postroad.journeys.dynamodb_people import DynamoPeople
from postroad.journeys.enrolment import Enrolment
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.plan import Branch, Choice, EventTrigger, Plan, Send
from postroad.journeys.seeing import Known, Surroundings, view_of, zone_or
from postroad.ledger.engagement import Engagement
from postroad.ledger.item import to_item
from postroad.ledger.row import Row
from postroad.suppression.item import current_item
from postroad.suppression.model import ScopeEntry, Suppression, topic_scope
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
AROUND = Surroundings({"marketing": StreamKind.MARKETING}, zone_or(ZoneInfo("UTC")))
PLAIN = Plan(
    name="welcome", version=1, stream="marketing", topic="offers", trigger=EventTrigger(event="joined"),
    steps=(Send(id="hello", template="hello", next="which"), Send(id="tips", template="tips")),
)  # fmt: skip
ASKING = Plan(
    name="asking", version=1, stream="marketing", topic="offers", trigger=EventTrigger(event="joined"),
    steps=(
        Send(id="hello", template="hello", next="which"),
        Branch(id="which", choices=(Choice(condition="steps.hello.clicked", next="tips"),)),
        Send(id="tips", template="tips"),
    ),
)  # fmt: skip
ANA = Contact(
    "k1.ana", "ana@example.com", name="Ana", locale="es", time_zone="America/Bogota",
    attributes={"vip": True, "liked": ("tea",)}, created_at=NOW, updated_at=NOW,
    topics={"offers": TopicStanding(ConsentStatus.GRANTED, NOW)}, version=1,
)  # fmt: skip
DID = Activity({"orders": 2, "order_total": 12.5}, (Event("joined", NOW, "e1", {"from": "shop"}),), 1)
BY_PAGE = ScopeEntry(Reason.UNSUBSCRIBED, "page", NOW, None, "")
LEFT = Suppression("k1.ana", "ana@example.com", {topic_scope("offers"): BY_PAGE})
WALK = Enrolment(
    address_key="k1.ana", journey="asking", version=1, key="", entry=1, began=NOW, step="which",
    since=NOW, due=NOW, sent={"hello": "m-1", "tips": "m-2"},
)  # fmt: skip


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        made = boto3.client("dynamodb", region_name="eu-central-1")
        for name in ("contacts", "suppressions", "messages"):
            create_table(made, name)
        yield made


def put(client: DynamoDBClient, table: str, item: dict[str, Any]) -> None:
    client.put_item(TableName=table, Item=item)


def people(client: DynamoDBClient) -> DynamoPeople:
    return DynamoPeople(
        client, contacts="contacts", suppressions="suppressions", messages="messages", around=AROUND,
        pause=lambda _: None,
    )  # fmt: skip


def test_all_that_is_kept_of_a_contact_is_seen(client: DynamoDBClient) -> None:
    put(client, "contacts", profile_item(ANA))
    assert people(client).view(None, "k1.ana", PLAIN, now=NOW) == view_of(
        Known(contact=ANA), PLAIN, AROUND, now=NOW
    )
    put(client, "contacts", activity_item("k1.ana", DID))
    put(client, "suppressions", current_item(LEFT, 1))
    known = Known(contact=ANA, suppression=LEFT, facts=DID.facts, events=DID.events)
    found = people(client).view(WALK, "k1.ana", PLAIN, now=NOW)
    assert found == view_of(known, PLAIN, AROUND, now=NOW)
    assert found is not None
    assert found.may_mail == "suppressed: unsubscribed"


def test_what_became_of_mails_is_seen_where_the_plan_asks(client: DynamoDBClient) -> None:
    put(client, "contacts", profile_item(ANA))
    row = Row(message_id="m-1", status=Status.DELIVERED, stream="marketing", address_key="k1.ana", links=1)
    seen = (
        Engagement()
        .with_open(NOW, is_machine=False)
        .with_click(NOW + timedelta(minutes=1), "a", is_machine=False)
    )
    put(client, "messages", to_item(replace(row, engagement=seen)))
    found = people(client).view(WALK, "k1.ana", ASKING, now=NOW)
    assert found is not None
    assert found.engagement == {"hello": {"opened": True, "clicked": True}}
    silent = people(client).view(WALK, "k1.ana", PLAIN, now=NOW)
    assert silent is not None
    assert silent.engagement == {}


def test_who_is_unknown_or_erased_is_not_seen(client: DynamoDBClient) -> None:
    assert people(client).view(None, "k1.bo", PLAIN, now=NOW) is None
    put(client, "contacts", profile_item(replace(ANA, email="", name="", attributes={}, erased_at=NOW)))
    assert people(client).view(WALK, "k1.ana", PLAIN, now=NOW) is None


def test_it_is_one_request_however_much_is_asked(client: DynamoDBClient) -> None:
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    put(client, "contacts", profile_item(ANA))
    people(client).view(WALK, "k1.ana", ASKING, now=NOW)
    assert calls == ["PutItem", "BatchGetItem"]


def test_a_table_that_is_missing_is_an_error_of_its_own(client: DynamoDBClient) -> None:
    client.delete_table(TableName="suppressions")
    with pytest.raises(WalksUnavailableError) as caught:
        people(client).view(None, "k1.ana", PLAIN, now=NOW)
    assert "k1.ana" not in str(caught.value)
