"""The rank, and that neither order nor copies matter."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.contract.words import BounceKind, Reason, Status
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.status import MOST_SES_NOTES, apply_event, is_news
from postroad.feedback.verdict import strength, verdict_of
from postroad.ledger.duplicates import duplicates_between
from postroad.ledger.row import LEAST_RETENTION, UNSETTLED, Row

T0 = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
HARD, SOFT, UNDETERMINED = BounceKind.HARD, BounceKind.SOFT, BounceKind.UNDETERMINED


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def event(
    kind: EventKind, minutes: float = 1, *, bounce: BounceKind | None = None, word: str = "", attempt: int = 1
) -> FeedbackEvent:
    return FeedbackEvent(
        kind=kind,
        at=T0 if kind is EventKind.SEND else at(minutes),
        accepted_at=T0 + timedelta(hours=attempt - 1),
        ses_message_id=f"ses-{attempt}",
        message_id="order-1042",
        attempt=attempt,
        recipient="ana.ruiz@example.com",
        bounce=bounce if kind is EventKind.BOUNCE else None,
        word=word,
    )


def bounced(bounce: BounceKind, minutes: float = 3, word: str = "General", attempt: int = 1) -> FeedbackEvent:
    return event(EventKind.BOUNCE, minutes, bounce=bounce, word=word, attempt=attempt)


SEND = event(EventKind.SEND)
DELIVERY = event(EventKind.DELIVERY, 2)
HARD_BOUNCE = bounced(HARD)
SOFT_BOUNCE = bounced(SOFT, 4, "MailboxFull")
UNDETERMINED_BOUNCE = bounced(UNDETERMINED, 5, "Undetermined")
COMPLAINT = event(EventKind.COMPLAINT, 90, word="abuse")
NOT_SPAM = event(EventKind.COMPLAINT, 95, word="not-spam")
DELAY = event(EventKind.DELIVERY_DELAY, 1, word="MailboxFull")
REJECT = event(EventKind.REJECT, 0, word="Bad content")
RENDERING_FAILURE = event(EventKind.RENDERING_FAILURE, 0)
OPEN = event(EventKind.OPEN, 20)
MACHINE_OPEN = replace(event(EventKind.OPEN, 2.5), is_machine=True)
CLICK = replace(event(EventKind.CLICK, 20.05), link="one")

KINDS = (
    SEND, DELIVERY, HARD_BOUNCE, bounced(HARD, 2.5, "OnAccountSuppressionList"), SOFT_BOUNCE,
    UNDETERMINED_BOUNCE, COMPLAINT, NOT_SPAM, DELAY, event(EventKind.DELIVERY_DELAY, 7, word="General"),
    REJECT, RENDERING_FAILURE, OPEN,
)  # fmt: skip
"""One or two of everything; some share a status and differ in time or reason."""


def row(status: Status = Status.SENT, *, attempt: int = 1, **fields: object) -> Row:
    base = Row(message_id="order-1042", status=status, attempt=attempt, stream="transactional")
    if status is Status.SENT:
        base = replace(
            base, times={"sent": at(0.01)}, ses_ids={"1": "ses-1"}, expires_at=at(1) + LEAST_RETENTION
        )
    return replace(base, **fields)  # type: ignore[arg-type]  # the tests name real fields


def after(start: Row, events: Iterable[FeedbackEvent]) -> Row:
    now = start
    for each in events:
        now = apply_event(now, each) or now
    return now


STARTS = (row(Status.CLAIMED), row(Status.SENT), row(Status.HELD, reason=Reason.UNKNOWN_OUTCOME))


@pytest.mark.parametrize("start", STARTS, ids=lambda start: str(start.status))
def test_every_order_and_every_copy_of_up_to_four_events_gives_one_row(start: Row) -> None:
    """All sequences of up to four events; those made of the same events must end in the same row."""
    ends: dict[tuple[int, ...], Row] = {(): start}
    by_events: dict[frozenset[int], Row] = {}
    for length in range(1, 5):
        for sequence in product(range(len(KINDS)), repeat=length):
            before = ends[sequence[:-1]]
            end = apply_event(before, KINDS[sequence[-1]]) or before
            if length < 4:
                ends[sequence] = end
            assert by_events.setdefault(frozenset(sequence), end) == end, [
                KINDS[one].kind for one in sequence
            ]


SEND_2 = event(EventKind.SEND, attempt=2)
DELIVERY_2 = event(EventKind.DELIVERY, 70, attempt=2)
HARD_BOUNCE_2 = bounced(HARD, 71, attempt=2)
REJECT_2 = event(EventKind.REJECT, 60, word="Bad content", attempt=2)
SOFT_BOUNCE_2 = bounced(SOFT, 75, "MailboxFull", attempt=2)

OF_TWO_ATTEMPTS = (
    SEND, DELIVERY, HARD_BOUNCE, SOFT_BOUNCE, COMPLAINT, DELAY, REJECT, OPEN,
    SEND_2, DELIVERY_2, HARD_BOUNCE_2, SOFT_BOUNCE_2, REJECT_2,
)  # fmt: skip

AWAITING = row(
    Status.CLAIMED,
    reason=Reason.UNKNOWN_OUTCOME,
    owner="someone",
    due=at(4),
    generation=1,
    evidence_after=at(2),
    failures=1,
)
OPEN_AGAIN = row(Status.CLAIMED, failures=1, generation=1)
CLAIMED_AGAIN = row(Status.CLAIMED, attempt=2, owner="another", lease_until=at(8), failures=1)
AWAITING_AGAIN = replace(AWAITING, attempt=2, generation=2, failures=2)
HELD_AGAIN = row(Status.HELD, attempt=2, reason=Reason.ATTEMPTS_EXHAUSTED, failures=2)
SENT_AGAIN = row(Status.SENT, attempt=2, ses_ids={"2": "ses-2"}, times={"sent": at(61)})
REDRIVEN = row(Status.CLAIMED, attempt=2, ses_ids={"1": "ses-1"}, times={"sent": at(0.01)})
UNDECIDED = (AWAITING, OPEN_AGAIN, CLAIMED_AGAIN, AWAITING_AGAIN, HELD_AGAIN)


@pytest.mark.parametrize("start", [*UNDECIDED, SENT_AGAIN, REDRIVEN])
def test_every_order_and_every_copy_of_the_events_of_two_attempts_gives_one_row(start: Row) -> None:
    by_events: dict[frozenset[int], Row] = {}
    for length in range(1, 4):
        for sequence in product(range(len(OF_TWO_ATTEMPTS)), repeat=length):
            end = after(start, (OF_TWO_ATTEMPTS[one] for one in sequence))
            assert by_events.setdefault(frozenset(sequence), end) == end, [
                OF_TWO_ATTEMPTS[one].kind for one in sequence
            ]


@pytest.mark.parametrize("start", UNDECIDED)
@pytest.mark.parametrize("evidence", [SEND, OPEN, DELIVERY, DELAY])
def test_evidence_of_the_first_attempt_settles_whatever_came_of_it_since(
    start: Row, evidence: FeedbackEvent
) -> None:
    settled = after(start, [evidence])
    assert settled.status in (Status.SENT, Status.DELIVERED, Status.DELAYED)
    assert (settled.reason, settled.owner) in {("", ""), (Reason.DELIVERY_DELAY, "")}
    assert (settled.lease_until, settled.due, settled.evidence_after) == (None, None, None)
    assert settled.ses_ids == {"1": "ses-1"}
    assert settled.expires_at is not None
    assert (settled.generation, settled.attempt) == (start.generation, start.attempt)


@pytest.mark.parametrize("failure", [REJECT, RENDERING_FAILURE, DELAY, SOFT_BOUNCE])
@pytest.mark.parametrize("start", [CLAIMED_AGAIN, AWAITING_AGAIN, HELD_AGAIN])
def test_a_late_failure_of_an_unknown_attempt_proves_that_it_was_sent_and_fails_no_later_one(
    start: Row, failure: FeedbackEvent
) -> None:
    assert after(start, [failure]).status is Status.SENT
    assert after(start, [SEND, failure]).status is Status.SENT
    assert after(start, [failure, DELIVERY_2]).status is Status.DELIVERED
    assert after(start, [failure, REJECT_2]).status is Status.REJECTED


def test_two_attempts_that_both_left_show_two_ids_and_count_once() -> None:
    both = after(CLAIMED_AGAIN, [SEND_2, SEND])
    assert both.ses_ids == {"1": "ses-1", "2": "ses-2"}
    assert duplicates_between(CLAIMED_AGAIN, both) == 1
    assert duplicates_between(both, after(both, [DELIVERY, DELIVERY_2, SEND])) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            event,
            st.sampled_from(sorted(EventKind)),
            st.integers(0, 5),
            bounce=st.sampled_from([HARD, SOFT, UNDETERMINED]),
            word=st.sampled_from(["", "General", "Suppressed", "OnAccountSuppressionList", "not-spam"]),
            attempt=st.integers(0, 3),
        ),
        max_size=5,
    ),
    st.randoms(use_true_random=False),
    st.sampled_from(sorted(Status)),
    st.integers(0, 3),
    st.sets(st.integers(1, 3)),
)
def test_order_and_copies_matter_as_little_across_attempts_and_from_any_status(
    events: list[FeedbackEvent],
    random: Random,
    status: Status,
    attempt: int,
    known: set[int],
) -> None:
    ses_ids = {str(one): f"ses-{one}" for one in known}
    times = {"sent": T0 + timedelta(minutes=30)} if known else {}
    start = Row(message_id="order-1042", status=status, attempt=attempt, ses_ids=ses_ids, times=times, due=T0)
    shuffled = events + random.choices(events, k=3) if events else []
    random.shuffle(shuffled)
    assert after(start, events) == after(start, shuffled)


@pytest.mark.parametrize("kind", [EventKind.BOUNCE, EventKind.COMPLAINT])
def test_every_word_of_ses_has_a_place_of_its_own(kind: EventKind) -> None:
    words = ["", "Suppressed", "OnAccountSuppressionList"]
    said = [verdict_of(event(kind, 0, bounce=HARD, word=word)) for word in words]
    assert len({strength(*verdict) for verdict in said}) == len(words)


RANK = (
    (DELAY, Status.DELAYED, Reason.DELIVERY_DELAY),
    (RENDERING_FAILURE, Status.FAILED, Reason.RENDERING_FAILURE),
    (REJECT, Status.REJECTED, Reason.REJECTED_BY_SES),
    (UNDETERMINED_BOUNCE, Status.BOUNCED, Reason.UNDETERMINED_BOUNCE),
    (SOFT_BOUNCE, Status.BOUNCED, Reason.SOFT_BOUNCE),
    (DELIVERY, Status.DELIVERED, ""),
    (bounced(HARD, word="OnAccountSuppressionList"), Status.BOUNCED, Reason.ON_ACCOUNT_SUPPRESSION_LIST),
    (bounced(HARD, word="Suppressed"), Status.BOUNCED, Reason.SES_SUPPRESSED),
    (HARD_BOUNCE, Status.BOUNCED, Reason.HARD_BOUNCE),
    (COMPLAINT, Status.COMPLAINED, Reason.COMPLAINT),
)


@pytest.mark.parametrize("place", range(len(RANK)))
def test_each_event_moves_what_stands_below_it_and_nothing_above(place: int) -> None:
    news, status, reason = RANK[place]
    for lower, _, _ in RANK[:place]:
        moved = after(row(), [lower, news])
        assert (moved.status, moved.reason) == (status, reason)
    for higher, higher_status, higher_reason in RANK[place + 1 :]:
        kept = after(row(), [higher, news])
        assert (kept.status, kept.reason) == (higher_status, higher_reason)


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.HELD])
@pytest.mark.parametrize("evidence", [SEND, OPEN, event(EventKind.CLICK, 21)])
def test_evidence_of_sending_settles_a_row_whose_outcome_was_unknown(
    status: Status, evidence: FeedbackEvent
) -> None:
    unknown = row(status, reason=Reason.UNKNOWN_OUTCOME, owner="someone", lease_until=at(5))
    settled = after(unknown, [evidence])
    assert (settled.owner, settled.lease_until) == ("", None)
    assert (settled.status, settled.reason) == (Status.SENT, "")
    assert settled.ses_ids == {"1": "ses-1"}
    assert settled.times["sent"] == T0
    assert settled.expires_at == T0 + LEAST_RETENTION


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.COMPLAINED, Status.BOUNCED}))
def test_what_happened_counts_and_not_what_was_meant(status: Status) -> None:
    delivered = after(Row(message_id="order-1042", status=status, attempt=1), [DELIVERY])
    assert delivered.status is Status.DELIVERED
    assert delivered.times["delivered"] == DELIVERY.at


def test_times_are_minima() -> None:
    early, late = bounced(SOFT, 2), bounced(HARD, 9)
    assert after(row(), [late, early]).times["bounced"] == early.at
    assert after(row(), [DELIVERY]).times["sent"] == T0


def test_a_not_spam_complaint_changes_nothing() -> None:
    assert apply_event(row(), NOT_SPAM) is None


def test_a_send_event_costs_no_write_where_the_answer_was_marked() -> None:
    assert apply_event(row(), SEND) is None
    delivered = after(row(), [DELIVERY])
    assert apply_event(delivered, SEND) is None
    assert apply_event(delivered, replace(SEND, at=at(1))) is None


def test_a_copy_changes_nothing() -> None:
    for each in KINDS:
        once = after(row(), [each])
        assert apply_event(once, each) is None


def test_the_soft_bounce_of_a_delivered_mail_is_on_record() -> None:
    delivered = after(row(), [DELIVERY, SOFT_BOUNCE])
    assert (delivered.status, delivered.bounce) == (Status.DELIVERED, "soft")
    assert delivered.notes == ("SES: soft bounce (MailboxFull)",)


def test_a_late_copy_of_what_was_known_of_an_attempt_leaves_the_one_after_a_redrive_alone() -> None:
    for known in (REJECT, RENDERING_FAILURE, DELAY, SOFT_BOUNCE, SEND):
        assert after(REDRIVEN, [known]).status is Status.CLAIMED
    for lasting in (DELIVERY, HARD_BOUNCE, COMPLAINT):
        assert after(REDRIVEN, [lasting]).status is not Status.CLAIMED


def test_an_event_of_unknown_attempt_counts_as_the_rows_own() -> None:
    moved = after(row(Status.CLAIMED, attempt=2), [replace(REJECT, attempt=0)])
    assert moved.status is Status.REJECTED
    assert moved.ses_ids == {}


def test_a_row_outlives_its_last_news_by_the_contracts_retention() -> None:
    for each in KINDS:
        moved = after(row(Status.CLAIMED), [each])
        if moved.status not in UNSETTLED:
            assert moved.expires_at is not None
            assert moved.expires_at >= max(moved.times.values()) + LEAST_RETENTION


def test_what_sending_noted_stays_before_what_ses_said() -> None:
    noted = after(row(notes=("Locale xx is unknown: the default was used.",)), [SOFT_BOUNCE, DELAY])
    assert noted.notes == (
        "Locale xx is unknown: the default was used.",
        "SES: delivery delayed (MailboxFull)",
        "SES: soft bounce (MailboxFull)",
    )


def test_notes_do_not_grow_without_end() -> None:
    delays = [event(EventKind.DELIVERY_DELAY, minute, word=f"Type{minute}") for minute in range(50)]
    assert len(after(row(), delays).notes) == MOST_SES_NOTES


def test_only_the_first_of_its_kind_is_news() -> None:
    delivered = after(row(), [DELIVERY])
    assert is_news(row(), DELIVERY)
    assert not is_news(delivered, replace(DELIVERY, at=at(1)))
    assert is_news(delivered, SOFT_BOUNCE)
    soft = after(delivered, [SOFT_BOUNCE])
    assert not is_news(soft, replace(SOFT_BOUNCE, at=at(3)))
    assert is_news(soft, HARD_BOUNCE)
    assert is_news(after(soft, [bounced(HARD, 2.5, "OnAccountSuppressionList")]), HARD_BOUNCE)
    assert not is_news(after(soft, [HARD_BOUNCE]), SOFT_BOUNCE)
    assert not is_news(row(), OPEN)


def test_an_open_or_a_click_is_written_once_for_each_of_its_kind() -> None:
    opened = after(row(), [OPEN, replace(CLICK, at=at(21))])
    assert opened.engaged == {"opened": OPEN.at, "clicked": at(21)}
    assert (opened.status, opened.expires_at) == (Status.SENT, row().expires_at)
    assert apply_event(opened, replace(OPEN, at=OPEN.at + timedelta(seconds=1))) is None
    by_machine = after(opened, [MACHINE_OPEN])
    assert by_machine.engaged == {**opened.engaged, "machine_opened": MACHINE_OPEN.at}
    assert apply_event(by_machine, replace(MACHINE_OPEN, at=at(30))) is None
