"""Evidence before, after, late and never: while the watermark is true, no message is lost or sent twice.

And where it is made to lie (events dropped while canaries come through), what left twice is counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from postroad.contract.words import Status
from postroad.feedback.event import EventKind
from postroad.observability import Metric
from tests.matrix.gates import (
    PHASES,
    REQUEST,
    Call,
    FaultAt,
    FaultOn,
    Gate,
    Phase,
    answer_lost,
    dies_after,
    plain,
    request_lost,
)
from tests.matrix.proofs import (
    check_all,
    check_nothing_lost,
    check_what_left_twice_was_counted,
    place_of,
    surplus,
)
from tests.matrix.scenarios import ONE
from tests.matrix.ses_stand_in import BULK_ALONE, NEVER, USUAL, Fate, payload_of
from tests.matrix.whole import DISPATCH, FEEDBACK, MINUTE, SEND, Whole

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LATEST = 115 * SECOND
"""A little less than what lies between a claim and the watermark that decides about it."""

FATES: dict[str, Fate] = {
    "both paths": USUAL,
    "bulk alone": BULK_ALONE,
    "fast alone": Fate(bulk=None),
    "at once": Fate(fast=timedelta(), bulk=timedelta()),
    "as late as may be": Fate(fast=None, bulk=LATEST),
    "fast, and late by bulk": Fate(fast=SECOND, bulk=10 * MINUTE),
    "four copies": Fate(copies=4),
    "delivery first": Fate(kinds=(EventKind.DELIVERY, EventKind.SEND)),
    "delivery alone": Fate(kinds=(EventKind.DELIVERY,)),
}
FIRST: dict[str, Phase] = {"answer lost": answer_lost, "request lost": request_lost} | {
    name: phase for name, phase in PHASES.items() if name.startswith("dies")
}


def unknown(first: Phase, fate: Fate = USUAL, **settings: Any) -> Whole:  # noqa: ANN401  any setting
    """Begin a run whose first request goes wrong."""
    whole = Whole(settings=settings)
    whole.ses.fate = lambda _: fate
    whole.gates[SEND] = FaultOn(REQUEST, first)
    whole.enqueue(ONE[0])
    return whole


def check_delivered(whole: Whole) -> None:
    check_all(whole)
    assert place_of(whole, "m-1").where == "delivered", whole.story()


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("first", FIRST)
def test_evidence_decides_however_it_comes(first: str, fate: str) -> None:
    whole = unknown(FIRST[first], FATES[fate])
    whole.run()
    check_all(whole)
    # The fast path does not carry deliveries.
    end = "sent" if fate == "fast alone" else "delivered"
    assert place_of(whole, "m-1").where == end, whole.story()


@pytest.mark.parametrize("first", FIRST)
def test_evidence_that_beats_the_answer(first: str) -> None:
    whole = unknown(FIRST[first], Fate(fast=timedelta(), bulk=SECOND))
    inner = whole.gates[SEND]

    def events_first(name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        def with_events() -> Any:  # noqa: ANN401  as above
            answer = call()
            whole.carry_news()
            whole.feed(whole.fast)
            return answer

        return inner(name, with_events if name == REQUEST else call)

    whole.gates[SEND] = events_first
    whole.run()
    check_delivered(whole)


def stuck(whole: Whole) -> None:
    whole.bucket.stuck = True


def deaf(whole: Whole) -> None:
    whole.bucket.deaf = True


def feedback_down(whole: Whole) -> None:
    whole.down.add(FEEDBACK)


def dispatch_down(whole: Whole) -> None:
    whole.down.add(DISPATCH)


def all_down(whole: Whole) -> None:
    whole.down |= {DISPATCH, FEEDBACK, SEND}


def well(whole: Whole) -> None:
    whole.bucket.stuck = whole.bucket.deaf = False
    whole.down.clear()


OUTAGES = [stuck, deaf, feedback_down, dispatch_down, all_down]


@pytest.mark.parametrize("lasts", [3 * MINUTE, 12 * MINUTE, HOUR], ids=str)
@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("first", FIRST)
def test_an_outage_of_the_way_of_events_lets_messages_wait(
    first: str, outage: Callable[[Whole], None], lasts: timedelta
) -> None:
    for begins in (timedelta(), 2 * SECOND, 150 * SECOND, 5 * MINUTE):
        whole = unknown(FIRST[first], BULK_ALONE)
        whole.pass_time(begins)
        outage(whole)
        whole.pass_time(lasts)
        check_all(whole)
        well(whole)
        whole.run()
        check_delivered(whole)


@pytest.mark.parametrize("first", FIRST)
def test_evidence_that_never_comes_lets_a_message_wait_for_ever(first: str) -> None:
    whole = unknown(FIRST[first], NEVER)
    whole.bucket.stuck = True
    whole.pass_time(5 * HOUR)
    check_all(whole)
    assert place_of(whole, "m-1").where in ("schedule", "queue")
    assert whole.ses.accepted()["m-1"] == (FIRST[first] in (answer_lost, dies_after))


@pytest.mark.parametrize("delays", [[9, 0, 0], [0, 9, 0], [9, 6, 3], [25, 0, 0], [0, 25, 0]], ids=str)
@pytest.mark.parametrize("first", FIRST)
def test_objects_that_are_told_of_in_another_order(first: str, delays: list[int]) -> None:
    for skipped in range(4):
        whole = unknown(FIRST[first], BULK_ALONE)
        whole.bucket.notice_delays = [timedelta()] * skipped + [delay * MINUTE for delay in delays]
        whole.run()
        check_delivered(whole)


# All that SES may say of a mail, in every order, with copies: the row is the same.

KINDS = (EventKind.SEND, EventKind.DELIVERY, EventKind.BOUNCE, EventKind.COMPLAINT)
STATUS = {
    EventKind.SEND: Status.SENT,
    EventKind.DELIVERY: Status.DELIVERED,
    EventKind.BOUNCE: Status.BOUNCED,
    EventKind.COMPLAINT: Status.COMPLAINED,
}


@pytest.mark.parametrize(
    ("first", "path", "longest"),
    [
        ("answer lost", "both", 4),
        ("answer lost", "fast", 3),
        ("answer lost", "bulk", 3),
        ("dies after", "both", 3),
    ],
)
def test_every_order_of_up_to_four_events_with_copies(first: str, path: str, longest: int) -> None:
    found: dict[frozenset[EventKind], Any] = {}
    for length in range(1, longest + 1):
        for kinds in product(KINDS, repeat=length):
            whole = unknown(FIRST[first], NEVER)
            whole.send()
            taken = whole.ses.taken[0]
            for index, kind in enumerate(kinds):
                way = ("fast", "bulk")[index % 2] if path == "both" else path
                payload = payload_of(kind, taken, at=taken.at + KINDS.index(kind) * SECOND)
                whole.ses.report(way, whole.clock.now() + index * SECOND, payload)
            whole.run()
            check_all(whole)
            row = whole.row("m-1")
            assert row is not None
            assert row.status is STATUS[max(kinds, key=KINDS.index)], whole.story()
            same = (row.status, row.reason, row.ses_ids, row.bounce, row.owner, row.evidence_after)
            times = {word: at for word, at in row.times.items() if word != "claimed"}
            assert found.setdefault(frozenset(kinds), (same, times)) == (same, times)
    assert len(found) == 15 - (longest < len(KINDS))


# Where the watermark is made to lie.


def lie(whole: Whole, lies: int) -> None:
    """Let no path hear of the first mails of the message, while its canaries come through."""
    whole.ses.fate = lambda taken: NEVER if len(whole.ses.mails_of(taken.message_id)) <= lies else USUAL


def tell_late(whole: Whole, *, path: str, after: timedelta) -> None:
    """Let what was kept back come after all."""
    for taken in whole.ses.mails_of("m-1"):
        if taken.ses_id not in whole.ses.told:
            for kind in (EventKind.SEND, EventKind.DELIVERY):
                payload = payload_of(kind, taken, at=taken.at)
                whole.ses.report(path, whole.clock.now() + after, payload)


@pytest.mark.parametrize("path", ["fast", "bulk"])
@pytest.mark.parametrize("first", ["answer lost", "dies after"])
@pytest.mark.parametrize("lies", [1, 2, 3])
def test_what_left_twice_because_the_watermark_lied_is_counted(lies: int, first: str, path: str) -> None:
    whole = unknown(FIRST[first])
    whole.gates[SEND] = FaultOn(REQUEST, FIRST[first], times=lies)
    lie(whole, lies)
    whole.run()
    assert surplus(whole) == lies
    assert whole.counted(Metric.DUPLICATES) == 0

    tell_late(whole, path=path, after=SECOND)
    whole.run()

    check_nothing_lost(whole)
    check_what_left_twice_was_counted(whole)
    assert whole.counted(Metric.DUPLICATES) == lies


@dataclass
class LateAt:
    """Lets what was kept back come before the k-th call that follows the first acceptance."""

    whole: Whole
    path: str
    place: int
    inner: Gate
    calls: int = 0

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        whole = self.whole
        if whole.ses.taken:
            if self.calls == self.place:
                tell_late(whole, path=self.path, after=timedelta())
                whole.carry_news()
                if whole.bucket.waiting:
                    whole.announce()
                whole.feed(whole.fast if self.path == "fast" else whole.notices)
            self.calls += 1
        return self.inner(name, call)


@pytest.mark.parametrize("path", ["fast", "bulk"])
@pytest.mark.parametrize("first", ["answer lost", "dies after"])
def test_late_evidence_at_any_call_of_the_second_attempt(first: str, path: str) -> None:
    left_twice: set[int] = set()
    for place in range(200):
        whole = unknown(FIRST[first])
        lie(whole, 1)
        gate = LateAt(whole, path, place, whole.gates[SEND])
        whole.gates[SEND] = gate
        whole.run()
        if gate.calls <= place:
            break
        check_nothing_lost(whole)
        check_what_left_twice_was_counted(whole)
        left_twice.add(surplus(whole))
    assert left_twice == {0, 1}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("function", [SEND, FEEDBACK])
def test_what_left_twice_is_counted_whoever_dies_meanwhile(function: str, phase: str) -> None:
    left_twice: set[int] = set()
    for place in range(200):
        whole = unknown(answer_lost)
        lie(whole, 1)
        gate = FaultAt(place, PHASES[phase], inner=whole.gates.get(function, plain))
        whole.gates[function] = gate
        whole.run()
        tell_late(whole, path="bulk", after=SECOND)
        whole.run()
        if not gate.struck:
            break
        check_nothing_lost(whole)
        check_what_left_twice_was_counted(whole)
        left_twice.add(surplus(whole))
    assert 1 in left_twice


def test_a_message_that_the_stream_holds_is_never_sent_again_by_itself() -> None:
    for phase in FIRST.values():
        whole = unknown(phase, NEVER, unknown_outcome="hold")
        whole.run(most=3 * HOUR)
        check_all(whole)
        assert place_of(whole, "m-1").where == "held"
