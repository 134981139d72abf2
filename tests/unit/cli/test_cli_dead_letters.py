from __future__ import annotations

import json

import pytest

from postroad.cli.dead_letters import UNKNOWN, DeadLetter, read_dead_letter
from postroad.contract.words import RECEIVES_EXHAUSTED

MESSAGE = {
    "schema": "postroad.message.v1",
    "message_id": "order-1042",
    "stream": "transactional",
    "template": "order_confirmation",
    "to": {"email": "ana.ruiz@example.com"},
}


def read(
    body: str, attributes: dict[str, str] | None = None, system: dict[str, str] | None = None
) -> DeadLetter:
    return read_dead_letter(sqs_id="sqs-1", body=body, attributes=attributes or {}, system=system or {})


def test_postroad_s_own_reason_comes_first() -> None:
    letter = read(
        json.dumps(MESSAGE),
        {"reason": "unknown_template", "field": "template", "detail": "no such"},
        {"DeadLetterQueueSourceArn": "arn", "SentTimestamp": "1763812800000", "ApproximateReceiveCount": "3"},
    )
    assert (letter.reason, letter.field, letter.detail) == ("unknown_template", "template", "no such")
    assert letter.sent.isoformat() == "2025-11-22T12:00:00+00:00"
    assert letter.receives == 3


def test_what_sqs_moved_has_been_received_too_often() -> None:
    letter = read(json.dumps(MESSAGE), {}, {"DeadLetterQueueSourceArn": "arn"})
    assert letter.reason == RECEIVES_EXHAUSTED
    assert letter.message_id == "order-1042"


def test_a_batch_of_rows_that_lambda_gave_up() -> None:
    note = {
        "requestContext": {"condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {"batchSize": 7, "shardId": "s"},
    }
    letter = read(json.dumps(note))
    assert letter.reason == "RetryAttemptsExhausted"
    assert letter.detail.startswith("7 changed rows")
    assert letter.message_id is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (json.dumps(MESSAGE), "order-1042"),
        (json.dumps({**MESSAGE, "to": {"email": "no address"}}), "order-1042"),
        (json.dumps({**MESSAGE, "message_id": "two words"}), None),
        ("not json", None),
        ("[]", None),
        ("null", None),
    ],
)
def test_the_message_id_is_read_where_it_is_safe(body: str, expected: str | None) -> None:
    letter = read(body)
    assert letter.message_id == expected
    assert letter.reason == UNKNOWN


def test_the_id_that_postroad_noted_is_trusted_over_a_body_kept_elsewhere() -> None:
    assert read("{}", {"reason": "too_large", "message_id": "order-9"}).message_id == "order-9"
