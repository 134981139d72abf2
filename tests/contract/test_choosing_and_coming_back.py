"""What every Preferring keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact, Preferences, TopicTerms, Wishes
from postroad.contract.words import Reason
from postroad.suppression.model import (
    ALL_STREAMS,
    HistoryAction,
    ScopeEntry,
    stream_scope,
    topic_scope,
)
from tests.person_tables import EMAIL, KEY, KINDS, STREAMS, PersonTables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BOUNCE = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON - HOUR, None, "feedback 0102")
COMPLAINT = ScopeEntry(Reason.COMPLAINT, "feedback", NOON - HOUR, None, "feedback 0103")
MANUAL = ScopeEntry(Reason.MANUAL, "operator:bo", NOON - HOUR, None, "asked by phone")
ERASED = ScopeEntry(Reason.ERASED, "operator:bo", NOON - HOUR, None, "erasure 12")


class Tables(PersonTables):
    """What choosing writes to."""

    def prefer(
        self,
        *,
        yes: tuple[str, ...] = (),
        no: tuple[str, ...] = (),
        now: datetime = NOON,
        locale: str | None = None,
        pause_until: datetime | None = None,
        unpause: bool = False,
        leave_all: bool = False,
    ) -> bool:
        topics = dict.fromkeys(yes, True) | dict.fromkeys(no, False)
        wishes = Wishes(
            topics, locale, pause_until, unpause, leave_all,
            terms=dict.fromkeys(yes, TopicTerms("v2", "news", keep_ip=True)),
        )  # fmt: skip
        return self.people.prefer(KEY, wishes, source="page", evidence="request 7", now=now, ip="203.0.113.7")

    def leave(self, *scopes: str, now: datetime = NOON - HOUR) -> bool:
        return self.people.leave(KEY, scopes, source="link", evidence="request 1", now=now)

    def add(self, *topics: str, now: datetime = NOON - DAY) -> None:
        self.agree(*topics, now=now)

    def stop(self, entry: ScopeEntry, scope: str = ALL_STREAMS) -> None:
        self.suppressions.suppress(KEY, EMAIL, scope, entry)

    def chosen(self, now: datetime = NOON + HOUR) -> Preferences:
        return self.people.preferences(KEY, now=now)

    def gets(self, now: datetime = NOON + HOUR) -> set[str]:
        return {topic for topic, yes in self.chosen(now).topics.items() if yes}

    def scopes(self) -> dict[str, Reason]:
        found = self.suppressions.find([KEY])
        return {scope: entry.reason for scope, entry in found[KEY].scopes.items()} if found else {}

    def told(self) -> list[tuple[str, str, str]]:
        lines = self.suppressions.history(KEY)
        return [(line.action.value, line.scope, line.reason.value) for line in lines]


@pytest.fixture(params=KINDS)
def tables(request: pytest.FixtureRequest) -> Tables:
    return Tables.of(request)


def test_an_address_that_is_not_known_has_chosen_nothing(tables: Tables) -> None:
    assert tables.chosen() == Preferences(dict.fromkeys(STREAMS, False))


def test_what_was_agreed_to_is_shown(tables: Tables) -> None:
    tables.add("offers", "follow_ups")
    assert tables.gets() == {"offers", "follow_ups"}


def test_a_yes_is_recorded_with_all_that_proves_it(tables: Tables) -> None:
    assert tables.prefer(yes=("offers",))
    assert tables.prefer(no=("offers",), now=NOON + HOUR)
    assert tables.prefer(yes=("offers",), now=NOON + 2 * HOUR)

    first, withdrawn, second = tables.contacts.consents(KEY)
    assert (first.purpose, first.wording, first.source, first.evidence, first.ip, first.previous) == (
        "news", "v2", "page", "request 7", "203.0.113.7", "",
    )  # fmt: skip
    assert withdrawn.status is ConsentStatus.WITHDRAWN
    assert withdrawn.previous == "consent#offers#2026-11-22T12:00:00.123Z"
    assert second.status is ConsentStatus.GRANTED
    assert second.previous == "consent#offers#2026-11-22T13:00:00.123Z"
    assert tables.scopes() == {}
    assert tables.told() == [
        ("suppressed", "topic:offers", "unsubscribed"),
        ("lifted", "topic:offers", "unsubscribed"),
    ]


def test_what_stands_is_not_written_again(tables: Tables) -> None:
    tables.prefer(yes=("offers",), no=("follow_ups",), locale="es", pause_until=NOON + DAY)
    records = tables.records()

    assert not tables.prefer(
        yes=("offers",), no=("follow_ups",), locale="es", pause_until=NOON + DAY, now=NOON + HOUR
    )
    assert not tables.prefer(now=NOON + HOUR)

    assert tables.records() == records


def test_back_from_everything_to_one_topic_brings_no_other(tables: Tables) -> None:
    tables.add("offers", "product_updates", "follow_ups")
    tables.leave(ALL_STREAMS)

    assert tables.prefer(yes=("offers",))

    assert tables.gets() == {"offers"}
    assert tables.scopes() == {
        "topic:product_updates": Reason.UNSUBSCRIBED,
        "topic:follow_ups": Reason.UNSUBSCRIBED,
    }
    assert not tables.chosen().left_all


def test_back_from_a_stream_brings_none_of_its_others(tables: Tables) -> None:
    tables.add("offers", "product_updates", "follow_ups")
    tables.leave(stream_scope("marketing"))

    assert tables.prefer(yes=("offers",))

    assert tables.gets() == {"offers", "follow_ups"}
    assert tables.scopes() == {"topic:product_updates": Reason.UNSUBSCRIBED}


def test_back_to_a_topic_of_another_stream_leaves_the_stream_left(tables: Tables) -> None:
    tables.leave(stream_scope("marketing"))

    assert tables.prefer(yes=("follow_ups",))

    assert tables.scopes() == {"stream:marketing": Reason.UNSUBSCRIBED}
    assert tables.gets() == {"follow_ups"}


def test_a_topic_that_is_configured_no_more_stays_left(tables: Tables) -> None:
    tables.leave(ALL_STREAMS, now=NOON - DAY - HOUR)
    tables.add("old_news")

    assert tables.prefer(yes=("offers",))

    assert tables.scopes()["topic:old_news"] is Reason.UNSUBSCRIBED


def test_back_from_an_erasure_by_their_own_wish(tables: Tables) -> None:
    tables.suppressions.suppress(KEY, "", ALL_STREAMS, ERASED)
    assert tables.chosen().left_all

    assert tables.prefer(yes=("offers",))

    assert tables.gets() == {"offers"}
    assert ALL_STREAMS not in tables.scopes()


@pytest.mark.parametrize("entry", [BOUNCE, COMPLAINT, MANUAL])
@pytest.mark.parametrize("scope", [ALL_STREAMS, "stream:marketing", "topic:offers"])
def test_coming_back_lifts_nothing_but_their_own_choice(
    tables: Tables, entry: ScopeEntry, scope: str
) -> None:
    tables.leave(scope, now=NOON - 2 * HOUR)
    tables.stop(entry, scope)

    assert tables.prefer(yes=("offers",))

    assert tables.scopes()[scope] is entry.reason
    assert tables.gets() == {"offers"}
    tables.suppressions.lift(KEY, scope, source="operator:bo", now=NOON + HOUR, note="mailbox works")
    assert scope not in tables.scopes()


def test_a_stronger_entry_that_is_lifted_brings_their_own_choice_to_light(tables: Tables) -> None:
    tables.prefer(pause_until=NOON + 30 * DAY)
    tables.stop(BOUNCE)
    assert tables.chosen().paused_until == NOON + 30 * DAY

    tables.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOON + HOUR)

    assert tables.scopes() == {ALL_STREAMS: Reason.PAUSED}


def test_a_pause_stops_for_a_while_and_changes_no_topic(tables: Tables) -> None:
    tables.add("offers")

    assert tables.prefer(pause_until=NOON + 30 * DAY)

    assert tables.chosen().paused_until == NOON + 30 * DAY
    assert tables.gets() == {"offers"}
    assert tables.chosen(NOON + 30 * DAY).paused_until is None


def test_the_newer_pause_counts_though_it_be_shorter(tables: Tables) -> None:
    tables.prefer(pause_until=NOON + 90 * DAY)

    assert tables.prefer(pause_until=NOON + 30 * DAY, now=NOON + HOUR)

    assert tables.chosen().paused_until == NOON + 30 * DAY
    assert [line.action for line in tables.suppressions.history(KEY)] == [
        HistoryAction.SUPPRESSED,
        HistoryAction.LIFTED,
        HistoryAction.SUPPRESSED,
    ]


def test_a_pause_ends_when_they_say_so(tables: Tables) -> None:
    tables.prefer(pause_until=NOON + 30 * DAY)

    assert tables.prefer(unpause=True, now=NOON + HOUR)

    assert tables.scopes() == {}
    assert tables.chosen().paused_until is None


def test_a_pause_that_is_over_is_none(tables: Tables) -> None:
    assert not tables.prefer(pause_until=NOON)
    assert not tables.prefer(unpause=True)


def test_a_pause_never_hides_a_leaving(tables: Tables) -> None:
    tables.leave(ALL_STREAMS)

    tables.prefer(pause_until=NOON + 30 * DAY)

    assert tables.scopes() == {ALL_STREAMS: Reason.UNSUBSCRIBED}
    assert tables.chosen().left_all


def test_coming_back_leaves_a_pause_and_one_that_the_leaving_hid(tables: Tables) -> None:
    tables.prefer(pause_until=NOON + 30 * DAY, now=NOON - DAY)
    tables.leave(ALL_STREAMS)

    assert tables.prefer(yes=("offers",))

    assert tables.scopes()[ALL_STREAMS] is Reason.PAUSED
    assert tables.chosen().paused_until == NOON + 30 * DAY
    assert tables.gets() == {"offers"}


def test_leaving_everything_wins_over_a_yes_beside_it(tables: Tables) -> None:
    tables.add("offers")

    assert tables.prefer(yes=("offers", "follow_ups"), leave_all=True)

    assert tables.gets() == set()
    assert tables.chosen().left_all
    assert tables.scopes() == {ALL_STREAMS: Reason.UNSUBSCRIBED}
    assert {each.status for each in tables.contacts.find([KEY])[KEY].topics.values()} == {
        ConsentStatus.WITHDRAWN
    }


def test_one_who_is_no_contact_chooses_a_language(tables: Tables) -> None:
    assert tables.prefer(locale="zh-Hans")

    assert tables.chosen().locale == "zh-Hans"
    assert list(tables.contacts.pages()) == []
    assert tables.prefer(locale="")
    assert tables.chosen().locale == ""


def test_a_pending_topic_is_none_yet_and_their_yes_confirms_it(tables: Tables) -> None:
    pending = NewConsent("offers", ConsentStatus.PENDING, NOON - HOUR, "form")
    tables.contacts.save([NewContact(KEY, EMAIL, "form", consents=(pending,))], now=NOON - HOUR)
    assert tables.gets() == set()

    tables.prefer(yes=("offers",))

    assert tables.gets() == {"offers"}


def test_what_they_say_last_counts_though_a_clock_was_ahead(tables: Tables) -> None:
    tables.leave(ALL_STREAMS, now=NOON + HOUR)
    tables.stop(BOUNCE)

    assert tables.prefer(yes=("offers",))
    assert tables.gets() == {"offers"}

    assert tables.leave(ALL_STREAMS, now=NOON)
    assert tables.gets() == set()


def test_a_topic_that_nobody_configured_is_refused_and_nothing_written(tables: Tables) -> None:
    with pytest.raises(ValueError, match="1 of these topics"):
        tables.prefer(yes=("offers", "lottery"))
    assert tables.records() == 0


def test_consent_and_suppression_are_lifted_together_or_not_at_all(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables.over(dynamodb)
    tables.leave(ALL_STREAMS)
    requests: list[Any] = []
    write = dynamodb.transact_write_items

    def refused(**request: Any) -> None:  # noqa: ANN401 - boto3's own
        requests.append(request)
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "TransactWriteItems")

    monkeypatch.setattr(dynamodb, "transact_write_items", refused)
    with pytest.raises(ContactsUnavailableError, match="AccessDeniedException"):
        tables.prefer(yes=("offers",))
    monkeypatch.setattr(dynamodb, "transact_write_items", write)

    assert (tables.scopes(), tables.gets()) == ({ALL_STREAMS: Reason.UNSUBSCRIBED}, set())
    (request,) = requests
    assert [each["Put"]["TableName"] for each in request["TransactItems"]] == [
        *["suppressions"] * 4,  # what stands, two topics left, one scope lifted
        *["contacts"] * 2,
    ]


def test_what_changes_between_reading_and_writing_is_read_again(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables.over(dynamodb)
    tables.leave(ALL_STREAMS, now=NOON - 2 * HOUR)
    write = dynamodb.transact_write_items

    def overtaken(**request: Any) -> Any:  # noqa: ANN401 - boto3's own
        monkeypatch.setattr(dynamodb, "transact_write_items", write)
        tables.stop(COMPLAINT)
        return write(**request)

    monkeypatch.setattr(dynamodb, "transact_write_items", overtaken)
    assert tables.prefer(yes=("offers",))

    assert tables.scopes()[ALL_STREAMS] is Reason.COMPLAINT
    assert tables.gets() == {"offers"}


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
        tables.prefer(yes=("offers",))


def test_topics_left_one_by_one_are_no_others_business(tables: Tables) -> None:
    tables.leave(topic_scope("offers"))
    tables.prefer(yes=("follow_ups",))
    assert tables.scopes() == {"topic:offers": Reason.UNSUBSCRIBED}
