"""A function that freezes before or after any of its calls, and thaws when others have taken over.

A request in flight may have been accepted before the freeze, or arrive at the thaw: then SES takes it while
its signature is at most five minutes old, whatever anybody has decided in between.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from postroad.errors import UnknownOutcomeError
from tests.matrix.gates import REQUEST, Call, FaultOn, Gate, plain, request_lost
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import IN_FOUR_MINUTES, ONE
from tests.matrix.ses_stand_in import BULK_ALONE, USUAL, Fate
from tests.matrix.whole import SEND, Whole

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)
# Within the lease; after it; after a take-over; just within a signature's five minutes and just after; and
# long after the message has been sent by somebody else.
FREEZES = [40 * SECOND, 95 * SECOND, 240 * SECOND, 298 * SECOND, 302 * SECOND, 600 * SECOND, 2400 * SECOND]


@dataclass
class FreezeAt:
    """Freezes the k-th call from 0, before or after its effect; the answer of a request may then be lost."""

    whole: Whole
    place: int
    time: timedelta
    after: bool
    loses_answer: bool
    inner: Gate = plain
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        self.names.append(name)
        if len(self.names) - 1 != self.place:
            return self.inner(name, call)
        if not self.after:
            self.whole.freeze(self.time)
        answer = self.inner(name, call)
        if self.after:
            self.whole.freeze(self.time)
        if self.loses_answer and name == REQUEST:
            raise UnknownOutcomeError("no answer")
        return answer


def run_frozen(
    message: dict[str, Any],
    place: int,
    time: timedelta,
    *,
    after: bool,
    copies: int,
    loses_answer: bool = False,
    fate: Fate = USUAL,
    first: Gate = plain,
) -> bool:
    """Freeze one call of a run; return whether there was one."""
    whole = Whole(can_freeze=True)
    whole.ses.fate = lambda _: fate
    gate = FreezeAt(whole, place, time, after, loses_answer, inner=first)
    whole.gates[SEND] = gate
    whole.enqueue(message, copies=copies)
    whole.run()
    check_all(whole)
    assert place_of(whole, "m-1").where == "delivered", whole.story()
    return len(gate.names) > place


def freeze_each_call(message: dict[str, Any], **case: Any) -> int:  # noqa: ANN401  of `run_frozen`
    place = 0
    while run_frozen(message, place, **case):
        place += 1
    return place


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("time", FREEZES, ids=str)
def test_a_function_that_freezes_at_any_call(time: timedelta, *, after: bool, copies: int) -> None:
    assert freeze_each_call(ONE[0], time=time, after=after, copies=copies) > 4


@pytest.mark.parametrize("fate", [USUAL, BULK_ALONE], ids=["fast", "bulk"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("time", FREEZES, ids=str)
def test_a_function_that_never_hears_the_answer_to_what_was_in_flight(
    time: timedelta, *, after: bool, fate: Fate
) -> None:
    for copies in (1, 2):
        case: dict[str, Any] = {"after": after, "copies": copies, "fate": fate, "loses_answer": True}
        assert freeze_each_call(ONE[0], time=time, **case) > 4


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("time", [FREEZES[1], FREEZES[3], FREEZES[5], FREEZES[6]], ids=str)
def test_a_function_that_freezes_over_a_message_that_waits(time: timedelta, *, after: bool) -> None:
    assert freeze_each_call(IN_FOUR_MINUTES[0], time=time, after=after, copies=1) > 10
    unknown = FaultOn(REQUEST, request_lost)
    place = 0
    while run_frozen(ONE[0], place, time, after=after, copies=1, first=unknown):
        unknown = FaultOn(REQUEST, request_lost)
        place += 1
    assert place > 15
