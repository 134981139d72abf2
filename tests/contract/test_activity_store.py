"""What every ActivityStore keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.activity.declared import Declaration, Declared
from postroad.activity.dynamodb import DynamoActivity
from postroad.activity.errors import ActivityBusyError, ActivityUnavailableError
from postroad.activity.event import Event
from postroad.activity.facts import How, Rule
from postroad.activity.memory import MemoryActivity
from postroad.activity.noting import Activity, Happened, Noted
from postroad.contacts.dynamodb import ContactWrite, DynamoContacts
from postroad.contacts.memory import MemoryContacts
from postroad.contacts.model import ConsentStatus, Contact, NewConsent, NewContact
from postroad.dynamodb_table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.activity.ports import ActivityStore
    from postroad.contacts.ports import ContactStore

pytestmark = pytest.mark.slow

TABLE = "contacts"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DECLARED = Declared(
    {"order.placed": Declaration(("total",)), "page.seen": Declaration()},
    (
        Rule("orders", "order.placed", How.COUNT),
        Rule("spent", "order.placed", How.SUM, "total"),
        Rule("last_visit", "page.seen", How.LATEST),
    ),
)


class Kept:
    """An activity store over contacts, and how one of them is erased."""

    def __init__(self, activity: ActivityStore, contacts: ContactStore) -> None:
        self.activity = activity
        self.contacts = contacts

    def note(self, *happened: Happened, now: datetime = NOON) -> list[Noted]:
        return self.activity.note(happened, now=now)

    def of(self, number: int = 1) -> Activity:
        return self.activity.find([f"k1.{number}"]).get(f"k1.{number}", Activity())

    def contact(self, number: int = 1) -> Contact:
        return self.contacts.find([f"k1.{number}"])[f"k1.{number}"]

    def erase(self, number: int = 1) -> None:
        version = self.contact(number).version
        mark = Contact(f"k1.{number}", "", version=version + 1, erased_at=NOON, erasure="e1")
        if isinstance(self.contacts, MemoryContacts):
            self.contacts.write(mark, [])
        else:
            assert all(_table(self.contacts).write([ContactWrite(mark, (), version)]))


def _table(contacts: Any) -> Table:  # noqa: ANN401 - reaches into the store, as an erasure does by its own
    table: Table = contacts._table
    return table


@pytest.fixture(params=["memory", "dynamodb"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "memory":
        contacts = MemoryContacts()
        return Kept(MemoryActivity(contacts, DECLARED), contacts)
    client = request.getfixturevalue("dynamodb")
    return over(client)


def over(client: DynamoDBClient) -> Kept:
    activity = DynamoActivity(client, TABLE, declared=DECLARED, pause=lambda _: None)
    return Kept(activity, DynamoContacts(client, TABLE, pause=lambda _: None))


def event(
    event_id: str,
    at: datetime = NOON,
    name: str = "order.placed",
    contact: int = 1,
    total: object = 10,
    **said: str,
) -> Happened:
    return Happened(
        address_key=f"k1.{contact}",
        event=Event(name, at, event_id, {"total": total, "lines": ["a"]}),
        email=f"customer{contact}@example.com",
        **said,
    )


def ids(activity: Activity) -> list[str]:
    return [each.event_id for each in activity.events]


def test_an_event_is_kept_with_what_is_declared_and_its_facts(kept: Kept) -> None:
    assert kept.note(event("e1", total=12.5)) == [Noted.NEW]

    assert kept.of() == Activity(
        {"orders": 1, "spent": 12.5}, (Event("order.placed", NOON, "e1", {"total": 12.5}),), 1
    )


def test_nothing_is_kept_of_one_who_did_nothing(kept: Kept) -> None:
    assert kept.activity.find(["k1.7", "k1.7"]) == {}


def test_an_event_counts_once(kept: Kept) -> None:
    kept.note(event("e1"))

    assert kept.note(event("e1"), event("e2"), event("e2")) == [Noted.AGAIN, Noted.NEW, Noted.AGAIN]

    assert kept.of().facts["orders"] == 2


def test_once_the_journeys_have_been_told_it_is_a_copy(kept: Kept) -> None:
    kept.note(event("e1"))
    kept.activity.settle(event("e1"))
    kept.activity.settle(event("e2"))

    assert kept.note(event("e1"), event("e2")) == [Noted.COPY, Noted.NEW]


def test_the_same_id_of_another_contact_is_another_event(kept: Kept) -> None:
    assert kept.note(event("e1"), event("e1", contact=2)) == [Noted.NEW, Noted.NEW]
    assert kept.of(1).facts == kept.of(2).facts == {"orders": 1, "spent": 10}


def test_events_are_kept_by_when_they_happened(kept: Kept) -> None:
    kept.note(event("e2", NOON), event("e3", NOON + HOUR), event("e1", NOON - 300 * 24 * HOUR))

    assert ids(kept.of()) == ["e1", "e2", "e3"]


def test_the_newest_fifty_are_kept_and_the_facts_of_all(kept: Kept) -> None:
    for start in (0, 30):
        kept.note(*(event(f"e{number}", NOON + number * HOUR) for number in range(start, start + 30)))

    assert ids(kept.of()) == [f"e{number}" for number in range(10, 60)]
    assert kept.of().facts == {"orders": 60, "spent": 600}


def test_large_events_leave_room_for_fewer(kept: Kept) -> None:
    kept.note(*(event(f"e{number}", NOON + number * HOUR, total="x" * 9_900) for number in range(8)))

    assert ids(kept.of()) == [f"e{number}" for number in range(2, 8)]
    assert kept.of().facts == {"orders": 8, "spent": 0}


def test_one_who_was_not_known_becomes_a_contact_without_consent(kept: Kept) -> None:
    kept.note(event("e1", locale="es"))

    found = kept.contact()
    assert (found.email, found.locale, found.source, dict(found.topics)) == (
        "customer1@example.com",
        "es",
        "event",
        {},
    )
    assert kept.contacts.consents("k1.1") == []


def test_what_is_known_stays_and_what_is_not_is_filled_in(kept: Kept) -> None:
    granted = NewConsent("offers", ConsentStatus.GRANTED, NOON, "page")
    known = NewContact("k1.1", "Customer1@example.com", "import", name="Ana", consents=(granted,))
    kept.contacts.save([known], now=NOON - HOUR)

    kept.note(event("e1", time_zone="Europe/Madrid", locale="es"))

    found = kept.contact()
    assert (found.email, found.name, found.source) == ("Customer1@example.com", "Ana", "import")
    assert (found.locale, found.time_zone, found.version) == ("es", "Europe/Madrid", 2)
    assert found.topics["offers"].status is ConsentStatus.GRANTED
    kept.note(event("e2", time_zone="Asia/Shanghai", locale="zh"))
    assert kept.contact() == found


def test_nothing_is_kept_of_one_who_was_erased(kept: Kept) -> None:
    kept.note(event("e1"), event("e1", contact=2))
    kept.erase()

    assert kept.note(event("e1"), event("e2"), event("e2", contact=2)) == [
        Noted.ERASED,
        Noted.ERASED,
        Noted.NEW,
    ]

    assert kept.contact().email == ""
    assert ids(kept.of(1)) == ["e1"]
    assert ids(kept.of(2)) == ["e1", "e2"]


def test_more_than_any_request_takes_are_all_noted(kept: Kept) -> None:
    happened = [event(f"e{number}", contact=number % 70) for number in range(130)]

    assert kept.note(*happened) == [Noted.NEW] * 130

    found = kept.activity.find([each.address_key for each in happened])
    assert sum(int(each.facts["orders"]) for each in found.values()) == 130


def test_an_erasure_in_between_leaves_nothing_behind(dynamodb: DynamoDBClient) -> None:
    other = over(dynamodb)
    other.note(event("e1"))

    class Overtaken(DynamoActivity):
        def _items(self, happened: Sequence[Happened]) -> Any:  # noqa: ANN401 - as it is there
            items = super()._items(happened)
            if other.contact().erased_at is None:
                other.erase()
            return items

    store = Overtaken(dynamodb, TABLE, declared=DECLARED, pause=lambda _: None)

    assert store.note([event("e2")], now=NOON) == [Noted.ERASED]
    assert ids(other.of()) == ["e1"]


def test_events_of_one_contact_at_once_are_all_counted(dynamodb: DynamoDBClient) -> None:
    other = over(dynamodb)

    class Overtaken(DynamoActivity):
        races = 3

        def _items(self, happened: Sequence[Happened]) -> Any:  # noqa: ANN401 - as it is there
            items = super()._items(happened)
            if self.races:
                self.races -= 1
                other.note(event(f"other{self.races}"))
            return items

    store = Overtaken(dynamodb, TABLE, declared=DECLARED, pause=lambda _: None)

    assert store.note([event("e1"), event("e1", contact=2)], now=NOON) == [Noted.NEW, Noted.NEW]
    assert other.of().facts["orders"] == 4
    store.races = 100
    with pytest.raises(ActivityBusyError):
        store.note([event("e2")], now=NOON)


def test_a_mark_that_was_erased_does_not_come_back(dynamodb: DynamoDBClient) -> None:
    over(dynamodb).activity.settle(event("e1"))

    assert dynamodb.scan(TableName=TABLE)["Items"] == []


def test_marks_of_events_are_forgotten_after_90_days(dynamodb: DynamoDBClient) -> None:
    over(dynamodb).note(event("e1", NOON - 1000 * HOUR))

    (mark,) = [item for item in dynamodb.scan(TableName=TABLE)["Items"] if item["sk"]["S"] == "event#e1"]
    assert int(mark["ttl"]["N"]) == (NOON + timedelta(days=90)).timestamp()
    assert mark.keys() == {"pk", "sk", "name", "at", "ttl"}


def test_a_table_that_does_not_answer_is_told_without_its_words(dynamodb: DynamoDBClient) -> None:
    store = DynamoActivity(dynamodb, "gone", declared=DECLARED, pause=lambda _: None)

    with pytest.raises(ActivityUnavailableError, match=r"DynamoDB refused: ResourceNotFoundException"):
        store.note([event("e1")], now=NOON)
    with pytest.raises(ActivityUnavailableError, match=r"DynamoDB refused: ResourceNotFoundException"):
        store.settle(event("e1"))
    with pytest.raises(ActivityUnavailableError, match=r"DynamoDB refused: ResourceNotFoundException"):
        store.find(["k1.1"])
