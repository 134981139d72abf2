"""Clocks that jump between two calls: over a lease, the watermark, what the tables keep, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.words import Status
from tests.matrix.gates import (
    REQUEST,
    Call,
    FaultOn,
    Gate,
    Phase,
    answer_lost,
    dies_after,
    plain,
    request_lost,
)
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import IN_FOUR_MINUTES, ONE
from tests.matrix.ses_stand_in import BULK_ALONE
from tests.matrix.whole import MINUTE, SEND, Whole
from tests.sending_world import SETTINGS, make_message

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
FORWARD = [
    2 * SECOND,  # a suppression grows stale at five
    6 * SECOND,
    (SETTINGS.lease_seconds + 1) * SECOND,
    (SETTINGS.evidence_seconds + 1) * SECOND,
    (SETTINGS.lease_seconds + SETTINGS.evidence_after_crash_seconds + 1) * SECOND,
    timedelta(hours=1),
    5 * DAY,
]
BACK = [-2 * SECOND, -30 * SECOND, -60 * SECOND]
"""Clocks of AWS differ by far less. Evidence has a margin of two minutes: past that nothing is promised."""


@dataclass
class JumpAt:
    """Moves the clock before the k-th call, from 0."""

    whole: Whole
    place: int
    jump: timedelta
    inner: Gate = plain
    calls: int = 0

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        if self.calls == self.place:
            self.whole.clock.at += self.jump
            self.whole.tell(f"the clock jumps by {self.jump}")
        self.calls += 1
        return self.inner(name, call)


def jump_at_each_call(make: Callable[[], Whole], jump: timedelta) -> int:
    for place in range(100):
        whole = make()
        gate = JumpAt(whole, place, jump, whole.gates.get(SEND, plain))
        whole.gates[SEND] = gate
        whole.run()
        whole.run()  # the first may have ended where the clock jumped past it
        check_all(whole)
        assert place_of(whole, "m-1").where == "delivered", whole.story()
        if gate.calls <= place:
            return place
    raise AssertionError("a run that never ends")


def begin(message: dict[str, Any], first: Phase | None, copies: int = 1) -> Callable[[], Whole]:
    def make() -> Whole:
        whole = Whole()
        whole.ses.fate = lambda _: BULK_ALONE
        if first is not None:
            whole.gates[SEND] = FaultOn(REQUEST, first)
        whole.enqueue(message, copies=copies)
        return whole

    return make


@pytest.mark.parametrize("jump", FORWARD + BACK, ids=str)
@pytest.mark.parametrize("first", [None, answer_lost, request_lost, dies_after])
def test_a_clock_that_jumps_at_any_call(first: Phase | None, jump: timedelta) -> None:
    assert jump_at_each_call(begin(ONE[0], first), jump) > 3
    assert jump_at_each_call(begin(ONE[0], first, copies=2), jump) > 3


@pytest.mark.parametrize("jump", FORWARD[:-1] + BACK, ids=str)
def test_a_clock_that_jumps_over_a_message_s_time(jump: timedelta) -> None:
    assert jump_at_each_call(begin(IN_FOUR_MINUTES[0], None), jump) > 5


def forget_what_is_over(whole: Whole) -> None:
    """Do what DynamoDB does in its own time: delete rows past their end."""
    for row in whole.stores.ledger.rows():
        if row.expires_at is not None and row.expires_at < whole.clock.now():
            del whole.stores.ledger._rows[row.message_id]


@pytest.mark.parametrize("days", [22, 29, 40, 400])
def test_a_copy_that_outlives_its_message_s_row_ends_expired(days: int) -> None:
    whole = begin(ONE[0], None)()
    whole.run()
    whole.clock.at += days * DAY
    forget_what_is_over(whole)
    assert (whole.row("m-1") is None) == (days > 35)
    whole.enqueue(make_message("m-1"))
    whole.run()
    assert whole.ses.accepted()["m-1"] == 1
    row = whole.row("m-1")
    assert row is not None
    assert row.status is (Status.EXPIRED if days > 35 else Status.DELIVERED)


@pytest.mark.parametrize("first", [answer_lost, request_lost, dies_after])
@pytest.mark.parametrize("days", [1, 20, 23])
def test_a_row_that_waits_is_never_forgotten(days: int, first: Phase) -> None:
    whole = begin(ONE[0], first)()
    whole.bucket.stuck = True
    whole.pass_time(8 * MINUTE)
    whole.clock.at += days * DAY
    forget_what_is_over(whole)
    whole.bucket.stuck = False
    whole.run()
    check_all(whole)
    # Too old to be sent, it ends unless it was sent.
    ends = {"delivered"} if days < 21 else {"delivered", "expired"}
    assert place_of(whole, "m-1").where in ends, whole.story()
