from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from postroad.contract.tags import encode_tag
from postroad.contract.words import BounceKind
from postroad.feedback.errors import MalformedEventError
from postroad.feedback.event import EventKind
from postroad.feedback.reading import read_event

Payload = Callable[[str], dict[str, Any]]

EVENTS = Path(__file__).parents[2] / "events"
ANA = "ana.ruiz@example.com"
SES_ID = "0100019e1f2a3b4c-5d6e7f80-1a2b-4c3d-8e9f-0123456789ab-000000"
ACCEPTED = datetime(2026, 11, 22, 14, 3, 12, 480000, UTC)
DESCRIBED = sorted(
    path.stem
    for path in EVENTS.glob("*.json")
    if path.stem.partition("_")[0] not in {"sqs", "dynamodb", "s3"} and not path.stem.endswith("succeeded")
)

HARD, SOFT, UNDETERMINED = BounceKind.HARD, BounceKind.SOFT, BounceKind.UNDETERMINED


def test_the_folder_holds_every_type_that_ses_documents(payload: Payload) -> None:
    kinds = {event.kind for name in DESCRIBED for event in read_event(payload(name))}
    assert kinds == set(EventKind)


def test_an_event_tells_its_configuration_set_and_whether_it_is_a_canarys(payload: Payload) -> None:
    send = payload("send")
    (event,) = read_event(send)
    assert (event.configuration_set, event.is_canary) == ("postroad-prod-transactional", False)
    send["mail"]["tags"]["postroad_canary"] = ["1"]
    (event,) = read_event(send)
    assert (event.is_canary, event.asks_for_nothing) == (False, False)  # it has a message of ours
    del send["mail"]["tags"]["postroad_message"]
    (event,) = read_event(send)
    assert (event.is_canary, event.asks_for_nothing) == (True, True)
    (event, *_) = read_event(payload("notification_bounce"))
    assert (event.configuration_set, event.is_canary) == ("", False)


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_documented_event_is_read(payload: Payload, name: str) -> None:
    for event in read_event(payload(name)):
        assert event.ses_message_id == SES_ID
        assert event.accepted_at == ACCEPTED
        assert event.at >= ACCEPTED
        tagged = not name.startswith("notification")
        assert (event.message_id, event.attempt) == (("order-1042-confirmation", 1) if tagged else ("", 0))


@pytest.mark.parametrize(
    ("name", "bounce", "word"),
    [
        ("bounce_permanent_general", HARD, "General"),
        ("bounce_permanent_noemail", HARD, "NoEmail"),
        ("bounce_permanent_suppressed", HARD, "Suppressed"),
        ("bounce_permanent_onaccountsuppressionlist", HARD, "OnAccountSuppressionList"),
        ("bounce_permanent_ontenantsuppressionlist", HARD, "OnTenantSuppressionList"),
        ("bounce_permanent_emailvalidationsuppressed", HARD, "EmailValidationSuppressed"),
        ("bounce_transient_general", SOFT, "General"),
        ("bounce_transient_mailboxfull", SOFT, "MailboxFull"),
        ("bounce_transient_messagetoolarge", SOFT, "MessageTooLarge"),
        ("bounce_transient_customtimeoutexceeded", SOFT, "CustomTimeoutExceeded"),
        ("bounce_transient_contentrejected", SOFT, "ContentRejected"),
        ("bounce_transient_attachmentrejected", SOFT, "AttachmentRejected"),
        ("bounce_undetermined", UNDETERMINED, "Undetermined"),
        ("notification_bounce", HARD, "General"),
    ],
)
def test_a_bounce_has_its_kind_subtype_and_time(
    payload: Payload, name: str, bounce: BounceKind, word: str
) -> None:
    (event,) = read_event(payload(name))
    assert (event.kind, event.bounce, event.word) == (EventKind.BOUNCE, bounce, word)
    assert event.recipient == ANA
    assert event.at == datetime(2026, 11, 22, 14, 3, 15, 112000, UTC)
    assert event.feedback_id


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("complaint_abuse", "abuse"),
        ("complaint_auth_failure", "auth-failure"),
        ("complaint_fraud", "fraud"),
        ("complaint_not_spam", "not-spam"),
        ("complaint_other", "other"),
        ("complaint_virus", "virus"),
        ("complaint_without_report", ""),
        ("complaint_onaccountsuppressionlist", "OnAccountSuppressionList"),
        ("notification_complaint", "abuse"),
    ],
)
def test_a_complaint_has_its_type(payload: Payload, name: str, word: str) -> None:
    (event,) = read_event(payload(name))
    assert (event.kind, event.word, event.recipient) == (EventKind.COMPLAINT, word, ANA)
    assert event.is_not_spam is (name == "complaint_not_spam")


def test_one_event_per_affected_recipient_and_none_for_the_others(payload: Payload) -> None:
    bounce = payload("bounce_permanent_one_of_three")
    assert [event.recipient for event in read_event(bounce)] == ["bo.lind@example.com"]
    bounce["bounce"]["bouncedRecipients"].append({"emailAddress": "chen.wei@example.com"})
    assert [event.recipient for event in read_event(bounce)] == [
        "bo.lind@example.com",
        "chen.wei@example.com",
    ]


@pytest.mark.parametrize("name", ["send", "reject", "rendering_failure", "open", "click", "subscription"])
def test_what_concerns_the_mail_as_a_whole_names_no_recipient(payload: Payload, name: str) -> None:
    (event,) = read_event(payload(name))
    assert event.recipient == ""


@pytest.mark.parametrize("name", ["send", "reject", "rendering_failure"])
def test_an_event_without_a_time_of_its_own_has_the_mails(payload: Payload, name: str) -> None:
    (event,) = read_event(payload(name))
    assert event.at == ACCEPTED


def test_the_older_notification_reads_like_the_event(payload: Payload) -> None:
    older = payload("delivery")
    older["notificationType"] = older.pop("eventType")
    assert read_event(older) == read_event(payload("delivery"))


def test_a_rendering_failure_is_read_with_and_without_its_space(payload: Payload) -> None:
    event = payload("rendering_failure")
    event["eventType"] = "RenderingFailure"
    assert read_event(event) == read_event(payload("rendering_failure"))


def test_a_display_name_is_not_part_of_the_address(payload: Payload) -> None:
    event = payload("complaint_abuse")
    event["complaint"]["complainedRecipients"] = [{"emailAddress": f'"Ruiz, Ana" <{ANA}>'}]
    assert read_event(event)[0].recipient == ANA


def test_the_other_sides_words_are_kept_without_addresses(payload: Payload) -> None:
    (event,) = read_event(payload("bounce_permanent_general"))
    assert event.explanation == "smtp; 550 5.1.1 [address] Recipient address rejected: User unknown"


def test_an_endless_explanation_is_cut(payload: Payload) -> None:
    bounce = payload("bounce_permanent_general")
    bounce["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "550 " + "no " * 10_000
    assert len(read_event(bounce)[0].explanation) == 200


def test_a_reports_own_word_is_cut_and_kept_without_addresses(payload: Payload) -> None:
    complaint = payload("complaint_other")
    complaint["complaint"]["complaintFeedbackType"] = f"{ANA} " + "x" * 5000
    (event,) = read_event(complaint)
    assert event.word == f"[address] {'x' * 190}"


@pytest.mark.parametrize("absurd", ["0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_the_other_sides_clock_got_wrong_is_not_believed(payload: Payload, absurd: str) -> None:
    bounce = payload("bounce_permanent_general")
    bounce["bounce"]["timestamp"] = absurd
    (event,) = read_event(bounce)
    assert event.at == event.accepted_at == ACCEPTED


def test_text_of_an_event_shows_no_address(payload: Payload) -> None:
    (event,) = read_event(payload("bounce_permanent_general"))
    assert "@" not in repr(event)


@pytest.mark.parametrize(
    "tags",
    [
        None,
        {},
        [],
        {"postroad_message": []},
        {"postroad_message": ["not ours!"]},
        {"postroad_message": 7},
        {"postroad_message": [encode_tag("somebody@example.com")]},
        {"postroad_message": [encode_tag("!a-refusal")]},
    ],
)
def test_tags_that_are_not_ours_leave_the_event_without_a_message(payload: Payload, tags: object) -> None:
    bounce = payload("bounce_permanent_general")
    bounce["mail"]["tags"] = tags
    (event,) = read_event(bounce)
    assert (event.message_id, event.attempt, event.recipient) == ("", 0, ANA)


@pytest.mark.parametrize("attempt", [[], ["first"], ["-1"], ["²"], None])
def test_an_attempt_that_is_no_number_is_unknown(payload: Payload, attempt: object) -> None:
    bounce = payload("bounce_permanent_general")
    bounce["mail"]["tags"]["postroad_attempt"] = attempt
    (event,) = read_event(bounce)
    assert (event.message_id, event.attempt) == ("order-1042-confirmation", 0)


def test_a_type_of_bounce_that_ses_may_add_is_undetermined(payload: Payload) -> None:
    bounce = payload("bounce_permanent_general")
    bounce["bounce"]["bounceType"] = "Curious"
    assert read_event(bounce)[0].bounce is UNDETERMINED


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("eventType",), None, "eventType: missing"),
        (("eventType",), "Teleported", "eventType: not a type of event that SES documents"),
        (("mail",), None, "mail: missing"),
        (("mail", "messageId"), None, "mail.messageId: missing"),
        (("mail", "timestamp"), "yesterday", "mail.timestamp: not a time of ISO 8601"),
        (("mail", "timestamp"), "0001-01-01T00:00:00+14:00", "mail.timestamp: not a time of ISO 8601"),
        (("bounce",), None, "bounce: missing, and the event is of type Bounce"),
        (("bounce", "timestamp"), "2026-22-11", "bounce.timestamp: not a time of ISO 8601"),
        (
            ("bounce", "bouncedRecipients"),
            [],
            "bounce.bouncedRecipients: SES lists at least one recipient here",
        ),
        (("bounce", "bouncedRecipients"), [{}], "bounce.bouncedRecipients: an entry without an address"),
    ],
)
def test_what_can_not_be_read_names_the_field(
    payload: Payload, path: tuple[str, ...], value: object, problem: str
) -> None:
    bounce = payload("bounce_permanent_general")
    place = bounce
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(MalformedEventError) as refused:
        read_event(bounce)
    assert str(refused.value) == problem
