"""What a message must be, and what is said of one that is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from postroad.contract.message import MAX_BODY_BYTES, Attachment, Content, Message, Recipient
from postroad.contract.parser import MAX_DEPTH, InvalidMessage, parse_message
from postroad.contract.words import Reason

Fields = dict[str, Any]

BOGOTA = timezone(timedelta(hours=-5))


def refused(body: str | bytes | Fields) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as caught:
        parse_message(json.dumps(body) if isinstance(body, dict) else body)
    return caught.value


def nested(fields: Fields, path: str, value: object) -> Fields:
    """Return a copy with one value replaced, "attachments.0.s3" for example."""
    copy: Fields = json.loads(json.dumps(fields))
    place: Any = copy
    *way, last = path.split(".")
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = value
    return copy


def test_the_whole_contract_is_read(whole: Fields) -> None:
    assert parse_message(json.dumps(whole)) == Message(
        schema="postroad.message.v1",
        message_id="order-1042-confirmation",
        created_at=datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC),
        stream="transactional",
        template="order_confirmation",
        to=Recipient(email="ana.ruiz@example.com", name="Ana Ruiz"),
        locale="es-CO",
        data={"order_id": "1042", "lines": [{"quantity": 2, "price": 12.5, "gift": None}]},
        topic="product_updates",
        reply_to="help@example.com",
        attachments=(Attachment(filename="invoice.pdf", content_type="application/pdf", s3="bucket/a/key"),),
        headers={"X-Order": "1042"},
        tags={"order": "1042"},
        send_at=datetime(2026, 11, 23, 9, tzinfo=BOGOTA),
        expires_at=datetime(2026, 11, 23, 21, tzinfo=BOGOTA),
    )


def test_bytes_and_text_are_read_alike(whole: Fields) -> None:
    text = json.dumps(whole, ensure_ascii=False)
    assert parse_message(text) == parse_message(text.encode())


def test_the_required_fields_are_enough(least: Fields) -> None:
    message = parse_message(json.dumps(least))
    assert message.data == {}
    assert message.attachments == ()
    assert message.created_at is None


def test_an_attachment_knows_its_bucket_and_key(whole: Fields) -> None:
    (attachment,) = parse_message(json.dumps(whole)).attachments
    assert (attachment.bucket, attachment.key) == ("bucket", "a/key")


@pytest.mark.parametrize("key", ["a..b", ".hidden", "a//b", "/a", "...", "a/b."])
def test_dots_and_slashes_that_lead_nowhere_else_are_part_of_a_key(whole: Fields, key: str) -> None:
    (attachment,) = parse_message(json.dumps(nested(whole, "attachments.0.s3", f"bucket/{key}"))).attachments
    assert attachment.key == key


def test_null_stands_for_a_field_left_out(least: Fields) -> None:
    optional = ("created_at", "content", "locale", "topic", "reply_to", "send_at", "expires_at")
    nulls = {**least, **dict.fromkeys(optional)}
    assert parse_message(json.dumps(nulls)) == parse_message(json.dumps(least))


@pytest.mark.parametrize(
    "content",
    [
        {"subject": "Hola", "text": "x"},
        {"subject": "Hola", "html": "<p>x</p>"},
        {"subject": "Hola", "text": "a\nb", "html": "<p>\n</p>"},
    ],
)
def test_content_takes_the_place_of_a_template(least: Fields, content: Fields) -> None:
    del least["template"]
    assert parse_message(json.dumps({**least, "content": content})).content == Content(**content)


@pytest.mark.parametrize("field", ["schema", "message_id", "stream", "to"])
def test_a_missing_field_is_named(least: Fields, field: str) -> None:
    del least[field]
    error = refused(least)
    assert error.field == field
    assert error.detail.startswith("is missing: expected ")


@pytest.mark.parametrize(
    ("path", "value", "reason", "field"),
    [
        ("schema", "postroad.message.v2", Reason.SCHEMA, "schema"),
        ("message_id", "", Reason.SCHEMA, "message_id"),
        ("message_id", "a" * 129, Reason.SCHEMA, "message_id"),
        ("message_id", "order 1042", Reason.SCHEMA, "message_id"),
        ("message_id", "order-1042\n", Reason.SCHEMA, "message_id"),
        ("message_id", "!order", Reason.SCHEMA, "message_id"),
        ("message_id", "größe", Reason.SCHEMA, "message_id"),
        ("message_id", 1042, Reason.SCHEMA, "message_id"),
        ("stream", "Transactional", Reason.UNKNOWN_STREAM, "stream"),
        ("stream", None, Reason.UNKNOWN_STREAM, "stream"),
        ("template", "../secrets", Reason.UNKNOWN_TEMPLATE, "template"),
        ("template", "", Reason.UNKNOWN_TEMPLATE, "template"),
        ("template", "order\n", Reason.UNKNOWN_TEMPLATE, "template"),
        ("template", None, Reason.SCHEMA, "template"),
        ("content", {"subject": "x", "text": "y"}, Reason.SCHEMA, "template"),
        ("to", "ana.ruiz@example.com", Reason.ADDRESS, "to"),
        ("to", {}, Reason.ADDRESS, "to.email"),
        ("to.email", "ana.ruiz", Reason.ADDRESS, "to.email"),
        ("to.email", "ana.ruiz@example.com\r\nBcc: x@example.com", Reason.ADDRESS, "to.email"),
        ("to.email", "ana\x00ruiz@example.com", Reason.ADDRESS, "to.email"),
        ("to.email", "josé@example.com", Reason.ADDRESS, "to.email"),
        ("to.email", "Ana <ana.ruiz@example.com>", Reason.ADDRESS, "to.email"),
        ("to.email", ["ana.ruiz@example.com"], Reason.ADDRESS, "to.email"),
        ("to.name", "Ana\r\nBcc: x", Reason.HEADER, "to.name"),
        ("to.name", "Ana\u2028Ruiz", Reason.HEADER, "to.name"),
        ("to.name", "a" * 129, Reason.ADDRESS, "to.name"),
        ("to.cc", "x@example.com", Reason.SCHEMA, "to.cc"),
        ("locale", "es_CO", Reason.LOCALE, "locale"),
        ("locale", "", Reason.LOCALE, "locale"),
        ("locale", "es-CO\n", Reason.LOCALE, "locale"),
        ("data", [], Reason.TEMPLATE_DATA, "data"),
        ("data", None, Reason.TEMPLATE_DATA, "data"),
        ("topic", "Product updates", Reason.TOPIC, "topic"),
        ("topic", "", Reason.TOPIC, "topic"),
        ("reply_to", "help", Reason.ADDRESS, "reply_to"),
        ("reply_to", "help@example.com\nX: y", Reason.ADDRESS, "reply_to"),
        ("attachments", {}, Reason.ATTACHMENT, "attachments"),
        ("attachments.0.filename", "a\r\nb.pdf", Reason.ATTACHMENT, "attachments[0].filename"),
        ("attachments.0.filename", "../a.pdf", Reason.ATTACHMENT, "attachments[0].filename"),
        ("attachments.0.filename", 'a"b.pdf', Reason.ATTACHMENT, "attachments[0].filename"),
        ("attachments.0.filename", "", Reason.ATTACHMENT, "attachments[0].filename"),
        ("attachments.0.content_type", "pdf", Reason.ATTACHMENT, "attachments[0].content_type"),
        ("attachments.0.content_type", "a/b\r\nX: y", Reason.ATTACHMENT, "attachments[0].content_type"),
        ("attachments.0.content_type", "a/b; c=d\n", Reason.ATTACHMENT, "attachments[0].content_type"),
        ("attachments.0.s3", "bucket", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "bucket/", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "s3://bucket/key", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "bucket/a\nb", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "bucket/attachments/t/../../bodies/x", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "bucket/..", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "bucket/a/./b", Reason.ATTACHMENT, "attachments[0].s3"),
        ("attachments.0.s3", "bucket/" + "é" * 513, Reason.ATTACHMENT, "attachments[0].s3"),
        ("headers.X-Order", "1\r\nBcc: x", Reason.HEADER, "headers"),
        ("headers.X-Order", "größe", Reason.HEADER, "headers"),
        ("headers.X-Order", "", Reason.HEADER, "headers"),
        ("headers.X-Order", "a" * 996, Reason.HEADER, "headers"),
        ("headers.X-Order", "a" * 990, Reason.HEADER, "headers.X-Order"),
        ("headers.X Order", "a", Reason.HEADER, "headers"),
        ("headers.X:Order", "a", Reason.HEADER, "headers"),
        ("headers.X-Order\r\nBcc", "a", Reason.HEADER, "headers"),
        ("headers.x-order", "a", Reason.HEADER, "headers.x-order"),
        ("headers", {f"X-{number}": "a" for number in range(11)}, Reason.HEADER, "headers"),
        ("tags", {f"t{number}": "a" for number in range(11)}, Reason.TAG, "tags"),
        ("tags.order", "", Reason.TAG, "tags"),
        ("tags.order", "a\nb", Reason.TAG, "tags"),
        ("tags.order", "é" * 97, Reason.TAG, "tags"),
        ("tags.order", 1042, Reason.TAG, "tags"),
        ("tags", {"é" * 96: "a"}, Reason.TAG, "tags"),
        ("created_at", "2026-11-22T14:03:11", Reason.SCHEMA, "created_at"),
        ("created_at", 1_795_000_000, Reason.SCHEMA, "created_at"),
        ("send_at", "tomorrow", Reason.SCHEMA, "send_at"),
        ("send_at", "0001-01-01T00:00:00+10:00", Reason.SCHEMA, "send_at"),
        ("expires_at", "9999-12-31T23:59:59Z", Reason.SCHEMA, "expires_at"),
        ("expires_at", "2026-11-23T09:00:00-05:00", Reason.SCHEMA, "expires_at"),
        ("reply-to", "help@example.com", Reason.SCHEMA, "reply-to"),
    ],
)
def test_what_is_wrong_is_named(whole: Fields, path: str, value: object, reason: Reason, field: str) -> None:
    error = refused(nested(whole, path, value))
    assert (error.reason, error.field) == (reason, field)
    assert error.message_id == (None if path == "message_id" else "order-1042-confirmation")


@pytest.mark.parametrize(
    "content",
    [
        {"subject": "Hola"},
        {"subject": "", "text": "x"},
        {"subject": "Hola\r\nBcc: x", "text": "x"},
        {"subject": "Hola\x85", "text": "x"},
        {"text": "x"},
        {"subject": "Hola", "text": ""},
        {"subject": "Hola", "body": "x"},
    ],
)
def test_content_that_is_no_mail_is_refused(least: Fields, content: Fields) -> None:
    del least["template"]
    assert refused({**least, "content": content}).field.startswith("content")


def test_it_expires_after_it_was_made(least: Fields) -> None:
    times = {"created_at": "2026-11-22T14:03:11Z", "expires_at": "2026-11-22T14:03:11Z"}
    assert refused({**least, **times}).field == "expires_at"


@pytest.mark.parametrize(
    "name",
    [
        "From",
        "to",
        "CC",
        "Bcc",
        "Sender",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "Return-Path",
        "DKIM-Signature",
        "MIME-Version",
        "Content-Type",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "X-SES-CONFIGURATION-SET",
        "x-ses-message-tags",
        "Resent-To",
        "ARC-Seal",
        "Received",
        "Errors-To",
    ],
)
def test_headers_that_are_not_the_producers_are_refused(least: Fields, name: str) -> None:
    error = refused({**least, "headers": {name: "x"}})
    assert (error.reason, error.field) == (Reason.HEADER, f"headers.{name}")


@pytest.mark.parametrize("name", ["X-Order", "In-Reply-To", "References", "Auto-Submitted", "Listed", "Toys"])
def test_other_headers_are_the_producers(least: Fields, name: str) -> None:
    assert parse_message(json.dumps({**least, "headers": {name: "x"}})).headers == {name: "x"}


@pytest.mark.parametrize(
    ("body", "reason", "message_id"),
    [
        ("", Reason.NOT_JSON, None),
        ("order-1042", Reason.NOT_JSON, None),
        (b"\xff\xfe", Reason.NOT_JSON, None),
        ("\ufeff{}", Reason.NOT_JSON, None),
        ("\ud800", Reason.NOT_JSON, None),
        ('{"message_id": "a"', Reason.NOT_JSON, None),
        ("[]", Reason.SCHEMA, None),
        ("null", Reason.SCHEMA, None),
        ('"text"', Reason.SCHEMA, None),
        ('{"message_id": "a"}', Reason.SCHEMA, "a"),
        ('{"message_id": "a", "data": {"x": 1, "x": 2}}', Reason.NOT_JSON, "a"),
        ('{"message_id": "a", "message_id": "b"}', Reason.NOT_JSON, None),
        ('{"message_id": "a", "data": {"message_id": 1, "message_id": 2}}', Reason.NOT_JSON, None),
        ('{"message_id": "a", "data": NaN}', Reason.NOT_JSON, None),
        ('{"message_id": "a", "data": -Infinity}', Reason.NOT_JSON, None),
        ('{"message_id": "a", "data": ' + "9" * 5000 + "}", Reason.NOT_JSON, None),
        ("[" * 100_000, Reason.SCHEMA, None),
        ('{"message_id": "a", "data": ' + "[" * 400 + "]" * 400 + "}", Reason.SCHEMA, "a"),
        ('{"a":' * 400 + "1" + "}" * 400, Reason.SCHEMA, None),
    ],
)
def test_bodies_that_are_no_message(body: str | bytes, reason: Reason, message_id: str | None) -> None:
    error = refused(body)
    assert (error.reason, error.message_id) == (reason, message_id)


def test_half_a_surrogate_pair_is_not_json(least: Fields) -> None:
    error = refused({**least, "data": {"name": "\ud83d"}})
    assert (error.reason, error.message_id) == (Reason.NOT_JSON, "order-1042-confirmation")


def test_a_number_beyond_doubles_is_refused(least: Fields) -> None:
    error = refused(json.dumps({**least, "data": {"n": "N"}}).replace('"N"', "1e999"))
    assert (error.reason, error.field) == (Reason.TEMPLATE_DATA, "data")


def test_the_deepest_allowed_nesting_is_read(least: Fields) -> None:
    lists: list[Any] = []
    for _ in range(MAX_DEPTH - 3):
        lists = [lists]
    assert parse_message(json.dumps({**least, "data": {"deep": lists}})).data == {"deep": lists}
    assert "deep" in refused({**least, "data": {"deep": [lists]}}).detail


@pytest.mark.parametrize("filler", ["a", "é", "语", "😀"])
def test_the_limit_counts_bytes(least: Fields, filler: str) -> None:
    empty = json.dumps({**least, "data": {"x": ""}}, ensure_ascii=False)
    room = MAX_BODY_BYTES - len(empty)
    fitting = empty.replace('"x": ""', '"x": "' + filler * (room // len(filler.encode())) + '"')
    assert parse_message(fitting).message_id == "order-1042-confirmation"
    over = fitting + " " * (MAX_BODY_BYTES + 1 - len(fitting.encode()))
    assert refused(over).reason is Reason.TOO_LARGE
    assert refused(over.encode()).reason is Reason.TOO_LARGE


def test_an_error_repeats_no_value_of_the_message(whole: Fields) -> None:
    secret = "maria.secret@example.com"
    broken = [
        nested(whole, "to.email", secret + " x"),
        nested(whole, "to.name", secret + "\n"),
        nested(whole, "schema", secret),
        nested(whole, secret.replace(".", "_"), 1),
        nested(whole, "headers", {"List-" + secret: "x"}),
        nested(whole, "headers", {secret: secret, secret.upper(): "x"}),
        nested(whole, "tags", {secret: "\n"}),
        nested(whole, "message_id", secret),
        nested(whole, "locale", secret),
        nested(whole, "attachments.0.s3", secret),
        {**whole, "to": {secret: 1}},
        {**whole, "to": {"email": "a@example.com", f"{secret}` - at `$.to": 1}},
        {**whole, f"x - at `$.{secret}": 1},
        {**whole, f"x` - at `$.{secret}": 1},
        {**whole, f"x` - at `key` in `$.{secret}": 1},
    ]
    for fields in broken:
        error = refused(fields)
        assert "secret" not in str(error).lower(), error.field
        assert error.__cause__ is None
    repeated = refused(f'{{"{secret}": 1, "{secret}": 2}}')
    assert "secret" not in str(repeated)
