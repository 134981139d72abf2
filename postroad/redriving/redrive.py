"""The use case: find what can be sent again, and send it again when the operator has said so.

The order is fixed: read the body, re-open the row on the condition that it is as it was read, put the body on
the stream's queue, take its dead letters out. Whoever dies in between leaves a row that is open and a body
that is where it was, or on the queue; another run finishes that. A body that is there twice is sent once,
since the first copy claims the row.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from postroad.contract.invalid import InvalidMessage
from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.ledger.row import REFUSAL_PREFIX
from postroad.redriving.candidate import Candidate, Unreadable, read_body, read_letter
from postroad.redriving.judging import (
    ALL_RISKS,
    Leave,
    Redrive,
    Risks,
    Step,
    WhyLeft,
    judge,
    prepared,
)
from postroad.redriving.survey import Found, Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from postroad.bodies.ports import Kept, KeptBodies
    from postroad.clock import Clock
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row
    from postroad.redriving.candidate import Letter
    from postroad.redriving.ports import DeadLetterBox, StreamQueue
    from postroad.redriving.selection import Selection

MOST_TRIES = 10


@dataclass(frozen=True, slots=True)
class Moved:
    """The body is on the stream's queue."""

    redrive: Redrive


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Something didn't answer, so that nobody knows how far this came; another run finishes it."""

    what: str


Outcome = Moved | Leave | Interrupted


class Redriving:
    """Sends messages of one stream again, in the name of one operator."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        bodies: KeptBodies,
        letters: DeadLetterBox,
        queue: StreamQueue,
        clock: Clock,
        operator: str,
    ) -> None:
        """Work on these stores; `operator` (`operator:ana`) is named on each row that is re-opened."""
        self._ledger = ledger
        self._bodies = bodies
        self._letters = letters
        self._queue = queue
        self._clock = clock
        self._operator = operator

    def survey(self, selection: Selection, *, on_progress: Callable[[int], None] | None = None) -> Survey:
        """Find what is meant. Its dead letters are hidden from others until `end`, which must follow.

        `on_progress` is told how many messages were looked at. Raises a TransientError when a store can't be
        asked; the letters are then shown again.
        """
        survey = Survey(selection)
        try:
            for looked, _ in enumerate(self._look(survey), start=1):
                if on_progress is not None:
                    on_progress(looked)
                if survey.more:
                    break
            self._miss(survey)
        except BaseException:
            self.end(survey)
            raise
        return survey

    def end(self, survey: Survey) -> None:
        """Show the letters again that were not removed."""
        self._letters.show_again(survey.taken)

    def carry_out(self, survey: Survey, found: Found) -> Outcome:
        """Send one message again, if its row still allows what was found."""
        candidate, judgement = found.candidate, found.judgement
        if candidate is None or not isinstance(judgement, Redrive):
            raise ValueError(f"{found.message_id} is not to be sent again")
        try:
            return self._carry_out(
                survey, candidate, judgement, attempt=found.row.attempt if found.row else 0
            )
        except TransientError as error:
            return Interrupted(str(error))

    def _carry_out(self, survey: Survey, candidate: Candidate, shown: Redrive, *, attempt: int) -> Outcome:
        readable = self._read(candidate)
        if readable is None or readable.body is None:
            return Leave(WhyLeft.NO_BODY)
        if readable.is_too_large:
            return Leave(WhyLeft.TOO_LARGE)
        judgement = self._reopen(candidate, shown, attempt=attempt)
        if isinstance(judgement, Leave):
            return judgement
        first_sent = candidate.first_sent if readable.carries_time else None
        self._queue.put(readable.body, first_sent=first_sent)
        # It has moved. A letter that stays is met by the next run, which finds its message dealt with.
        with suppress(TransientError):
            self._letters.remove(candidate.letters)
            removed = {letter.sqs_id for letter in candidate.letters}
            survey.taken = [letter for letter in survey.taken if letter.sqs_id not in removed]
        return Moved(judgement)

    def _reopen(self, candidate: Candidate, shown: Redrive, *, attempt: int) -> Redrive | Leave:
        """Write the row, as it stands now, open; or say why it can't be.

        `attempt` is the one that was shown: what another operator sent meanwhile is another risk.
        """
        for _ in range(MOST_TRIES):
            row = self._ledger.get(candidate.message_id)
            now = self._clock.now()
            # What was not shown to the operator as a risk is not taken as one.
            as_shown = row is not None and row.attempt == attempt
            risks = Risks(
                unknown_outcome=shown.may_have_been_sent and as_shown, refusal=shown.was_refused and as_shown
            )
            judgement = judge(row, fingerprint=candidate.fingerprint, risks=risks, now=now)
            if row is None or isinstance(judgement, Leave) or judgement.step is Step.NONE:
                return judgement
            opened = replace(
                prepared(row, judgement.step, operator=self._operator, now=now), version=row.version + 1
            )
            if self._ledger.replace(opened, expected=row.version):
                return judgement
        return Leave(WhyLeft.BEING_SENT)

    def _read(self, candidate: Candidate) -> Candidate | None:
        if candidate.body is not None:
            return candidate
        body = self._bodies.get(candidate.message_id, candidate.fingerprint)
        if body is None:
            return None
        with suppress(InvalidMessage):
            return read_body(body, first_sent=candidate.first_sent)
        return None

    def _look(self, survey: Survey) -> Iterator[None]:
        """Look at one place after another; yields after each, so that the caller can stop."""
        selection = survey.selection
        if selection.wants_kept:
            yield from self._look_into_kept(survey)
        if selection.wants_letters:
            for page in self._letters.take():
                survey.taken.extend(letter.without_body() for letter in page)
                for letter in page:
                    self._look_into_letter(survey, letter)
                    yield

    def _look_into_kept(self, survey: Survey) -> Iterator[None]:
        selection = survey.selection
        kept = (
            (each for message_id in sorted(selection.message_ids) for each in self._bodies.of(message_id))
            if selection.message_ids
            else self._bodies.all()
        )
        for each in kept:
            # A refused body that was too large for the queue is found by its dead letter.
            if each.message_id.startswith(REFUSAL_PREFIX):
                continue
            self._look_into_body(survey, each)
            yield

    def _look_into_body(self, survey: Survey, kept: Kept) -> None:
        row = self._ledger.get(kept.message_id)
        # Without a row its message is still on the queue: it was kept a moment before its row is written.
        if row is None or row.stream != survey.selection.stream:
            return
        if _waits_by_itself(row) and not survey.selection.message_ids:
            survey.waiting += 1
            return
        self._add(survey, Candidate(kept.message_id, kept.fingerprint, kept.first_sent, kept=True), row)

    def _look_into_letter(self, survey: Survey, letter: Letter) -> None:
        body = self._body_of(letter)
        read = (
            Unreadable(
                letter.without_body(), None, "body", "was too large for the queue, and is kept no longer"
            )
            if body is None
            else read_letter(letter, body)
        )
        if isinstance(read, Unreadable):
            if survey.selection.means_unreadable(read):
                found = Found(read.shown_id, Leave(WhyLeft.UNREADABLE), unreadable=read)
                survey.add((REFUSAL_PREFIX, letter.sqs_id), found)
            return
        if not survey.selection.names(read.message_id):
            return
        key = (read.message_id, read.fingerprint)
        if key in survey.found:
            survey.add_copy(key, letter)
        else:
            self._add(survey, read, self._ledger.get(read.message_id))

    def _body_of(self, letter: Letter) -> str | None:
        if not letter.kept_under:
            return letter.body
        for kept in self._bodies.of(letter.kept_under):
            return self._bodies.get(kept.message_id, kept.fingerprint)
        return None

    def _add(self, survey: Survey, candidate: Candidate, row: Row | None) -> None:
        selection = survey.selection
        if not selection.means(candidate, row):
            return
        judgement: Redrive | Leave = judge(
            row,
            fingerprint=candidate.fingerprint,
            risks=selection.risks,
            now=self._now(),
        )
        if candidate.stream and candidate.stream != selection.stream:
            judgement = Leave(WhyLeft.OTHER_STREAM)
        elif isinstance(judgement, Redrive) and candidate.is_too_large:
            judgement = Leave(WhyLeft.TOO_LARGE)
        found = Found(candidate.message_id, judgement, row=row, candidate=candidate)
        survey.add((candidate.message_id, candidate.fingerprint), found)

    def _miss(self, survey: Survey) -> None:
        """Say of each message that was asked for by its id, and was not found, what is known of it."""
        if survey.more:
            return
        known = {found.message_id for found in survey.found.values()}
        for message_id in survey.selection.message_ids - known:
            row = self._ledger.get(message_id)
            why = WhyLeft.NOT_FOUND if row is None else _why_without_body(row, self._now())
            survey.add((message_id, ""), Found(message_id, Leave(why), row=row))

    def _now(self) -> datetime:
        return self._clock.now()


def _waits_by_itself(row: Row) -> bool:
    return row.status is Status.SCHEDULED or row.awaits_evidence


def _why_without_body(row: Row, now: datetime) -> WhyLeft:
    judgement = judge(row, fingerprint=row.fingerprint, risks=ALL_RISKS, now=now)
    if isinstance(judgement, Leave):
        return judgement.why
    return WhyLeft.BODY_LOST if row.reason == Reason.BODY_LOST else WhyLeft.NO_BODY
