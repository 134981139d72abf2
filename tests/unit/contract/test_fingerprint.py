from __future__ import annotations

import json
from typing import Any

import pytest

from postroad.contract.parser import fingerprint, parse_message

Fields = dict[str, Any]


def of(fields: Fields) -> str:
    return fingerprint(parse_message(json.dumps(fields)))


def test_it_is_the_same_in_every_version(whole: Fields) -> None:
    """Rows keep it: another value after an upgrade would turn every repetition into a conflict."""
    assert of(whole) == "2T8B2WrgFhlsDUpWplMxJQ"


def test_when_it_was_made_makes_no_difference(whole: Fields) -> None:
    assert of({**whole, "created_at": "2026-11-22T15:00:00Z"}) == of(whole)
    assert of({**whole, "created_at": None}) == of(whole)


def test_the_offset_of_a_time_makes_no_difference(whole: Fields) -> None:
    assert of({**whole, "send_at": "2026-11-23T14:00:00Z"}) == of(whole)


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "order-1042-confirmatiom"},
        {"template": "order_shipped"},
        {"to": {"email": "ana.ruiz@example.com"}},
        {"to": {"email": "Ana.Ruiz@example.com", "name": "Ana Ruiz"}},
        {"locale": "es"},
        {"locale": None},
        {"data": {}},
        {"data": {"order_id": 1042, "lines": [{"quantity": 2, "price": 12.5, "gift": None}]}},
        {"data": {"order_id": "1042", "lines": [{"quantity": 2.0, "price": 12.5, "gift": None}]}},
        {"data": {"order_id": "1042", "lines": [{"quantity": 2, "price": 12.5}]}},
        {"headers": {}},
        {"tags": {"order": "1043"}},
        {"attachments": []},
        {"send_at": "2026-11-23T09:00:01-05:00"},
        {"expires_at": None},
    ],
)
def test_everything_else_does(whole: Fields, change: Fields) -> None:
    assert of({**whole, **change}) != of(whole)
