"""Each kind of bad input travels through the real queue beside good messages, which must not suffer."""

import json
from collections.abc import Callable

import pytest

from postroad.contract.words import Reason, Status
from tests.local_stack import LocalStack, patiently

Spoil = Callable[[LocalStack, dict[str, object]], dict[str, object]]
MEBIBYTE = 1024 * 1024


def changed(**fields: object) -> Spoil:
    return lambda _, message: {**message, **fields}


def without_data(_: LocalStack, message: dict[str, object]) -> dict[str, object]:
    data = dict(message["data"]) if isinstance(message["data"], dict) else {}
    del data["order_date"]
    return {**message, "data": data}


def missing_attachment(stack: LocalStack, message: dict[str, object]) -> dict[str, object]:
    place = f"{stack.outputs['AttachmentsBucket']}/attachments/transactional/nothing-is-here.pdf"
    attachment = {"filename": "invoice.pdf", "content_type": "application/pdf", "s3": place}
    return {**message, "attachments": [attachment]}


CASES: dict[str, tuple[Spoil, Reason]] = {
    "wrong-schema": (changed(schema="postroad.message.v2"), Reason.SCHEMA),
    "unknown-field": (changed(subjekt="x"), Reason.SCHEMA),
    "unknown-stream": (changed(stream="nowhere"), Reason.UNKNOWN_STREAM),
    "stream-of-another-queue": (changed(stream="marketing", topic="news"), Reason.UNKNOWN_STREAM),
    "unknown-template": (changed(template="no_such_mail"), Reason.UNKNOWN_TEMPLATE),
    "template-data": (without_data, Reason.TEMPLATE_DATA),
    "no-at-sign": (changed(to={"email": "nobody"}), Reason.ADDRESS),
    "non-ascii-local-part": (changed(to={"email": "josé@example.com"}), Reason.ADDRESS),
    "crlf-in-address": (changed(to={"email": "a@example.com\r\nBcc: b@example.com"}), Reason.ADDRESS),
    "crlf-in-name": (
        changed(to={"email": "a@example.com", "name": "A\r\nBcc: b@example.com"}),
        Reason.HEADER,
    ),
    "crlf-in-header": (changed(headers={"X-Order": "1\r\nBcc: b@example.com"}), Reason.HEADER),
    "crlf-in-header-name": (changed(headers={"X-Order\r\nBcc": "b@example.com"}), Reason.HEADER),
    "crlf-in-reply-to": (changed(reply_to="a@example.com\r\nBcc: b@example.com"), Reason.ADDRESS),
    "crlf-in-subject": (
        changed(
            template=None, data=None, content={"subject": "Hello\r\nBcc: b@example.com", "text": "Hello"}
        ),
        Reason.HEADER,
    ),
    "crlf-in-locale": (changed(locale="es\r\n"), Reason.LOCALE),
    "crlf-in-tag": (changed(tags={"order": "1\r\n2"}), Reason.TAG),
    "crlf-in-file-name": (
        changed(attachments=[{"filename": "a\r\n.pdf", "content_type": "application/pdf", "s3": "b/a.pdf"}]),
        Reason.ATTACHMENT,
    ),
    "forbidden-header": (changed(headers={"Bcc": "b@example.com"}), Reason.HEADER),
    "attachment-missing": (missing_attachment, Reason.ATTACHMENT_MISSING),
    "attachment-elsewhere": (
        changed(
            attachments=[{"filename": "a.pdf", "content_type": "application/pdf", "s3": "elsewhere/a.pdf"}]
        ),
        Reason.ATTACHMENT,
    ),
    "too-far-ahead": (changed(send_at="2099-01-01T00:00:00Z"), Reason.SCHEMA),
    "expired": (
        changed(expires_at="2001-01-01T00:00:00Z", created_at="2000-12-31T00:00:00Z"),
        Reason.EXPIRED,
    ),
}


@pytest.fixture(scope="module")
def enqueued(stack: LocalStack) -> dict[str, list[dict[str, object]]]:
    """Enqueue every case at once, each between two good messages: a good one, the case, another good one."""
    trios: dict[str, list[dict[str, object]]] = {}
    for what, (spoil, _) in CASES.items():
        spoilt = spoil(stack, stack.message(what))
        spoilt = {name: value for name, value in spoilt.items() if value is not None}
        trios[what] = [stack.message(f"{what}-before"), spoilt, stack.message(f"{what}-after")]
    stack.enqueue(*(message for trio in trios.values() for message in trio))
    return trios


@pytest.mark.parametrize("what", CASES)
def test_what_can_never_be_sent_ends_with_a_reason(
    stack: LocalStack, enqueued: dict[str, list[dict[str, object]]], what: str
) -> None:
    _, reason = CASES[what]
    before, spoilt, after = enqueued[what]
    row = stack.wait_for_end(str(spoilt["message_id"]))
    assert (row.status, row.reason) == (expected_status(reason), reason)
    assert row.detail or row.notes or reason is Reason.EXPIRED, "a person must be able to read why"
    assert stack.mails_of(row.message_id) == []
    for good in (before, after):
        assert stack.wait_for_end(str(good["message_id"])).status is Status.DELIVERED
        assert len(stack.mails_of(str(good["message_id"]))) == 1


def expected_status(reason: Reason) -> Status:
    return Status.EXPIRED if reason is Reason.EXPIRED else Status.INVALID


BODIES: dict[str, tuple[str, Reason]] = {
    "text": ("this is no JSON at all", Reason.NOT_JSON),
    "half": ('{"schema": "postroad.message.v1", "message_id": "ha', Reason.NOT_JSON),
    "list": ("[1, 2, 3]", Reason.SCHEMA),
    "no-id": (json.dumps({"schema": "postroad.message.v1", "stream": "transactional"}), Reason.SCHEMA),
}


@pytest.fixture(scope="module")
def sqs_ids(stack: LocalStack) -> dict[str, str]:
    """Enqueue all bodies at once, and a good message."""
    good = stack.message("beside")
    enqueued = stack.enqueue(*(body for body, _ in BODIES.values()), good)
    assert stack.wait_for_end(str(good["message_id"])).status is Status.DELIVERED
    return dict(zip(BODIES, enqueued, strict=False))


@pytest.mark.parametrize("what", BODIES)
def test_a_body_without_a_readable_id_is_kept_as_a_refusal(
    stack: LocalStack, sqs_ids: dict[str, str], what: str
) -> None:
    body, reason = BODIES[what]
    row = stack.wait_for_end(f"!{sqs_ids[what]}")
    assert (row.status, row.reason) == (Status.INVALID, reason)
    copy = stack.dead_letter(body)
    assert copy["MessageAttributes"]["reason"]["StringValue"] == reason


def test_the_largest_body_that_sqs_takes_is_judged_and_a_larger_one_never_enters(stack: LocalStack) -> None:
    message = stack.message("large", data={"filling": ""})
    room = MEBIBYTE - len(json.dumps(message))
    largest = {**message, "data": {"filling": "x" * room}}

    row = stack.send(largest)
    assert (row.status, row.reason) == (Status.INVALID, Reason.TEMPLATE_DATA)

    larger = json.dumps({**message, "data": {"filling": "x" * (room + 1)}})
    with pytest.raises(stack.sqs.exceptions.ClientError, match="InvalidParameterValue"):
        stack.sqs.send_message(QueueUrl=stack.outputs["TransactionalQueueUrl"], MessageBody=larger)


def test_an_unknown_locale_falls_back_and_says_so(stack: LocalStack) -> None:
    row = stack.send(stack.message("locale", locale="tlh-Piqd-AQ"))

    assert (row.status, row.locale) == (Status.DELIVERED, "en")
    assert any("tlh-Piqd-AQ" in note for note in row.notes)


def test_another_body_under_a_used_id_is_a_conflict(stack: LocalStack) -> None:
    message = stack.message("conflict")
    first = stack.send(message)
    other = {**message, "to": {"email": "somebody.else@example.com"}}

    (sqs_id,) = stack.enqueue(other)

    refusal = stack.wait_for_end(f"!{sqs_id}")
    assert (refusal.status, refusal.reason) == (Status.INVALID, Reason.CONFLICT)
    noted = patiently(
        lambda: row if (row := stack.ledger.get(first.message_id)) and row.notes else None,
        lambda: "the conflict to be noted on the first row",
    )
    assert noted.status is Status.DELIVERED
    assert len(stack.mails_of(first.message_id)) == 1
    assert (
        stack.dead_letter(json.dumps(other))["MessageAttributes"]["reason"]["StringValue"] == Reason.CONFLICT
    )
