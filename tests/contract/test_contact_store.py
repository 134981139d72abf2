"""What every ContactStore keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.memory import MemoryContacts
from postroad.contacts.model import Consent, ConsentStatus, NewConsent, NewContact, Saved, TopicStanding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.model import Contact
    from postroad.contacts.ports import ContactStore

pytestmark = pytest.mark.slow

TABLE = "contacts"
NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
MILLISECOND = NOON.replace(microsecond=123000)
HOUR = timedelta(hours=1)
GRANTED = NewConsent(
    "offers",
    ConsentStatus.GRANTED,
    NOON,
    "import",
    purpose="offers by e-mail",
    wording="2026-10",
    evidence="import customers.csv row 2",
    ip="192.0.2.7",
)


@pytest.fixture(params=["memory", "dynamodb", "dynamodb, one item a page"])
def store(request: pytest.FixtureRequest) -> ContactStore:
    if request.param == "memory":
        return MemoryContacts(page_size=1)
    client = request.getfixturevalue("dynamodb")
    return DynamoContacts(
        client, TABLE, page_size=1 if "page" in request.param else None, pause=lambda _: None
    )


def new(number: int, **said: Any) -> NewContact:  # noqa: ANN401 - fields of NewContact, passed on
    return NewContact(f"k1.{number}", f"customer{number}@example.com", "import", **said)


def save(store: ContactStore, *wanted: NewContact, now: datetime = NOON) -> list[Saved]:
    return store.save(wanted, now=now)


def test_nobody_is_known_at_first(store: ContactStore) -> None:
    assert store.find(["k1.1"]) == {}
    assert store.find([]) == {}
    assert store.consents("k1.1") == []
    assert list(store.pages()) == []
    assert save(store) == []


def test_a_contact_is_found_as_it_was_added(store: ContactStore) -> None:
    attributes = {"orders": 7, "spent": 12.5, "vip": True, "city": "Bogotá", "liked": ("tea", "水")}
    wanted = new(1, name="Ana Ruiz", locale="es-CO", time_zone="America/Bogota", attributes=attributes)

    assert save(store, wanted) == [Saved.ADDED]

    (found,) = store.find(["k1.1", "k1.2", "k1.1"]).values()
    assert (found.address_key, found.email) == ("k1.1", "customer1@example.com")
    assert (found.name, found.locale, found.time_zone) == ("Ana Ruiz", "es-CO", "America/Bogota")
    assert dict(found.attributes) == attributes
    assert {name: type(value) for name, value in found.attributes.items()} == {
        name: type(value) for name, value in attributes.items()
    }
    assert (found.source, found.created_at, found.updated_at) == ("import", NOON, NOON)
    assert (dict(found.topics), found.version) == ({}, 1)


def test_an_update_leaves_alone_what_it_doesn_t_mention(store: ContactStore) -> None:
    save(
        store,
        new(1, name="Ana", locale="es", time_zone="Europe/Madrid", attributes={"orders": 1, "vip": True}),
    )

    assert save(store, new(1, locale="es-CO", attributes={"orders": 2}), now=NOON + HOUR) == [Saved.UPDATED]

    found = store.find(["k1.1"])["k1.1"]
    assert (found.name, found.locale, found.time_zone) == ("Ana", "es-CO", "Europe/Madrid")
    assert dict(found.attributes) == {"orders": 2, "vip": True}
    assert (found.created_at, found.updated_at, found.version) == (NOON, NOON + HOUR, 2)


def test_what_is_emptied_is_forgotten(store: ContactStore) -> None:
    save(store, new(1, name="Ana", attributes={"orders": 1, "vip": True}))

    assert save(store, new(1, name="", attributes={"vip": None})) == [Saved.UPDATED]

    found = store.find(["k1.1"])["k1.1"]
    assert (found.name, dict(found.attributes)) == ("", {"orders": 1})


def test_the_same_again_writes_nothing(store: ContactStore) -> None:
    wanted = [
        new(number, name="Ana", attributes={"vip": None, "n": 1}, consents=(GRANTED,)) for number in (1, 2)
    ]
    save(store, *wanted)
    before = store.find(["k1.1", "k1.2"])

    assert save(store, *wanted, now=NOON + HOUR) == [Saved.UNCHANGED] * 2

    assert store.find(["k1.1", "k1.2"]) == before
    assert len(store.consents("k1.1")) == 1


def test_a_dry_run_says_what_would_become_of_each_and_writes_nothing(store: ContactStore) -> None:
    save(store, new(1, name="Ana"), new(2))

    wanted = [new(1, name="Bea"), new(2), new(3, consents=(GRANTED,))]
    assert store.save(wanted, now=NOON, write=False) == [Saved.UPDATED, Saved.UNCHANGED, Saved.ADDED]

    assert store.find(["k1.1"])["k1.1"].name == "Ana"
    assert store.find(["k1.3"]) == {}
    assert store.consents("k1.3") == []


def test_more_than_any_request_takes_are_all_saved(store: ContactStore) -> None:
    wanted = [new(number, name=f"Customer {number}", consents=(GRANTED,)) for number in range(130)]

    assert save(store, *wanted) == [Saved.ADDED] * 130

    found = store.find([each.address_key for each in wanted])
    assert {contact.name for contact in found.values()} == {f"Customer {number}" for number in range(130)}
    assert len(store.consents("k1.129")) == 1
    listed = [contact for page in store.pages() for contact in page]
    assert sorted(contact.address_key for contact in listed) == sorted(found)


def test_an_address_that_is_there_twice_is_saved_in_order(store: ContactStore) -> None:
    results = save(store, new(1, name="Ana"), new(2), new(1, name="Bea"), new(1, locale="es"))

    assert results == [Saved.ADDED, Saved.ADDED, Saved.UPDATED, Saved.UPDATED]
    found = store.find(["k1.1"])["k1.1"]
    assert (found.name, found.locale, found.version) == ("Bea", "es", 3)


def test_attributes_beyond_what_is_kept_are_refused_and_the_others_saved(store: ContactStore) -> None:
    save(store, new(1, attributes={f"a{number}": number for number in range(40)}))

    more = {f"b{number}": number for number in range(11)}
    long = {"note": "x" * 9_000}
    results = save(store, new(1, attributes=more), new(2, attributes=long), new(3))

    assert results == [Saved.REFUSED, Saved.REFUSED, Saved.ADDED]
    assert len(store.find(["k1.1"])["k1.1"].attributes) == 40
    assert "k1.2" not in store.find(["k1.2"])


def test_consent_is_kept_with_its_purpose_and_proof(store: ContactStore) -> None:
    save(store, new(1, consents=(GRANTED,)))

    assert store.consents("k1.1") == [
        Consent(
            "offers",
            ConsentStatus.GRANTED,
            MILLISECOND,
            "import",
            purpose="offers by e-mail",
            wording="2026-10",
            evidence="import customers.csv row 2",
            ip="192.0.2.7",
        )
    ]
    assert dict(store.find(["k1.1"])["k1.1"].topics) == {
        "offers": TopicStanding(ConsentStatus.GRANTED, MILLISECOND, "2026-10")
    }


def test_each_record_names_the_one_before_it_and_the_newest_counts(store: ContactStore) -> None:
    pending = replace(GRANTED, status=ConsentStatus.PENDING, at=NOON - HOUR)
    other = replace(GRANTED, topic="follow_ups")
    save(store, new(1, consents=(pending, other)))
    save(store, new(1, consents=(GRANTED,)))

    first, second, third = store.consents("k1.1")
    assert [each.topic for each in (first, second, third)] == ["follow_ups", "offers", "offers"]
    assert (second.status, second.previous) == (ConsentStatus.PENDING, "")
    assert (third.status, third.previous) == (
        ConsentStatus.GRANTED,
        "consent#offers#2026-11-22T11:00:00.123Z",
    )
    assert store.find(["k1.1"])["k1.1"].topics["offers"].status is ConsentStatus.GRANTED


def test_a_lost_race_is_run_again_over_what_stands_then(dynamodb: DynamoDBClient) -> None:
    other = DynamoContacts(dynamodb, TABLE)

    class Overtaken(DynamoContacts):
        def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
            found = super().find(address_keys)
            if self.races:
                self.races -= 1
                number = len(other.find(["k1.1"])) and other.find(["k1.1"])["k1.1"].version
                save(other, new(1, attributes={"seen": number}))
            return found

        races = 2

    pauses: list[float] = []
    store = Overtaken(dynamodb, TABLE, pause=pauses.append)

    assert save(store, new(2), new(1, name="Ana"), new(3)) == [Saved.ADDED, Saved.UPDATED, Saved.ADDED]

    found = store.find(["k1.1"])["k1.1"]
    assert (found.name, dict(found.attributes), found.version) == ("Ana", {"seen": 1}, 3)
    assert len(pauses) == 2


def test_races_without_end_are_told(dynamodb: DynamoDBClient) -> None:
    other = DynamoContacts(dynamodb, TABLE)

    class Overtaken(DynamoContacts):
        def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
            found = super().find(address_keys)
            versions = [contact.version for contact in other.find(["k1.1"]).values()]
            save(other, new(1, attributes={"seen": sum(versions)}))
            return found

    with pytest.raises(ContactsBusyError):
        save(Overtaken(dynamodb, TABLE, pause=lambda _: None), new(1, name="Ana"))
    assert other.find(["k1.1"])["k1.1"].name == ""


def test_keys_that_are_left_unread_are_asked_for_again(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DynamoContacts(dynamodb, TABLE, pause=lambda _: None)
    save(store, *(new(number) for number in range(4)))
    read: Any = dynamodb.batch_get_item

    def half(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        keys = RequestItems[TABLE]["Keys"]
        answer = read(RequestItems={TABLE: {**RequestItems[TABLE], "Keys": keys[: len(keys) // 2 or 1]}})
        rest = keys[len(keys) // 2 or 1 :]
        return {**answer, "UnprocessedKeys": {TABLE: {**RequestItems[TABLE], "Keys": rest}} if rest else {}}

    monkeypatch.setattr(dynamodb, "batch_get_item", half)
    assert len(store.find([f"k1.{number}" for number in range(4)])) == 4


@pytest.mark.parametrize("use", ["find", "consents", "pages"])
def test_a_table_that_doesn_t_answer_is_told_without_its_words(dynamodb: DynamoDBClient, use: str) -> None:
    store = DynamoContacts(dynamodb, "gone", pause=lambda _: None)
    uses: dict[str, Any] = {
        "find": lambda: store.find(["k1.1"]),
        "consents": lambda: store.consents("k1.1"),
        "pages": lambda: list(store.pages()),
    }
    with pytest.raises(ContactsUnavailableError, match=r"^DynamoDB refused: ResourceNotFoundException$"):
        uses[use]()


def test_a_write_that_fails_is_told_as_the_contacts_own_trouble(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DynamoContacts(dynamodb, TABLE, pause=lambda _: None)

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="dynamodb")

    monkeypatch.setattr(dynamodb, "transact_write_items", unreachable)
    with pytest.raises(ContactsUnavailableError, match="EndpointConnectionError"):
        save(store, new(1))

    def throttled(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")

    monkeypatch.setattr(dynamodb, "transact_write_items", throttled)
    with pytest.raises(ContactsUnavailableError, match="ThrottlingException"):
        save(store, new(1))
