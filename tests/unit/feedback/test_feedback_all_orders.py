"""All that SES says of one message, in every order and with copies: one row, the same counts and stops."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product

import pytest

from postroad.contract.words import BounceKind, Reason, Status
from postroad.feedback.counting import metric_of
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.folding import fold
from postroad.feedback.suppressing import entry_for
from postroad.ledger.row import Row
from postroad.observability import Metric
from postroad.stats.counts import Cell, Sums, add, counts, difference
from postroad.stats.words import Metric as StatsMetric
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS

pytestmark = pytest.mark.slow
T0 = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
STREAM = "transactional"


def said(
    kind: EventKind,
    seconds: float,
    *,
    word: str = "",
    bounce: BounceKind | None = None,
    link: str = "",
    is_machine: bool = False,
) -> FeedbackEvent:
    return FeedbackEvent(
        kind=kind,
        at=T0 + timedelta(seconds=seconds),
        accepted_at=T0,
        ses_message_id="ses-1",
        message_id="order-1042",
        attempt=1,
        recipient="ana.ruiz@example.com",
        bounce=bounce,
        word=word,
        link=link,
        is_machine=is_machine,
        feedback_id=f"feedback-{kind}-{seconds}",
    )


EVENTS = (
    said(EventKind.SEND, 0),
    said(EventKind.DELIVERY, 3),
    said(EventKind.BOUNCE, 4, word="General", bounce=BounceKind.HARD),
    said(EventKind.BOUNCE, 4.5, word="OnAccountSuppressionList", bounce=BounceKind.HARD),
    said(EventKind.BOUNCE, 5, word="MailboxFull", bounce=BounceKind.SOFT),
    said(EventKind.BOUNCE, 6, word="Undetermined", bounce=BounceKind.UNDETERMINED),
    said(EventKind.COMPLAINT, 900, word="abuse"),
    said(EventKind.COMPLAINT, 901, word="OnAccountSuppressionList"),
    said(EventKind.COMPLAINT, 902, word="not-spam"),
    said(EventKind.DELIVERY_DELAY, 2, word="General"),
    said(EventKind.REJECT, 1, word="Bad content"),
    said(EventKind.RENDERING_FAILURE, 1),
    said(EventKind.OPEN, 43),
    said(EventKind.OPEN, 44, is_machine=True),
    said(EventKind.CLICK, 43.2, link="one"),
    said(EventKind.CLICK, 43.4, link="two"),
    said(EventKind.CLICK, 700, link="one"),
)
"""Each kind; of some two that differ in what they mean. The pixel and both of its clicks are a burst."""

ROW = Row(message_id="order-1042", status=Status.SENT, stream=STREAM, attempt=1, links=2)
STARTS = (
    replace(ROW, ses_ids={"1": "ses-1"}, times={"sent": T0}),
    replace(ROW, status=Status.CLAIMED, reason=Reason.UNKNOWN_OUTCOME, owner="someone"),
)


@dataclass(frozen=True)
class Left:
    """What some events leave behind."""

    row: Row
    counted: tuple[Metric, ...] = ()
    stats: frozenset[tuple[Cell, StatsMetric, int]] = frozenset()
    """What `outcomes` has added up in the table Stats."""

    def after(self, event: FeedbackEvent) -> "Left":
        move = fold(self.row, [event])
        news = [metric for metric in map(metric_of, move.news) if metric is not None]
        counted = tuple(sorted((*self.counted, *news)))
        if not move.changes:
            return Left(move.after, counted, self.stats)
        sums: Sums = {}
        for cell, metric, count in self.stats:
            add(sums, cell, {metric: count})
        for cell, metrics in difference(move.before, move.after).items():
            add(sums, cell, metrics)
        return Left(move.after, counted, flat(sums))


def flat(sums: Sums) -> frozenset[tuple[Cell, StatsMetric, int]]:
    return frozenset(
        (cell, metric, count) for cell, metrics in sums.items() for metric, count in metrics.items()
    )


@pytest.mark.parametrize("start", STARTS, ids=lambda start: str(start.status))
def test_every_order_and_copy_of_up_to_four_events_leaves_the_same_row_and_counters(start: Row) -> None:
    """All sequences of up to four events, copies among them; those of the same events must end alike."""
    ends: dict[tuple[int, ...], Left] = {(): Left(start, stats=flat(counts(start)))}
    by_events: dict[frozenset[int], Left] = {}
    for length in range(1, 5):
        for sequence in product(range(len(EVENTS)), repeat=length):
            end = ends[sequence[:-1]].after(EVENTS[sequence[-1]])
            if length < 4:
                ends[sequence] = end
            assert by_events.setdefault(frozenset(sequence), end) == end, sequence
    assert all(end.stats == flat(counts(end.row)) for end in by_events.values())
    both = [by_events[frozenset({12, 14, 15})].row.engaged, by_events[frozenset({12, 14, 16})].row.engaged]
    assert [set(one) for one in both] == [{"machine_opened", "machine_clicked"}, {"opened", "clicked"}]


def test_every_order_and_copy_of_up_to_four_events_suppresses_alike() -> None:
    stopping = [event for event in EVENTS if not event.asks_for_nothing and entry_for(event) is not None]
    assert len(stopping) == 4
    by_events: dict[frozenset[int], object] = {}
    for length in range(1, 5):
        for sequence in product(range(len(stopping)), repeat=length):
            suppressions = MemorySuppressions()
            for event in (stopping[one] for one in sequence):
                entry = entry_for(event)
                assert entry is not None
                suppressions.suppress("k1.ana", event.recipient, ALL_STREAMS, entry)
            history = sorted(suppressions.history("k1.ana"), key=lambda line: line.evidence)
            left = (suppressions.find(["k1.ana"]), history)
            assert by_events.setdefault(frozenset(sequence), left) == left, sequence


@pytest.mark.parametrize("start", STARTS, ids=lambda start: str(start.status))
def test_events_taken_together_are_those_taken_one_by_one(start: Row) -> None:
    for events in combinations(EVENTS, 3):
        together, apart = fold(start, events), Left(start, stats=flat(counts(start)))
        for event in events:
            apart = apart.after(event)
        news = [metric for metric in map(metric_of, together.news) if metric is not None]
        assert Left(together.after, tuple(sorted(news)), flat(counts(together.after))) == apart
