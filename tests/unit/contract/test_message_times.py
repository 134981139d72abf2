from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroad.contract.message import Message
from postroad.contract.parser import InvalidMessage, parse_message
from postroad.contract.times import check_time, expires_on, is_expired
from postroad.contract.words import Reason

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def message(least: dict[str, Any]) -> Any:  # noqa: ANN401 - a factory of messages
    def build(**times: datetime) -> Message:
        return parse_message(
            json.dumps({**least, **{name: time.isoformat() for name, time in times.items()}})
        )

    return build


def test_a_message_without_times_may_go_at_once(message: Any) -> None:  # noqa: ANN401  any JSON
    check_time(message(), NOON)


def test_a_message_may_ask_to_wait_for_a_year_and_no_longer(message: Any) -> None:  # noqa: ANN401  any JSON
    check_time(message(send_at=NOON), NOON)
    check_time(message(send_at=NOON + 366 * DAY), NOON)
    with pytest.raises(InvalidMessage) as caught:
        check_time(message(send_at=NOON + 366 * DAY + SECOND), NOON)
    assert (caught.value.reason, caught.value.field) == (Reason.SCHEMA, "send_at")
    assert caught.value.message_id == "order-1042-confirmation"


def test_a_producers_clock_may_be_a_day_ahead_and_no_more(message: Any) -> None:  # noqa: ANN401  any JSON
    check_time(message(created_at=NOON + DAY), NOON)
    with pytest.raises(InvalidMessage) as caught:
        check_time(message(created_at=NOON + DAY + SECOND), NOON)
    assert caught.value.field == "created_at"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, NOON + 21 * DAY),
        ({"created_at": NOON - DAY}, NOON + 20 * DAY),
        ({"created_at": NOON - DAY, "send_at": NOON + 3 * DAY}, NOON + 24 * DAY),
        ({"created_at": NOON, "send_at": NOON - 3 * DAY}, NOON + 21 * DAY),
        ({"send_at": NOON - 3 * DAY}, NOON + 21 * DAY),
        ({"created_at": NOON, "expires_at": NOON + DAY}, NOON + DAY),
        ({"created_at": NOON, "expires_at": NOON + 30 * DAY}, NOON + 21 * DAY),
        ({"created_at": datetime(2199, 12, 31, tzinfo=UTC)}, datetime(2200, 1, 21, tzinfo=UTC)),
    ],
)
def test_a_message_lives_for_21_days_or_until_it_says(
    message: Any,  # noqa: ANN401  any JSON
    times: dict[str, datetime],
    expected: datetime,
) -> None:
    built = message(**times)
    assert expires_on(built, received_at=NOON) == expected
    assert not is_expired(built, received_at=NOON, now=expected - SECOND)
    assert is_expired(built, received_at=NOON, now=expected)
