"""The step of a journey that a message says it is."""

import json
from typing import Any

import pytest

from postroad.contract.fingerprint import fingerprint
from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import Journey
from postroad.contract.parser import parse_message
from postroad.contract.words import Reason

JOURNEY: dict[str, Any] = {
    "name": "abandoned_cart",
    "version": 2,
    "enrolment": "0123456789abcdef01234567",
    "step": "first-mail",
}


def body(**journey: object) -> str:
    return json.dumps(
        {
            "schema": "postroad.message.v1",
            "message_id": "m-1",
            "stream": "marketing",
            "template": "abandoned_cart",
            "to": {"email": "ana.ruiz@example.com"},
            "topic": "offers",
            "journey": {**JOURNEY, **journey},
        }
    )


def test_a_capped_mail_of_a_journey_waits_unless_its_step_says_otherwise() -> None:
    assert parse_message(body()).journey == Journey(**JOURNEY)
    assert Journey(**JOURNEY).if_capped == "wait"
    dropping = parse_message(body(if_capped="drop", category="reminders")).journey
    assert dropping == Journey(**JOURNEY, if_capped="drop", category="reminders")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Abandoned"),
        ("name", "abandoned-cart"),
        ("name", "cart\n"),
        ("version", 0),
        ("version", "1"),
        ("enrolment", "0123"),
        ("enrolment", "ana.ruiz@example.com"),
        ("step", ""),
        ("step", "1st"),
        ("category", ""),
        ("if_capped", "later"),
        ("if_capped", None),
    ],
)
def test_a_malformed_part_of_it_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_message(body(**{field: value}))
    assert (refused.value.reason, refused.value.field) == (Reason.SCHEMA, f"journey.{field}")
    assert str(value) not in refused.value.detail or len(str(value)) < 5


@pytest.mark.parametrize("field", sorted(JOURNEY))
def test_a_missing_part_of_it_is_named(field: str) -> None:
    document = json.loads(body())
    del document["journey"][field]
    with pytest.raises(InvalidMessage) as refused:
        parse_message(json.dumps(document))
    assert refused.value.field == f"journey.{field}"
    assert refused.value.detail.startswith("is missing: ")


def test_of_another_walk_it_is_another_message() -> None:
    other = parse_message(body(enrolment="f" * 24))
    assert fingerprint(parse_message(body())) != fingerprint(other)
    assert fingerprint(parse_message(body(if_capped="wait"))) == fingerprint(parse_message(body()))
