"""What every `Persons`, `Mails`, `Proofs` and `Counters` keeps to: those in memory and those in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from postroad.bodies.dynamodb import DynamoBodies, folder_of
from postroad.bodies.memory import MemoryBodies
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact, Saved, Wishes
from postroad.contract.words import Reason, Status
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.redacting import redacted
from postroad.ledger.row import Row
from postroad.privacy.dynamodb import DynamoCountersByAddress, DynamoMails, DynamoPersons
from postroad.privacy.dynamodb_proofs import DynamoProofs
from postroad.privacy.memory import MemoryMails, MemoryPersons, MemoryProofs
from postroad.privacy.proof import Left, Proof, SesEntry, What
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, topic_scope
from postroad.web.dynamodb import DynamoCounters
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.ports import ContactStore, Preferring
    from postroad.ledger.ports import Ledger
    from postroad.privacy.ports import Mails, Persons, Proofs
    from postroad.suppression.ports import SuppressionStore

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY, EMAIL = "k1.ana", "ana.ruiz@example.com"
STREAMS = {"offers": "marketing", "product_updates": "marketing"}
LEFT = ScopeEntry(Reason.UNSUBSCRIBED, "unsubscribe:page", NOON - DAY, None, "request 7")
BY_HAND = ScopeEntry(Reason.MANUAL, "operator:bo", NOON - DAY, None, "Ana Ruiz called us")


@dataclass
class Stores:
    """Everything that holds something about a person."""

    persons: Persons
    contacts: ContactStore
    suppressions: SuppressionStore
    choosing: Preferring
    ledger: Ledger
    mails: Mails
    proofs: Proofs

    def fill(self) -> None:
        consents = tuple(
            NewConsent(
                topic, ConsentStatus.GRANTED, NOON - DAY, "import", "news", "7", "row 7", "203.0.113.7"
            )
            for topic in STREAMS
        )
        self.contacts.save([NewContact(KEY, EMAIL, "import", "Ana Ruiz", consents=consents)], now=NOON - DAY)
        self.suppressions.suppress(KEY, EMAIL, topic_scope("offers"), LEFT)
        self.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, BY_HAND)

    def mark(self, erasure: str = "e1", *, now: datetime = NOON, anew: bool = False) -> Any:  # noqa: ANN401 - a Mark
        return self.persons.mark(KEY, erasure=erasure, source="operator:eve", now=now, anew=anew)


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        for name in ("contacts", "suppressions", "messages", "schedule", "bodies"):
            create_table(client, name)
        yield client


@pytest.fixture(params=["memory", "dynamodb", "dynamodb, one item a page"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        suppressions, contacts, ledger = MemorySuppressions(), MemoryContacts(), MemoryLedger()
        leaving = MemoryLeaving(suppressions, contacts, stream_of_topic=STREAMS)
        persons = MemoryPersons(suppressions, contacts)
        mails = MemoryMails(ledger, page_size=1)
        return Stores(persons, contacts, suppressions, leaving, ledger, mails, MemoryProofs())
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    size = 1 if "page" in request.param else None
    rows = DynamoLedger(client, "messages")
    return Stores(
        DynamoPersons(client, contacts_table="contacts", suppressions_table="suppressions", page_size=size),
        DynamoContacts(client, "contacts", page_size=size),
        DynamoSuppressions(client, "suppressions", page_size=size),
        DynamoLeaving(
            client, contacts_table="contacts", suppressions_table="suppressions", stream_of_topic=STREAMS
        ),
        rows,
        DynamoMails(client, "messages", ledger=rows, page_size=size or 100),
        DynamoProofs(client, "contacts"),
    )


def row(number: int, **changes: Any) -> Row:  # noqa: ANN401 - a row's own fields
    made = Row(
        message_id=f"m-{number:03d}", status=Status.DELIVERED, address_key=KEY, email=EMAIL,
        times={"accepted": NOON + number * HOUR},
    )  # fmt: skip
    return replace(made, **changes)


def test_a_mark_stands_in_both_places_and_holds_no_address(stores: Stores) -> None:
    stores.fill()
    assert stores.persons.mark_of(KEY) is None

    mark = stores.mark()

    assert (mark.erasure, mark.at) == ("e1", NOON)
    assert stores.persons.mark_of(KEY) == mark
    suppression = stores.suppressions.find([KEY])[KEY]
    assert (suppression.email, suppression.erased) == ("", NOON)
    # What is stronger stands, without what somebody typed in.
    assert suppression.scopes[ALL_STREAMS] == replace(BY_HAND, evidence="")
    assert suppression.scopes[topic_scope("offers")] == LEFT
    contact = stores.contacts.find([KEY])[KEY]
    assert (contact.email, contact.name, contact.topics, contact.erasure) == ("", "", {}, "e1")
    assert list(stores.contacts.pages()) == []


def test_marking_again_changes_nothing_unless_it_is_wanted(stores: Stores) -> None:
    first = stores.mark()
    assert stores.mark("e2", now=NOON + HOUR) == first
    assert stores.mark("e2", now=NOON + HOUR, anew=True).erasure == "e2"
    assert len([each for each in stores.suppressions.history(KEY) if each.reason is Reason.ERASED]) == 1


def test_somebody_of_whom_nothing_is_known_can_be_marked(stores: Stores) -> None:
    stores.mark()
    assert stores.suppressions.find([KEY])[KEY].scopes[ALL_STREAMS].reason is Reason.ERASED


def test_what_is_held_is_told_and_then_forgotten(stores: Stores) -> None:
    stores.fill()
    held = stores.persons.held(KEY)
    assert (held.profile, held.consents, held.suppression_lines, held.shows_address) == (True, 2, 1, True)

    stores.mark()
    gone = {what: count for what, count in stores.persons.forget(KEY, kept_until=NOON + DAY).items() if count}

    assert gone == {What.CONSENTS_KEPT: 2, What.SUPPRESSION_LINES: 1}
    left = stores.persons.held(KEY)
    assert (left.profile, left.consents, left.suppression_lines, left.shows_address) == (False, 0, 0, False)
    assert left.proofs_of_consent == 2
    kept = stores.persons.proofs_of_consent(KEY)
    assert [(each.topic, each.wording, each.ip, each.evidence) for each in kept] == [
        ("offers", "7", "", ""), ("product_updates", "7", "", ""),
    ]  # fmt: skip
    assert [each.evidence for each in stores.suppressions.history(KEY) if each.source == "operator:bo"] == [
        ""
    ]
    assert not any(stores.persons.forget(KEY, kept_until=NOON + DAY).values())


def test_nothing_stays_where_nothing_is_to_stay(stores: Stores) -> None:
    stores.fill()
    stores.mark()
    assert stores.persons.forget(KEY, kept_until=None)[What.CONSENTS_REMOVED] == 2
    assert stores.persons.proofs_of_consent(KEY) == []


def test_what_they_said_since_the_mark_stays(stores: Stores) -> None:
    stores.fill()
    stores.mark()
    said = {"source": "preferences:page", "evidence": "request 9"}
    stores.choosing.prefer(KEY, Wishes({"product_updates": True}), now=NOON + HOUR, **said)
    stores.choosing.prefer(KEY, Wishes({"product_updates": False}), now=NOON + 2 * HOUR, **said)

    assert stores.persons.forget(KEY, kept_until=NOON + DAY)[What.CONSENTS_KEPT] == 2

    # The newest and the one before it; what coming back left of the other topics too.
    said_since = [each for each in stores.contacts.consents(KEY) if each.topic == "product_updates"]
    assert sorted(each.status.value for each in said_since) == ["granted", "withdrawn"]


def test_a_list_is_refused_and_who_says_it_themselves_is_not(stores: Stores) -> None:
    stores.fill()
    stores.mark()
    said = NewContact(KEY, EMAIL, "import", "Ana")

    assert stores.contacts.save([said, said], now=NOON + HOUR) == [Saved.ERASED, Saved.ERASED]
    assert stores.contacts.find([KEY])[KEY].email == ""
    assert stores.contacts.save([replace(said, anew=True)], now=NOON + HOUR) == [Saved.ADDED]
    contact = stores.contacts.find([KEY])[KEY]
    assert (contact.email, contact.erased_at) == (EMAIL, None)


def test_an_address_is_written_again_once_the_erasure_is_lifted(stores: Stores) -> None:
    stores.mark()
    bounced = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON + HOUR, None, "feedback 1")
    stores.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, bounced)
    assert stores.suppressions.find([KEY])[KEY].email == ""
    stores.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOON + 2 * HOUR)
    assert stores.suppressions.find([KEY])[KEY].scopes[ALL_STREAMS].reason is Reason.ERASED

    stores.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOON + 3 * HOUR)
    stores.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, replace(bounced, since=NOON + 4 * HOUR))

    found = stores.suppressions.find([KEY])[KEY]
    assert (found.email, found.erased) == (EMAIL, None)


def test_every_row_of_an_address_is_found_and_none_that_lost_it(stores: Stores) -> None:
    for number in range(7):
        stores.ledger.insert(row(number))
    stores.ledger.insert(row(8, address_key="k1.bo"))
    stores.ledger.apply("m-003", lambda standing: redacted(standing, provider="other", now=NOON))

    found = [each.message_id for page in stores.mails.pages(KEY) for each in page]

    assert found == [f"m-{number:03d}" for number in range(7) if number != 3]


def test_a_redacted_row_is_read_as_it_was_written(stores: Stores) -> None:
    stores.ledger.insert(
        row(1, tags={"campaign": "spring", "customer": "ana"}, notes=("Ana",), journey="club", step="hello")
    )
    stores.ledger.apply("m-001", lambda standing: redacted(standing, provider="gmail", now=NOON))

    found = stores.ledger.get("m-001")

    assert found is not None
    assert (found.is_redacted, found.email, found.provider, dict(found.tags), found.notes) == (
        True, "", "gmail", {"campaign": "spring"}, (),
    )  # fmt: skip
    assert (found.journey, found.step) == ("club", "hello")


def test_a_proof_counts_up_and_ends(stores: Stores) -> None:
    proof = Proof(id="e1", address_key=KEY, operator="operator:eve", begun_at=NOON, kept_until=NOON + DAY)
    assert stores.proofs.get("e1") is None
    stores.proofs.begin(proof)
    stores.proofs.add("e1", {What.MESSAGES: 3, What.BODIES: 0})
    stores.proofs.add("e1", {What.MESSAGES: 2, What.CANCELLED: 1})
    stores.proofs.add("e1", {What.BODIES: 0})
    assert stores.proofs.begin(proof).runs == 2

    ended = stores.proofs.end("e1", now=NOON + HOUR, left=Left(under_way=1, waits=2), ses_entry=SesEntry.KEPT)

    assert stores.proofs.get("e1") == ended
    assert {what: count for what, count in ended.counts.items() if count} == {"messages": 5, "cancelled": 1}
    assert (ended.runs, ended.ended_at, ended.left, ended.ses_entry) == (
        2, NOON + HOUR, Left(1, 2), SesEntry.KEPT,
    )  # fmt: skip
    assert (ended.kept_until, ended.is_complete) == (NOON + DAY, False)


@pytest.mark.parametrize("page_size", [1, None])
def test_counters_of_one_address_are_forgotten(dynamodb: DynamoDBClient, page_size: int | None) -> None:
    counters = DynamoCounters(dynamodb, "schedule")
    for name in (f"address#{KEY}", "address#k1.bo", f"choosing-address#{KEY}"):
        for hours in range(3):
            counters.add(name, window=HOUR, now=NOON + hours * HOUR)
    mine = DynamoCountersByAddress(
        dynamodb, "schedule", names=("address", "choosing-address"), page_size=page_size
    )

    assert mine.forget(KEY) == 6
    assert mine.forget(KEY) == 0
    assert len(dynamodb.scan(TableName="schedule")["Items"]) == 3


@pytest.mark.parametrize("kind", ["memory", "dynamodb"])
def test_bodies_are_erased_with_the_objects_that_nothing_points_at_any_more(
    request: pytest.FixtureRequest, kind: str
) -> None:
    bodies: MemoryBodies | DynamoBodies = MemoryBodies()
    s3 = None
    if kind == "dynamodb":
        client = request.getfixturevalue("dynamodb")
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bodies")
        bodies = DynamoBodies(client, "bodies", s3=s3, bucket="bodies")
    large = "".join(f"{number:x}" for number in range(400_000))
    for message_id, until in (("m-1", NOON + DAY), ("m-2", NOON + 400 * DAY)):
        bodies.put(message_id, "f", large, first_sent=NOON, until=until)
    bodies.put("m-1", "of-another-body", "small", first_sent=NOON, until=NOON + DAY)
    bodies.put("m-3", "f", large, first_sent=NOON, until=NOON + DAY)
    bodies.delete("m-2", "f")  # leaves its object to the lifecycle

    assert bodies.erase([("m-1", "f"), ("m-2", "f"), ("m-9", "")]) == 2
    assert bodies.erase([("m-1", "f"), ("m-2", "f")]) == 0

    assert [(each.message_id, each.fingerprint) for each in bodies.all()] == [("m-3", "f")]
    if s3 is not None:
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket="bodies")["Contents"]]
        assert len(keys) == 1
        assert keys[0].startswith(folder_of(DAY))
