import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from postroad.contract.tags import MESSAGE_TAG, encode_tag
from postroad.contract.words import Reason, Status
from postroad.feedback import intake
from postroad.feedback.event import FeedbackEvent
from postroad.feedback.intake import Feedback
from postroad.feedback.reading import read_event
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.observability import UNKNOWN_STREAM, Counts, Metric
from postroad.records import Record
from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import HistoryEntry, ScopeEntry

Payload = Callable[[str], dict[str, Any]]

ANA = "ana.ruiz@example.com"
MESSAGE = "order-1042-confirmation"
STREAM = "transactional"
BOUNCED_AT = datetime(2026, 11, 22, 14, 3, 15, 112000, UTC)


class World(Protocol):
    """What conftest.py's fixture gives."""

    ledger: MemoryLedger
    suppressions: MemorySuppressions
    counts: Counts
    log: Any
    threads: int

    @property
    def feedback(self) -> Feedback: ...
    def entry(self, email: str) -> ScopeEntry | None: ...
    def history(self, email: str) -> list[HistoryEntry]: ...


def record(event: object, sqs_id: str = "sqs-1") -> Record:
    body = event if isinstance(event, str) else json.dumps(event)
    return Record(sqs_id, "receipt", body, BOUNCED_AT, 1)


def row_of(world: World) -> Row:
    row = world.ledger.get(MESSAGE)
    assert row is not None
    return row


def test_a_hard_bounce_suppresses_and_moves_the_row(world: World, payload: Payload, sent_row: Row) -> None:
    world.ledger.insert(sent_row)
    assert world.feedback.take([record(payload("bounce_permanent_general"))]) == []
    assert (row_of(world).status, row_of(world).bounce) == (Status.BOUNCED, "hard")
    entry = world.entry(ANA)
    assert entry is not None
    assert (entry.reason, entry.source, entry.since, entry.until) == (
        Reason.HARD_BOUNCE,
        "feedback",
        BOUNCED_AT,
        None,
    )
    for part in (
        "Bounce (General)",
        "0100019e1f2a9d00-",
        "0100019e1f2a3b4c-",
        MESSAGE,
        "2026-11-22T14:03:15",
    ):
        assert part in entry.evidence
    assert len(world.history(ANA)) == 1
    assert world.counts.of(Metric.HARD_BOUNCES, STREAM) == 1


EFFECTS: tuple[tuple[str, Status, str, Reason | None], ...] = (
    ("bounce_permanent_noemail", Status.BOUNCED, "hard_bounce", Reason.HARD_BOUNCE),
    ("bounce_permanent_suppressed", Status.BOUNCED, "ses_suppressed", Reason.SES_SUPPRESSED),
    (
        "bounce_permanent_onaccountsuppressionlist",
        Status.BOUNCED,
        "on_account_suppression_list",
        Reason.ON_ACCOUNT_SUPPRESSION_LIST,
    ),
    (
        "complaint_onaccountsuppressionlist",
        Status.COMPLAINED,
        "on_account_suppression_list",
        Reason.ON_ACCOUNT_SUPPRESSION_LIST,
    ),
    ("complaint_abuse", Status.COMPLAINED, "complaint", Reason.COMPLAINT),
    ("complaint_without_report", Status.COMPLAINED, "complaint", Reason.COMPLAINT),
    ("complaint_not_spam", Status.SENT, "", None),
    ("bounce_transient_mailboxfull", Status.BOUNCED, "soft_bounce", None),
    ("bounce_undetermined", Status.BOUNCED, "undetermined_bounce", None),
    ("deliverydelay_mailboxfull", Status.DELAYED, "delivery_delay", None),
    ("delivery", Status.DELIVERED, "", None),
    ("reject", Status.REJECTED, "rejected_by_ses", None),
    ("rendering_failure", Status.FAILED, "rendering_failure", None),
    ("send", Status.SENT, "", None),
    ("subscription", Status.SENT, "", None),
)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect[0])
def test_each_event_has_its_status_and_suppresses_or_not(
    world: World, payload: Payload, sent_row: Row, effect: tuple[str, Status, str, Reason | None]
) -> None:
    name, status, reason, suppression = effect
    world.ledger.insert(sent_row)
    assert world.feedback.take([record(payload(name))]) == []
    assert (row_of(world).status, row_of(world).reason) == (status, reason)
    entry = world.entry(ANA)
    assert (entry and entry.reason) == suppression


@pytest.mark.parametrize("name", ["bounce_permanent_general", "complaint_abuse", "notification_bounce"])
def test_without_a_row_it_still_suppresses(world: World, payload: Payload, name: str) -> None:
    assert world.feedback.take([record(payload(name))]) == []
    assert world.entry(ANA) is not None
    assert len(world.ledger) == 0
    assert world.counts.of(Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM) == 1


def test_copies_suppress_and_count_once(world: World, payload: Payload, sent_row: Row) -> None:
    world.ledger.insert(sent_row)
    for _ in range(8):
        world.feedback.take([record(payload("bounce_permanent_general"))])
    assert len(world.history(ANA)) == 1
    assert row_of(world).version == 2
    assert world.counts.of(Metric.HARD_BOUNCES, STREAM) == 1


def test_a_late_copy_does_not_bring_back_what_an_operator_lifted(world: World, payload: Payload) -> None:
    world.feedback.take([record(payload("bounce_permanent_general"))])
    (standing,) = next(world.suppressions.pages())
    world.suppressions.lift(
        standing.address_key, "all", source="operator:x", now=datetime(2026, 11, 23, tzinfo=UTC)
    )
    world.feedback.take([record(payload("bounce_permanent_general"))])
    assert world.entry(ANA) is None


def test_one_bounced_of_three_suppresses_that_one_alone(world: World, payload: Payload) -> None:
    world.feedback.take([record(payload("bounce_permanent_one_of_three"))])
    assert world.entry("bo.lind@example.com") is not None
    assert len(world.suppressions) == 1


def test_the_address_is_suppressed_whatever_its_spelling(world: World, payload: Payload) -> None:
    bounce = payload("bounce_permanent_general")
    bounce["bounce"]["bouncedRecipients"][0]["emailAddress"] = "Ana.Ruiz@EXAMPLE.com"
    world.feedback.take([record(bounce)])
    assert world.entry(ANA) is not None


def test_the_account_lists_bounce_counts_as_none(world: World, payload: Payload, sent_row: Row) -> None:
    world.ledger.insert(sent_row)
    world.feedback.take([record(payload("bounce_permanent_onaccountsuppressionlist"))])
    assert world.counts.of(Metric.HARD_BOUNCES, STREAM) == 0


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("delivery", Metric.DELIVERIES),
        ("complaint_abuse", Metric.COMPLAINTS),
        ("bounce_transient_general", Metric.SOFT_BOUNCES),
        ("bounce_undetermined", Metric.SOFT_BOUNCES),
        ("reject", Metric.FAILED),
        ("rendering_failure", Metric.FAILED),
    ],
)
def test_each_kind_is_counted_for_its_stream(
    world: World, payload: Payload, sent_row: Row, name: str, metric: Metric
) -> None:
    world.ledger.insert(sent_row)
    world.feedback.take([record(payload(name))] * 2)
    assert world.counts.of(metric, STREAM) == 1


def test_a_greeting_of_ses_is_done_with(world: World) -> None:
    greeting = "Successfully validated SNS topic for Amazon SES event publishing."
    assert world.feedback.take([record(greeting)]) == []
    assert world.log.getvalue() == ""


def broken(event: dict[str, Any]) -> dict[str, Any]:
    event["bounce"]["bouncedRecipients"][0]["emailAddress"] = "ana ruiz@example.com"
    return event


def test_what_can_not_be_read_fails_alone_and_is_told_without_an_address(
    world: World, payload: Payload, sent_row: Row
) -> None:
    world.ledger.insert(sent_row)
    records = [
        record("ana.ruiz@example.com is no JSON", "not-json"),
        record({"eventType": "Bounce", "mail": payload("send")["mail"]}, "no-bounce"),
        record(broken(payload("bounce_permanent_general")), "no-address"),
        record(payload("complaint_abuse"), "good"),
    ]
    assert world.feedback.take(records) == ["not-json", "no-bounce", "no-address"]
    assert row_of(world).status is Status.COMPLAINED
    assert world.counts.of(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM) == 3
    logged = world.log.getvalue()
    assert [json.loads(line)["sqs_id"] for line in logged.splitlines()] == [
        "not-json",
        "no-bounce",
        "no-address",
    ]
    assert "@" not in logged


def test_a_bug_in_reading_an_event_fails_its_record_and_no_other(
    world: World, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:

    def read_or_break(event: Mapping[str, object]) -> list[FeedbackEvent]:
        if event["eventType"] == "Click":
            raise ZeroDivisionError(ANA)
        return read_event(event)

    monkeypatch.setattr(intake, "read_event", read_or_break)
    events = [record(payload("click"), "sqs-1"), record(payload("bounce_permanent_general"), "sqs-2")]

    assert world.feedback.take(events) == ["sqs-1"]
    assert world.entry(ANA) is not None
    assert "@" not in world.log.getvalue()


def test_one_bad_recipient_does_not_keep_the_others_from_being_suppressed(
    world: World, payload: Payload
) -> None:
    bounce = broken(payload("bounce_permanent_general"))
    bounce["bounce"]["bouncedRecipients"].append({"emailAddress": "bo.lind@example.com"})
    assert world.feedback.take([record(bounce)]) == ["sqs-1"]
    assert world.entry("bo.lind@example.com") is not None


@pytest.mark.parametrize(
    "failure",
    [
        ("ledger", LedgerUnavailableError("ThrottlingException for ana.ruiz@example.com")),
        ("suppressions", SuppressionsUnavailableError("ThrottlingException for ana.ruiz@example.com")),
        ("ledger", RuntimeError("ana.ruiz@example.com")),
    ],
)
def test_a_store_that_does_not_answer_fails_its_record_and_no_other(
    world: World,
    payload: Payload,
    sent_row: Row,
    monkeypatch: pytest.MonkeyPatch,
    failure: tuple[str, Exception],
) -> None:
    store, error = failure
    world.ledger.insert(sent_row)
    world.ledger.insert(replace(sent_row, message_id="another"))
    complaint = payload("complaint_abuse")
    complaint["mail"]["tags"][MESSAGE_TAG] = [encode_tag("another")]
    world.threads = 1
    suppressed = []
    method = {"ledger": "replace", "suppressions": "suppress"}[store]
    real = getattr(getattr(world, store), method)

    def fail_first(said: Row | str, *arguments: object, **named: object) -> object:
        if isinstance(said, str):
            suppressed.append(said)
        if len(suppressed) == 1 or (isinstance(said, Row) and said.message_id == sent_row.message_id):
            raise error
        return real(said, *arguments, **named)

    monkeypatch.setattr(getattr(world, store), method, fail_first)
    records = [
        record(payload("bounce_permanent_general"), "first"),
        record(complaint, "second"),
    ]
    assert world.feedback.take(records) == ["first"]
    assert "@" not in world.log.getvalue()
    assert type(error).__name__ in world.log.getvalue()


class Crash(BaseException):
    """The process dies: nothing catches it."""


@pytest.mark.parametrize("after_suppressing", [False, True])
def test_a_crash_between_the_effects_leaves_the_suppression_and_is_repeated(
    world: World,
    payload: Payload,
    sent_row: Row,
    monkeypatch: pytest.MonkeyPatch,
    after_suppressing: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    world.ledger.insert(sent_row)
    bounce = record(payload("bounce_permanent_general"))
    with monkeypatch.context() as patched:

        def crash(*_: object, **__: object) -> None:
            raise Crash

        if after_suppressing:
            patched.setattr(world.ledger, "replace", crash)
        else:
            patched.setattr(world.suppressions, "suppress", crash)
        with pytest.raises(Crash):
            world.feedback.take([bounce])
    assert (world.entry(ANA) is not None) is after_suppressing
    assert row_of(world) == sent_row
    assert world.feedback.take([bounce]) == []
    assert row_of(world).status is Status.BOUNCED
    assert len(world.history(ANA)) == 1
    assert world.counts.of(Metric.HARD_BOUNCES, STREAM) == 1
