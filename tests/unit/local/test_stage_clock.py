"""The local stage's time: what lives by it, and what keeps the machine's."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from postroad import clock
from postroad.local.clock import FARTHEST, offset_of, put_ahead
from postroad.local.errors import LocalCloudError
from postroad.local.state import State
from postroad.records import first_sent_of
from postroad.signing.environment import time_to_sign
from postroad.times import milliseconds

TOLERANCE = timedelta(minutes=1)
DAYS = timedelta(days=30)

SetAhead = Callable[[timedelta], None]


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(
        folder=tmp_path, mark="mark", region="us-east-1", access_key_id="id", secret_access_key="secret"
    )


@pytest.fixture
def ahead(state: State) -> Iterator[SetAhead]:
    clock.follow(state.clock)
    yield lambda by: put_ahead(state, by)
    clock.follow(None)


def test_a_stage_lives_at_the_machine_s_time_until_it_is_moved(ahead: SetAhead) -> None:
    assert clock.offset() == timedelta(0)
    ahead(DAYS)
    assert clock.offset() == DAYS
    assert abs(clock.utcnow() - datetime.now(UTC) - DAYS) < TOLERANCE
    assert abs(clock.SystemClock().now() - datetime.now(UTC) - DAYS) < TOLERANCE


def test_without_a_file_there_is_no_offset(state: State) -> None:
    put_ahead(state, DAYS)
    assert clock.offset() == timedelta(0), "nothing in this process names the file"


def test_signatures_keep_the_machine_s_time(ahead: SetAhead) -> None:
    ahead(DAYS)
    assert abs(time_to_sign() - datetime.now(UTC)) < TOLERANCE


def test_time_only_goes_on(state: State) -> None:
    put_ahead(state, DAYS)
    with pytest.raises(LocalCloudError, match="can't go back"):
        put_ahead(state, DAYS - timedelta(seconds=1))
    with pytest.raises(LocalCloudError, match="too far ahead"):
        put_ahead(state, FARTHEST + timedelta(days=1))
    assert offset_of(state) == DAYS


@pytest.mark.parametrize("content", ["", "soon", "1.5"])
def test_an_offset_that_is_no_number_is_told_with_its_remedy(state: State, content: str) -> None:
    state.clock.write_text(content, encoding="ascii")
    with pytest.raises(LocalCloudError, match="can't be read") as told:
        offset_of(state)
    assert "postroad local up" in told.value.next_step


def test_what_sqs_took_just_now_is_new_on_a_stage_that_was_moved(ahead: SetAhead) -> None:
    ahead(DAYS)
    sent = str(milliseconds(datetime.now(UTC)))
    assert abs(first_sent_of(sent, "") - clock.utcnow()) < TOLERANCE


def test_what_our_copies_carry_is_the_stage_s_time_already(ahead: SetAhead) -> None:
    ahead(DAYS)
    sent = str(milliseconds(datetime.now(UTC)))
    carried = clock.utcnow() - timedelta(days=3)
    assert first_sent_of(sent, str(milliseconds(carried))) == carried.replace(
        microsecond=carried.microsecond // 1000 * 1000
    )
