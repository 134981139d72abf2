"""What a producer writes into an attribute never fails a batch, and never makes a message younger."""

from datetime import UTC, datetime
from typing import Any

import pytest

from postroad.records import FIRST_SENT, decode_records

TAKEN = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
EARLIER = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


def in_milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def event(attribute: dict[str, Any]) -> dict[str, Any]:
    record = {
        "messageId": "sqs-1",
        "receiptHandle": "receipt-1",
        "body": "{}",
        "attributes": {"SentTimestamp": in_milliseconds(TAKEN), "ApproximateReceiveCount": "1"},
        "messageAttributes": {FIRST_SENT: attribute},
    }
    return {"Records": [record]}


def test_our_own_copies_carry_when_the_body_was_first_taken() -> None:
    (record,) = decode_records(event({"stringValue": in_milliseconds(EARLIER), "dataType": "String"}))
    assert record.first_sent == EARLIER


@pytest.mark.parametrize(
    "attribute",
    [
        {"stringValue": "9" * 20},
        {"stringValue": "9" * 5000},
        {"stringValue": "999999999999999"},
        {"stringValue": "-1"},
        {"stringValue": "²"},
        {"stringValue": "soon"},
        {"stringValue": None},
        {"binaryValue": "AAAA", "dataType": "Binary"},
    ],
)
def test_an_odd_attribute_is_passed_over(attribute: dict[str, Any]) -> None:
    (record,) = decode_records(event(attribute))
    assert record.first_sent == TAKEN
