"""What every Leaving keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.words import Reason, StreamKind
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, blocks, stream_scope, topic_scope
from tests.person_tables import EMAIL, KEY, KINDS, PersonTables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
MILLISECOND = NOON.replace(microsecond=123000)
HOUR = timedelta(hours=1)
COMPLAINT = ScopeEntry(Reason.COMPLAINT, "feedback", NOON - HOUR, None, "feedback 0103")


class Tables(PersonTables):
    """What leaving writes to."""

    def leave(self, *scopes: str, now: datetime = NOON, email: str = "") -> bool:
        return self.people.leave(KEY, scopes, source="page", evidence="request 7", now=now, email=email)

    def add(self, *topics: str, now: datetime = NOON - HOUR) -> None:
        self.agree(*topics, now=now)

    def scopes(self) -> dict[str, ScopeEntry]:
        found = self.suppressions.find([KEY])
        return dict(found[KEY].scopes) if found else {}

    def topics(self) -> dict[str, str]:
        found = self.contacts.find([KEY])
        return {name: each.status.value for name, each in found[KEY].topics.items()} if found else {}


@pytest.fixture(params=KINDS)
def tables(request: pytest.FixtureRequest) -> Tables:
    return Tables.of(request)


def test_leaving_a_topic_stops_it_and_withdraws_consent(tables: Tables) -> None:
    tables.add("offers", "product_updates")

    assert tables.leave(topic_scope("offers"))

    assert tables.scopes() == {
        "topic:offers": ScopeEntry(Reason.UNSUBSCRIBED, "page", NOON, None, "request 7")
    }
    assert tables.topics() == {"offers": "withdrawn", "product_updates": "granted"}
    granted, withdrawn = tables.contacts.consents(KEY)[:2]
    assert (withdrawn.status, withdrawn.at, withdrawn.source, withdrawn.evidence) == (
        ConsentStatus.WITHDRAWN,
        MILLISECOND,
        "page",
        "request 7",
    )
    assert withdrawn.previous == "consent#offers#2026-11-22T11:00:00.123Z"
    assert granted.previous == ""
    (line,) = tables.suppressions.history(KEY)
    assert (line.scope, line.reason, line.at) == ("topic:offers", Reason.UNSUBSCRIBED, NOON)


def test_one_who_is_no_contact_leaves_just_the_same(tables: Tables) -> None:
    assert tables.leave(topic_scope("offers"), email=EMAIL)

    assert list(tables.scopes()) == ["topic:offers"]
    assert tables.suppressions.find([KEY])[KEY].email == EMAIL
    assert tables.topics() == {"offers": "withdrawn"}
    assert list(tables.contacts.pages()) == []
    assert not tables.leave(topic_scope("offers"))


def test_the_address_of_a_contact_goes_with_the_suppression(tables: Tables) -> None:
    tables.add()
    tables.leave(ALL_STREAMS)
    assert tables.suppressions.find([KEY])[KEY].email == EMAIL


def test_leaving_again_changes_and_writes_nothing(tables: Tables) -> None:
    tables.add("offers")
    tables.leave(topic_scope("offers"), ALL_STREAMS)
    records = tables.records()

    assert not tables.leave(topic_scope("offers"), ALL_STREAMS, now=NOON + HOUR)
    assert not tables.leave(ALL_STREAMS, now=NOON + HOUR)

    assert tables.records() == records


def test_leaving_all_withdraws_what_was_agreed_to_and_never_stops_transactional_mail(tables: Tables) -> None:
    tables.add("offers", "follow_ups")

    assert tables.leave(ALL_STREAMS)

    assert tables.topics() == {"offers": "withdrawn", "follow_ups": "withdrawn"}
    found = tables.suppressions.find([KEY])[KEY]
    news = blocks(found, stream="marketing", kind=StreamKind.MARKETING, topic="offers", now=NOON)
    receipt = blocks(found, stream="transactional", kind=StreamKind.TRANSACTIONAL, topic=None, now=NOON)
    assert news is not None
    assert receipt is None


def test_leaving_a_stream_withdraws_its_topics_alone(tables: Tables) -> None:
    tables.add("offers", "product_updates", "follow_ups")

    assert tables.leave(stream_scope("marketing"))

    assert tables.topics() == {
        "offers": "withdrawn", "product_updates": "withdrawn", "follow_ups": "granted",
    }  # fmt: skip
    assert list(tables.scopes()) == ["stream:marketing"]


def test_a_withdrawal_counts_though_the_consent_is_of_a_clock_that_is_ahead(tables: Tables) -> None:
    tables.add("offers", now=NOON + HOUR)

    assert tables.leave(topic_scope("offers"))

    assert tables.topics() == {"offers": "withdrawn"}
    assert tables.contacts.find([KEY])[KEY].topics["offers"].at > NOON + HOUR - timedelta(milliseconds=1)


def test_a_list_that_is_saved_again_doesn_t_undo_leaving(tables: Tables) -> None:
    again = NewContact(
        KEY, EMAIL, "import", consents=(NewConsent("offers", ConsentStatus.GRANTED, None, "import"),)
    )
    tables.contacts.save([again], now=NOON - HOUR)
    tables.leave(topic_scope("offers"))

    tables.contacts.save([again], now=NOON + HOUR)

    assert tables.topics() == {"offers": "withdrawn"}
    assert list(tables.scopes()) == ["topic:offers"]


def test_a_new_consent_is_noted_and_the_suppression_stays(tables: Tables) -> None:
    tables.add("offers")
    tables.leave(topic_scope("offers"))

    tables.add("offers", now=NOON + HOUR)

    assert tables.topics() == {"offers": "granted"}
    assert list(tables.scopes()) == ["topic:offers"]


def test_who_left_before_they_became_a_contact_stays_gone(tables: Tables) -> None:
    tables.leave(topic_scope("offers"))

    tables.add("product_updates", now=NOON + HOUR)

    assert tables.topics() == {"offers": "withdrawn", "product_updates": "granted"}
    found = tables.contacts.find([KEY])[KEY]
    assert (found.email, found.source) == (EMAIL, "import")


def test_a_stronger_reason_stays_and_the_leaving_is_noted_once(tables: Tables) -> None:
    tables.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)

    assert tables.leave(ALL_STREAMS)
    assert not tables.leave(ALL_STREAMS, now=NOON + HOUR)

    assert tables.scopes() == {ALL_STREAMS: COMPLAINT}
    assert [line.reason for line in tables.suppressions.history(KEY)] == [
        Reason.COMPLAINT,
        Reason.UNSUBSCRIBED,
    ]


def test_who_is_let_back_can_leave_again(tables: Tables) -> None:
    tables.leave(topic_scope("offers"))
    tables.suppressions.lift(KEY, topic_scope("offers"), source="operator:bo", now=NOON + HOUR)

    assert tables.leave(topic_scope("offers"), now=NOON + 2 * HOUR)

    assert list(tables.scopes()) == ["topic:offers"]


def test_who_is_let_back_by_a_machine_whose_clock_is_behind_can_leave_again(tables: Tables) -> None:
    tables.leave(topic_scope("offers"), now=NOON + timedelta(minutes=1))
    tables.suppressions.lift(KEY, topic_scope("offers"), source="operator:bo", now=NOON)
    assert tables.scopes() == {}

    assert tables.leave(topic_scope("offers"), now=NOON + HOUR)

    assert list(tables.scopes()) == ["topic:offers"]


def test_consent_and_suppression_change_together_or_not_at_all(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables.over(dynamodb)
    tables.add("offers")
    requests: list[Any] = []
    write = dynamodb.transact_write_items

    def refused(**request: Any) -> None:  # noqa: ANN401 - boto3's own
        requests.append(request)
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "TransactWriteItems")

    monkeypatch.setattr(dynamodb, "transact_write_items", refused)
    with pytest.raises(ContactsUnavailableError, match="AccessDeniedException"):
        tables.leave(topic_scope("offers"))
    monkeypatch.setattr(dynamodb, "transact_write_items", write)

    assert (tables.scopes(), tables.topics()) == ({}, {"offers": "granted"})
    (request,) = requests
    assert [each["Put"]["TableName"] for each in request["TransactItems"]] == [
        "suppressions", "suppressions", "contacts", "contacts",
    ]  # fmt: skip


@pytest.mark.parametrize("change", ["consent", "suppression"])
def test_what_changes_between_reading_and_writing_is_read_again(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    tables = Tables.over(dynamodb)
    tables.add()
    write = dynamodb.transact_write_items

    def overtaken(**request: Any) -> Any:  # noqa: ANN401 - boto3's own
        monkeypatch.setattr(dynamodb, "transact_write_items", write)
        if change == "consent":
            tables.add("offers")
        else:
            tables.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)
        return write(**request)

    monkeypatch.setattr(dynamodb, "transact_write_items", overtaken)
    assert tables.leave(topic_scope("offers"))

    assert tables.topics() == {"offers": "withdrawn"}
    assert "topic:offers" in tables.scopes()
    if change == "suppression":
        assert tables.scopes()[ALL_STREAMS] == COMPLAINT


def test_races_without_end_are_told(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = Tables.over(dynamodb)

    def lost(**_: object) -> None:
        answer: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": "ConditionalCheckFailed"}],
        }
        raise ClientError(answer, "TransactWriteItems")

    monkeypatch.setattr(dynamodb, "transact_write_items", lost)
    with pytest.raises(ContactsBusyError):
        tables.leave(ALL_STREAMS)


def test_a_table_that_can_t_be_read_is_told(dynamodb: DynamoDBClient) -> None:
    tables = Tables.over(dynamodb)
    dynamodb.delete_table(TableName="suppressions")
    with pytest.raises(ContactsUnavailableError, match="ResourceNotFoundException"):
        tables.leave(ALL_STREAMS)
