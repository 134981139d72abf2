"""Random steps over the whole: in whatever order they come, nothing is lost and nothing leaves twice.

After its steps everything is made well again, and the functions run until all is quiet.
"""

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from postroad.contract.words import Reason, Status
from postroad.feedback.event import EventKind
from postroad.ledger.row import UNSETTLED
from postroad.suppression.model import ScopeEntry
from tests.matrix.bulk_gates import ROWS, BulkAt, Fates, RowFate
from tests.matrix.gates import PHASES, REQUEST, Call, FaultAt, FaultOn, plain
from tests.matrix.operators import cancel, drop, pause, redrive, resume
from tests.matrix.proofs import check_nothing_lost, check_nothing_twice, place_of
from tests.matrix.ses_stand_in import BULK_ALONE, USUAL, Fate, Weather, payload_of
from tests.matrix.whole import DISPATCH, FEEDBACK, MINUTE, SEND, Whole
from tests.sending_world import World, make_message

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)
MOST_MESSAGES = 12
EXAMPLES = 80
STEPS = 30

FATES = [USUAL, BULK_ALONE, Fate(copies=2), Fate(fast=None, bulk=100 * SECOND), Fate(bulk=timedelta())]
TIMES = [SECOND, 20 * SECOND, 95 * SECOND, 3 * MINUTE, 7 * MINUTE, 30 * MINUTE]
FINAL = frozenset(status.value for status in set(Status) - UNSETTLED)


class Machine(RuleBasedStateMachine):
    """The whole, and what may happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = Whole(can_freeze=True)

    def _any_id(self, number: int) -> str:
        return self.whole.enqueued[number % len(self.whole.enqueued)]

    def _has_messages(self) -> bool:
        return bool(self.whole.enqueued)

    @initialize(
        phase=st.sampled_from(sorted(PHASES)),
        fate=st.sampled_from(FATES),
        times=st.integers(0, 3),
        threads=st.sampled_from([1, 3]),
    )
    def begin(self, phase: str, fate: Fate, times: int, threads: int) -> None:
        """Begin where something happens: messages are on the queue, and requests may go wrong."""
        self.whole.settings["threads"] = threads  # so many messages are claimed and marked together
        self.events_come_otherwise(fate)
        self.requests_go_wrong(phase, times)
        self.enqueue(None, expires=False, copies=2)
        self.enqueue(4, expires=False, copies=1)
        self.enqueue(None, expires=True, copies=1)

    @rule(delay=st.sampled_from([None, 1, 4, 30]), expires=st.booleans(), copies=st.sampled_from([1, 1, 2]))
    def enqueue(self, delay: int | None, expires: bool, copies: int) -> None:  # noqa: FBT001  a strategy's
        whole = self.whole
        if len(whole.enqueued) == MOST_MESSAGES:
            return
        now = whole.clock.now()
        changes: dict[str, Any] = {}
        if delay is not None:
            changes["send_at"] = (now + delay * MINUTE).isoformat()
        if expires:
            changes["expires_at"] = (now + 40 * MINUTE).isoformat()
        whole.enqueue(make_message(f"m-{len(whole.enqueued) + 1}", **changes), copies=copies)

    @rule()
    def deliver(self) -> None:
        self.whole.send()

    @rule(fast=st.booleans())
    def feedback(self, fast: bool) -> None:  # noqa: FBT001  a strategy's
        self.whole.carry_news()
        self.whole.feed(self.whole.fast if fast else self.whole.notices)

    @rule()
    def dispatch(self) -> None:
        self.whole.dispatch()

    @rule(
        function=st.sampled_from([SEND, SEND, FEEDBACK, DISPATCH]),
        place=st.integers(0, 12),
        phase=st.sampled_from(sorted(PHASES)),
    )
    def crash_or_throttle(self, function: str, place: int, phase: str) -> None:
        self.whole.gates[function] = FaultAt(place, PHASES[phase])

    @rule(
        function=st.sampled_from([SEND, FEEDBACK]),
        place=st.integers(0, 4),
        fates=st.tuples(*[st.sampled_from(RowFate)] * ROWS),
        dies=st.booleans(),
    )
    def some_rows_go_wrong(self, function: str, place: int, fates: Fates, dies: bool) -> None:  # noqa: FBT001  a strategy's
        self.whole.gates[function] = BulkAt(place, fates, dies)

    @rule(phase=st.sampled_from(sorted(PHASES)), times=st.integers(1, 3))
    def requests_go_wrong(self, phase: str, times: int) -> None:
        self.whole.gates[SEND] = FaultOn(REQUEST, PHASES[phase], times=times)

    @rule(time=st.sampled_from(TIMES), after=st.booleans())
    def freeze_with_a_request_in_flight(self, time: timedelta, after: bool) -> None:  # noqa: FBT001  as above
        frozen: list[str] = []

        def gate(name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
            if name != REQUEST or frozen:
                return call()
            frozen.append(name)
            if not after:
                self.whole.freeze(time)
            answer = call()
            if after:
                self.whole.freeze(time)
            return answer

        self.whole.gates[SEND] = gate

    @rule(time=st.sampled_from(TIMES))
    def time_passes(self, time: timedelta) -> None:
        self.whole.pass_time(time)

    @rule(phase=st.sampled_from(sorted(PHASES)), fate=st.sampled_from(FATES), time=st.sampled_from(TIMES))
    def a_request_goes_wrong_and_time_passes(self, phase: str, fate: Fate, time: timedelta) -> None:
        self.events_come_otherwise(fate)
        self.requests_go_wrong(phase, 1)
        self.enqueue(None, expires=False, copies=2)
        self.whole.pass_time(time)

    @rule(times=st.lists(st.sampled_from(TIMES), min_size=2, max_size=4))
    def time_passes_again_and_again(self, times: list[timedelta]) -> None:
        for time in times:
            self.whole.pass_time(time)

    @rule(fate=st.sampled_from(FATES))
    def events_come_otherwise(self, fate: Fate) -> None:
        self.whole.ses.fate = lambda _: fate

    @precondition(lambda self: self.whole.ses.accepted())
    @rule(
        number=st.integers(0, 9),
        kind=st.sampled_from([EventKind.BOUNCE, EventKind.COMPLAINT, EventKind.OPEN, EventKind.SEND]),
        path=st.sampled_from(["fast", "bulk"]),
    )
    def event(self, number: int, kind: EventKind, path: str) -> None:
        mails = [taken for taken in self.whole.ses.taken if taken.message_id]
        taken = mails[number % len(mails)]
        now = self.whole.clock.now()
        self.whole.ses.report(path, now, payload_of(kind, taken, at=now))

    @rule(weather=st.sampled_from(list(Weather)))
    def ses_is(self, weather: Weather) -> None:
        self.whole.ses.weather = weather

    @rule(stuck=st.booleans(), deaf=st.booleans())
    def way_of_events_is(self, stuck: bool, deaf: bool) -> None:  # noqa: FBT001  strategies'
        self.whole.bucket.stuck, self.whole.bucket.deaf = stuck, deaf

    @rule(down=st.sets(st.sampled_from([SEND, FEEDBACK, DISPATCH])))
    def functions_are_down(self, down: set[str]) -> None:
        self.whole.down = set(down)

    @rule()
    def pause(self) -> None:
        pause(self.whole)

    @rule()
    def resume(self) -> None:
        resume(self.whole)

    @precondition(_has_messages)
    @rule(number=st.integers(0, MOST_MESSAGES))
    def suppress(self, number: int) -> None:
        email = f"{self._any_id(number)}@example.com"
        entry = ScopeEntry(Reason.MANUAL, "test", self.whole.clock.now(), None, "evidence")
        self.whole.stores.suppressions.suppress(World.key(email), email, "all", entry)

    @rule(place=st.integers(0, 8), phase=st.sampled_from(sorted(PHASES)))
    def redrive(self, place: int, phase: str) -> None:
        redrive(self.whole, FaultAt(place, PHASES[phase]))

    @precondition(_has_messages)
    @rule(number=st.integers(0, MOST_MESSAGES))
    def cancel(self, number: int) -> None:
        message_id = self._any_id(number)
        accepted = self.whole.ses.accepted()[message_id]
        if cancel(self.whole, message_id):
            assert accepted == 0, self.whole.story()

    @precondition(_has_messages)
    @rule(number=st.integers(0, MOST_MESSAGES))
    def drop(self, number: int) -> None:
        drop(self.whole, self._any_id(number))

    @invariant()
    def nothing_left_twice(self) -> None:
        check_nothing_twice(self.whole)

    @invariant()
    def nothing_is_lost(self) -> None:
        if not self.whole.frozen:
            check_nothing_lost(self.whole)

    def teardown(self) -> None:
        whole = self.whole
        whole.gates = {SEND: plain}
        whole.ses.weather = Weather.FINE
        whole.bucket.stuck = whole.bucket.deaf = False
        whole.down.clear()
        resume(whole)
        whole.run(most=timedelta(hours=8))
        check_nothing_lost(whole)
        check_nothing_twice(whole)
        for message_id in whole.enqueued:
            place = place_of(whole, message_id).where
            assert place in FINAL | {"held"}, f"{message_id} is in {place}\n{whole.story()}"


def test_nothing_is_lost_and_nothing_leaves_twice_whatever_happens() -> None:
    usual = settings.get_profile("postroad")
    run_state_machine_as_test(
        Machine,
        settings=settings(
            usual,
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
