"""Which of the prepared mails may leave at all: those still wanted, and those within their caps.

This comes before the rate is leased, so that what may not leave takes nobody's turn. Only mails of journeys
that waited are looked at again, and only categories with caps are counted: others cost nothing here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.caps.counting import Full, Slot
from postroad.caps.errors import CapsUnavailableError
from postroad.caps.tally import Place
from postroad.contract.times import is_expired
from postroad.contract.words import Reason, Status, StreamKind
from postroad.errors import TransientError
from postroad.sending.decisions import Duplicate, Later, Refused, Settled, Waits, Why
from postroad.sending.guarding import OutOfHours
from postroad.sending.pauses import after_trouble
from postroad.sending.trouble import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from postroad.caps.counting import Counting, Outcome
    from postroad.clock import Clock
    from postroad.ledger.row import Row
    from postroad.sending.decisions import Decision
    from postroad.sending.delivery import Delivery
    from postroad.sending.guarding import Guarding, Turns
    from postroad.sending.limits import Limits
    from postroad.sending.mail import Parsed, Prepared
    from postroad.sending.refusals import Refusals
    from postroad.sending.sub_batches import Run
    from postroad.sending.threads import Threads
    from postroad.sending.trouble import Trouble
    from postroad.sending.waiting import Waiting

MARKETING = "marketing"
"""The category of all mail that can be left, but of journeys that name another one."""
DROP = "drop"
_MAY_HAVE_LEFT = frozenset({Reason.UNKNOWN_OUTCOME.value, Reason.ATTEMPTS_EXHAUSTED.value})


class Admission:
    """Lets mails go on to the rate, or decides about them."""

    def __init__(
        self,
        *,
        guarding: Guarding | None,
        counting: Counting | None,
        delivery: Delivery,
        waiting: Waiting,
        refusals: Refusals,
        trouble: Trouble,
        threads: Threads,
        clock: Clock,
        limits: Limits,
        on_error: Callable[[BaseException], None],
        turns: Turns | None = None,
    ) -> None:
        """Use these parts; without `guarding` nothing is looked at again, without `counting` none capped.

        Without `turns` a mail of a journey that is over its cap goes in the first free slot.
        """
        self._guarding = guarding
        self._turns = turns
        self._counting = counting
        self._delivery = delivery
        self._waiting = waiting
        self._refusals = refusals
        self._trouble = trouble
        self._threads = threads
        self._clock = clock
        self._limits = limits
        self._on_error = on_error

    def admit(self, prepared: Sequence[Prepared], run: Run) -> list[Prepared]:
        """Return those that may leave, in their order; about the others it is decided."""
        return self._within_caps(self._wanted(prepared, run), run)

    def settle(self, prepared: Prepared, decision: Decision) -> None:
        """Count a mail no more about which it is decided that it never leaves."""
        slot = prepared.slot
        if slot is None:
            return
        never = isinstance(decision, Settled) and decision.reason not in _MAY_HAVE_LEFT
        # It was another mail's id, or this one left so long ago that nothing counts it any more.
        counted_in_vain = slot.is_new and isinstance(decision, Duplicate | Refused)
        if never or counted_in_vain:
            self._give_back(slot.place, slot.message_id)

    def _wanted(self, prepared: Sequence[Prepared], run: Run) -> list[Prepared]:
        """Look again at those that waited."""
        guarding = self._guarding
        if guarding is None:
            return list(prepared)
        now = self._clock.now()
        waited = [each for each in prepared if guarding.is_due(each.parsed, now=now)]
        if not waited:
            return list(prepared)
        cleared: set[str] = set()

        def look(one: Prepared) -> None:
            parsed = one.parsed
            with Guard(self._trouble, run.report, parsed.record, parsed):
                found = guarding.look(parsed, now=now)
                if found is None:
                    cleared.add(parsed.record.sqs_id)
                    return
                if isinstance(found, OutOfHours):
                    self._until_its_hour(one, found.until, run)
                    return
                self._end(one, one.row.with_note(found.note), found.status, found.reason, run)
                if (place := self._place(one)) is not None:
                    self._give_back(place, parsed.message.message_id)

        self._threads.each(look, waited)
        cleared |= {each.parsed.record.sqs_id for each in prepared} - {
            each.parsed.record.sqs_id for each in waited
        }
        return [each for each in prepared if each.parsed.record.sqs_id in cleared]

    def _within_caps(self, prepared: Sequence[Prepared], run: Run) -> list[Prepared]:
        """Count those that are capped, and put off or end those over their cap."""
        counting = self._counting
        places = {each.parsed.record.sqs_id: place for each in prepared if (place := self._place(each))}
        if counting is None or not places:
            return list(prepared)
        capped = [each for each in prepared if each.parsed.record.sqs_id in places]
        wanted = [(places[each.parsed.record.sqs_id], each.parsed.message.message_id) for each in capped]
        outcomes = dict(
            zip((each.parsed.record.sqs_id for each in capped), self._claimed(counting, wanted), strict=True)
        )
        admitted: list[Prepared] = []
        over: list[tuple[Prepared, Full]] = []
        for each in prepared:
            record = each.parsed.record
            match outcomes.get(record.sqs_id):
                case None:
                    admitted.append(each)
                case Slot() as slot:
                    admitted.append(replace(each, slot=slot))
                case Full() as full:
                    over.append((each, full))
                case error:
                    self._on_error(error)
                    at = after_trouble(self._clock.now(), record)
                    run.decide(record, Later(at, Why.STORE_UNAVAILABLE))

        def put_off(each: tuple[Prepared, Full]) -> None:
            one, full = each
            with Guard(self._trouble, run.report, one.parsed.record, one.parsed):
                self._put_off(one, full, run)

        self._threads.each(put_off, over)
        return admitted

    def _claimed(self, counting: Counting, wanted: Sequence[tuple[Place, str]]) -> list[Outcome]:
        """Count these together; and each by itself where what stands for one of them can't be read."""
        now = self._clock.now()
        try:
            return counting.claim(wanted, now=now)
        except Exception as error:  # noqa: BLE001  one person's tally can't be read: the others' can
            self._on_error(error)
        return [self._claimed_alone(counting, each, now) for each in wanted]

    def _claimed_alone(self, counting: Counting, wanted: tuple[Place, str], now: datetime) -> Outcome:
        try:
            (outcome,) = counting.claim([wanted], now=now)
        except Exception as error:  # noqa: BLE001  as above: it comes again, and nobody waits for it
            return CapsUnavailableError(f"what was counted can't be read: {type(error).__name__}")
        return outcome

    def _put_off(self, prepared: Prepared, full: Full, run: Run) -> None:
        """Let a mail over its cap wait for the next free slot, or end where it is not to wait."""
        parsed, now = prepared.parsed, self._clock.now()
        journey = parsed.message.journey
        due: datetime | None = full.free_at
        note = ""
        if journey is not None and journey.if_capped == DROP:
            due = None
        elif is_expired(parsed.message, received_at=parsed.record.first_sent, now=full.free_at):
            due, note = None, "the next free slot would have come after its time"
        elif self._turns is not None and self._turns.are_limited(parsed):
            due = self._turns.next_turn(parsed, full.free_at)
            note = f"a slot was free at {_utc(full.free_at)}, and the next hour of its journey after its time"
        if due is None:
            row = prepared.row.with_note(note) if note else prepared.row
            self._end(prepared, row, Status.CAPPED, Reason.FREQUENCY_CAP, run)
            if full.was_counted and (place := self._place(prepared)) is not None:
                self._give_back(place, parsed.message.message_id)
        elif self._waiting.is_near(due, now=now):
            run.decide(parsed.record, Later(due, Why.CAPPED))
        else:
            self._schedule(prepared, due, Reason.FREQUENCY_CAP, run)

    def _until_its_hour(self, prepared: Prepared, due: datetime, run: Run) -> None:
        """Let a mail wait that waited already, and comes out of its journey's hours."""
        parsed, now = prepared.parsed, self._clock.now()
        if self._waiting.is_near(due, now=now):
            run.decide(parsed.record, Later(due, Why.NOT_DUE))
            return
        self._schedule(prepared, due, Reason.OUT_OF_HOURS, run)
        # Until then others may go in the slot that it had.
        place = self._place(prepared)
        if place is not None and isinstance(run.report.decisions.get(parsed.record.sqs_id), Waits):
            self._give_back(place, parsed.message.message_id)

    def _schedule(self, prepared: Prepared, due: datetime, reason: Reason, run: Run) -> None:
        parsed, now = prepared.parsed, self._clock.now()
        if not self._delivery.has_time(now, deadline=run.deadline):
            run.decide(parsed.record, Later(now, Why.NO_TIME_LEFT))
            return
        decision = self._delivery.schedule(prepared.row, parsed.record, due=due, reason=reason, now=now)
        run.decide(parsed.record, self._refusals.or_conflict(parsed, decision))

    def _end(self, prepared: Prepared, row: Row, status: Status, reason: Reason, run: Run) -> None:
        parsed = prepared.parsed
        ended = self._delivery.end(row, parsed.record, status, reason, now=self._clock.now())
        run.decide(parsed.record, self._refusals.or_conflict(parsed, ended))

    def _place(self, prepared: Prepared) -> Place | None:
        """Return where a mail is counted, or None where it isn't: it is exempt, or may not leave at all."""
        if self._counting is None or not prepared.allowed:
            return None
        category = category_of(prepared.parsed, self._limits.kind)
        if category is None or not self._counting.is_capped(category):
            return None
        return Place(prepared.parsed.address_key, category)

    def _give_back(self, place: Place, message_id: str) -> None:
        """Count a mail no more. Where that fails, its recipient gets one mail less, and never one more."""
        try:
            if self._counting is not None:
                self._counting.give_back(place, message_id)
        except TransientError as error:
            self._on_error(error)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def category_of(parsed: Parsed, kind: StreamKind) -> str | None:
    """Return as what a mail counts, or None: transactional mail neither counts nor waits."""
    if kind is StreamKind.TRANSACTIONAL:
        return None
    journey = parsed.message.journey
    return (journey.category if journey else None) or MARKETING
