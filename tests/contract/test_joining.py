"""What every Joining keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.dynamodb_joining import DynamoJoining
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.contacts.errors import ContactsUnavailableError
from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact, SignUp, TopicTerms, Wishes
from postroad.contract.words import Reason
from postroad.privacy.dynamodb import DynamoPersons
from postroad.privacy.memory import MemoryPersons
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, topic_scope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.ports import ContactStore, Joining
    from postroad.privacy.ports import Persons
    from postroad.suppression.ports import SuppressionStore

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEY = "k1.ana"
EMAIL = "ana.ruiz@example.com"
STREAMS = {"offers": "marketing", "product_updates": "marketing", "follow_ups": "outreach"}
DOUBLE = TopicTerms("v2", "Offers", double=True)
SINGLE = TopicTerms("v1", "Product updates")
BOUNCE = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON - HOUR, None, "feedback 0102")
ERASED = ScopeEntry(Reason.ERASED, "operator:bo", NOON - HOUR, None, "erasure 12")
SIGN_UP = SignUp(EMAIL, {"offers": DOUBLE}, "Ana Ruiz", "es")
ONCE = SignUp(EMAIL, {"product_updates": SINGLE}, "Ana Ruiz", "es")


@dataclass
class Tables:
    """What signing up writes to."""

    joining: Joining
    people: MemoryLeaving | DynamoLeaving
    suppressions: SuppressionStore
    contacts: ContactStore
    persons: Persons

    def ask(self, sign_up: SignUp = SIGN_UP, now: datetime = NOON) -> set[str]:
        return set(
            self.joining.ask(KEY, sign_up, source="form", evidence="request 7", now=now, ip="203.0.113.7")
        )

    def confirm(self, *topics: str, now: datetime = NOON + HOUR, terms: TopicTerms = DOUBLE) -> set[str]:
        topics = topics or ("offers",)
        return set(
            self.joining.confirm(
                KEY, topics, terms=dict.fromkeys(topics, terms), source="confirmation", evidence="request 8",
                now=now, ip="203.0.113.7",
            )
        )  # fmt: skip

    def add(self, *topics: str, now: datetime = NOON - DAY) -> None:
        consents = tuple(NewConsent(topic, ConsentStatus.GRANTED, now, "import") for topic in topics)
        self.contacts.save([NewContact(KEY, EMAIL, "import", "Ana", "en", consents=consents)], now=now)

    def leave(self, *scopes: str, now: datetime = NOON - HOUR) -> None:
        self.people.leave(KEY, scopes, source="link", evidence="request 1", now=now)

    def gets(self, now: datetime = NOON + DAY) -> set[str]:
        return {topic for topic, yes in self.people.preferences(KEY, now=now).topics.items() if yes}

    def scopes(self) -> dict[str, Reason]:
        found = self.suppressions.find([KEY])
        return {scope: entry.reason for scope, entry in found[KEY].scopes.items()} if found else {}

    def profile(self) -> tuple[str, str, str, str]:
        contact = self.contacts.find([KEY])[KEY]
        return contact.email, contact.name, contact.locale, contact.source


def over(client: DynamoDBClient, page_size: int | None = None) -> Tables:
    tables: Any = {
        "contacts_table": "contacts", "suppressions_table": "suppressions", "stream_of_topic": STREAMS,
        "page_size": page_size, "pause": lambda _: None,
    }  # fmt: skip
    return Tables(
        DynamoJoining(client, **tables),
        DynamoLeaving(client, **tables),
        DynamoSuppressions(client, "suppressions"),
        DynamoContacts(client, "contacts"),
        DynamoPersons(client, contacts_table="contacts", suppressions_table="suppressions"),
    )


@pytest.fixture(params=["memory", "dynamodb", "dynamodb, one item a page"])
def tables(request: pytest.FixtureRequest) -> Tables:
    if request.param == "memory":
        suppressions, contacts = MemorySuppressions(), MemoryContacts()
        people = MemoryLeaving(suppressions, contacts, stream_of_topic=STREAMS)
        return Tables(people, people, suppressions, contacts, MemoryPersons(suppressions, contacts))
    return over(request.getfixturevalue("dynamodb"), 1 if "page" in request.param else None)


def test_a_sign_up_is_pending_until_it_is_confirmed(tables: Tables) -> None:
    assert tables.ask() == {"offers"}
    assert tables.gets() == set()
    assert list(tables.contacts.pages()) == []

    assert tables.confirm() == {"offers"}

    assert tables.gets() == {"offers"}
    assert tables.profile() == (EMAIL, "Ana Ruiz", "es", "confirmation")
    pending, granted = tables.contacts.consents(KEY)
    assert pending.status is ConsentStatus.PENDING
    assert (pending.wording, pending.purpose, pending.source, pending.evidence, pending.ip) == (
        "v2", "Offers", "form", "request 7", "",
    )  # fmt: skip
    assert (granted.status, granted.source, granted.previous) == (
        ConsentStatus.GRANTED, "confirmation", "consent#offers#2026-11-22T12:00:00.123Z",
    )  # fmt: skip


def test_the_ip_address_is_kept_only_where_the_law_asks_for_it(tables: Tables) -> None:
    kept = replace(DOUBLE, keep_ip=True)
    tables.ask(SignUp(EMAIL, {"offers": kept, "follow_ups": DOUBLE}))
    tables.confirm(terms=kept)

    assert {(each.topic, each.ip) for each in tables.contacts.consents(KEY)} == {
        ("offers", "203.0.113.7"),
        ("follow_ups", ""),
    }


def test_where_a_word_is_enough_it_is_granted_at_once(tables: Tables) -> None:
    assert tables.ask(ONCE) == set()
    assert tables.gets() == {"product_updates"}
    assert tables.profile() == (EMAIL, "Ana Ruiz", "es", "form")


@pytest.mark.parametrize("scope", [ALL_STREAMS, "stream:marketing", "topic:product_updates"])
def test_coming_back_is_confirmed_also_where_a_word_is_enough(tables: Tables, scope: str) -> None:
    tables.add("product_updates")
    tables.leave(scope)

    assert tables.ask(ONCE) == {"product_updates"}
    assert tables.gets() == set()
    assert tables.scopes() == {scope: Reason.UNSUBSCRIBED}

    assert tables.confirm("product_updates") == {"product_updates"}
    assert tables.gets() == {"product_updates"}


def test_who_was_erased_is_written_down_again_only_when_they_confirm(tables: Tables) -> None:
    tables.suppressions.suppress(KEY, "", ALL_STREAMS, ERASED)

    assert tables.ask(ONCE) == {"product_updates"}
    assert list(tables.contacts.pages()) == []
    assert tables.confirm("product_updates") == {"product_updates"}

    assert tables.profile()[0] == EMAIL
    assert ALL_STREAMS not in tables.scopes()


def test_a_stranger_changes_nothing_of_a_contact(tables: Tables) -> None:
    tables.add("offers")

    assert tables.ask(SignUp(EMAIL, {"offers": DOUBLE}, "Somebody Else", "nl")) == {"offers"}

    assert tables.gets() == {"offers"}
    assert tables.profile() == (EMAIL, "Ana", "en", "import")
    assert tables.confirm() == {"offers"}
    assert tables.profile() == (EMAIL, "Ana", "en", "import")


def test_a_link_works_many_times(tables: Tables) -> None:
    tables.ask()
    assert tables.confirm() == {"offers"}
    records = len(tables.contacts.consents(KEY))
    assert tables.confirm(now=NOON + 40 * DAY) == {"offers"}
    assert len(tables.contacts.consents(KEY)) == records


def test_a_link_is_over_once_they_left(tables: Tables) -> None:
    tables.ask()
    tables.confirm()
    tables.leave(topic_scope("offers"), now=NOON + 2 * HOUR)

    assert tables.confirm(now=NOON + 3 * HOUR) == set()
    assert tables.gets() == set()


def test_a_link_is_over_where_everything_was_left_before_it_was_confirmed(tables: Tables) -> None:
    tables.ask()
    tables.leave(ALL_STREAMS, now=NOON + HOUR)
    assert tables.confirm(now=NOON + 2 * HOUR) == set()
    assert tables.scopes() == {ALL_STREAMS: Reason.UNSUBSCRIBED}


def test_a_link_is_over_after_thirty_days_and_works_until_then(tables: Tables) -> None:
    tables.ask()
    assert tables.confirm(now=NOON + 30 * DAY) == set()
    assert tables.confirm(now=NOON + 30 * DAY - timedelta(seconds=1)) == {"offers"}


def test_a_link_confirms_nothing_that_was_not_asked_for(tables: Tables) -> None:
    assert tables.confirm() == set()
    tables.ask()
    assert tables.confirm("offers", "follow_ups", "lottery") == {"offers"}
    assert tables.gets() == {"offers"}


def test_confirming_lifts_no_bounce(tables: Tables) -> None:
    tables.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    tables.ask()

    assert tables.confirm() == {"offers"}

    assert tables.scopes() == {ALL_STREAMS: Reason.HARD_BOUNCE}


def test_a_pause_stays_when_they_confirm(tables: Tables) -> None:
    tables.people.prefer(
        KEY, Wishes(pause_until=NOON + 30 * DAY), source="page", evidence="request 2", now=NOON - HOUR
    )
    tables.ask()
    tables.confirm()
    assert tables.scopes() == {ALL_STREAMS: Reason.PAUSED}


def test_asking_costs_and_writes_the_same_whatever_is_known(dynamodb: DynamoDBClient) -> None:
    tables = over(dynamodb)
    calls: list[tuple[str, int]] = []

    def record(model: Any, params: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own
        calls.append((model.name, str(params["body"]).count('"Put"')))

    dynamodb.meta.events.register("before-call.dynamodb", record)
    seen: list[list[tuple[str, int]]] = []
    for prepare in (
        lambda: None,
        lambda: tables.add("offers"),
        lambda: tables.leave(ALL_STREAMS),
        lambda: tables.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE),
    ):
        prepare()
        calls.clear()
        tables.ask(now=NOON + len(seen) * HOUR)
        seen.append(list(calls))
    assert seen == [[("Query", 0), ("GetItem", 0), ("TransactWriteItems", 3)]] * 4


def test_nothing_is_noted_where_the_table_refuses(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = over(dynamodb)

    def refused(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "TransactWriteItems")

    monkeypatch.setattr(dynamodb, "transact_write_items", refused)
    with pytest.raises(ContactsUnavailableError, match="AccessDeniedException"):
        tables.ask()


def test_what_a_sign_up_said_goes_by_itself(dynamodb: DynamoDBClient) -> None:
    over(dynamodb).ask()
    (item,) = [each for each in dynamodb.scan(TableName="contacts")["Items"] if each["sk"]["S"] == "waiting"]
    assert item["email"] == {"S": EMAIL}
    assert int(item["ttl"]["N"]) == round((NOON + 30 * DAY).timestamp())


def test_two_sign_ups_of_one_who_agreed_come_at_the_same_moment(tables: Tables) -> None:
    tables.add("offers")
    assert tables.ask() == tables.ask() == tables.ask() == {"offers"}
    assert tables.gets() == {"offers"}


def test_who_signs_up_after_an_operator_lifted_their_erasure_is_a_contact_as_any(tables: Tables) -> None:
    tables.add("product_updates")
    persons = tables.persons
    persons.mark(KEY, erasure="e1", source="operator:bo", now=NOON - 2 * HOUR)
    tables.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOON - HOUR)

    assert tables.ask(ONCE) == set()

    contact = tables.contacts.find([KEY])[KEY]
    assert (contact.email, contact.erased_at, contact.erasure) == (EMAIL, None, "")
