"""The use case: everything that is held about a person goes, but what keeps them from being mailed again.

First they are marked, in one transaction: from then on no list brings them back, no event writes their
address down, and no marketing mail is claimed for them. Then their rows, page by page: what waits is called
off, its body and pointer go, and last what says whom it was for; a row is found by the address as long as
that is to be done. Whoever is killed in between runs it again: it goes on with the same proof.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.ledger.redacting import redacted
from postroad.ledger.row import LEAST_RETENTION
from postroad.privacy.fates import Fate, called_off, fate_of
from postroad.privacy.proof import Left, Proof, SesEntry, What
from postroad.schedule.pointer import Pointer, minute_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.contract.words import StreamKind
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row
    from postroad.privacy.ports import Counters, ErasableBodies, Held, Mails, Persons, Proofs, Source
    from postroad.schedule.ports import Removal

SETTLE = timedelta(seconds=10)
"""Mail whose suppressions were read before the mark is claimed within five seconds of that, and the index
follows the table by a moment: so rows are looked at once more after this."""
PATIENCE = timedelta(seconds=30)
"""How long a run waits for what is being sent. A claim that nobody finishes holds for minutes."""
BETWEEN_LOOKS = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data: the key in every table, and the address, which is asked of SES alone."""

    key: str
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the configuration and the operator say.

    `kept_rows` is how long a row that is called off stays, `kept_consents` how long records of consent stay
    as proofs (None: not at all), `kept_proofs` the proof of the erasure.
    """

    kinds: Mapping[str, StreamKind]
    kept_rows: timedelta
    kept_consents: timedelta | None
    kept_proofs: timedelta
    also_transactional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What an erasure would meet."""

    fates: Mapping[Fate, int]
    held: Held
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is there that an erasure would change."""
        rows = sum(count for fate, count in self.fates.items() if fate is not Fate.DONE)
        found = self.held
        return not (
            rows or found.profile or found.consents or found.others or found.suppression_lines
            or found.shows_address or any(self.others.values())
        )  # fmt: skip


class Erasing:
    """Erases persons in the name of one operator."""

    def __init__(
        self, *, mails: Mails, ledger: Ledger, bodies: ErasableBodies, schedule: Removal, persons: Persons,
        proofs: Proofs, counters: Counters, sources: Sequence[Source] = (), rules: Rules,
        provider_of: Callable[[str], str], clock: Clock, pause: Callable[[float], object], operator: str,
    ) -> None:  # fmt: skip
        """Work on these stores; `pause` takes seconds, `operator` is named in the proof."""
        self._mails = mails
        self._ledger = ledger
        self._bodies = bodies
        self._schedule = schedule
        self._persons = persons
        self._proofs = proofs
        self._counters = counters
        self._sources = sources
        self._rules = replace(rules, kept_rows=max(rules.kept_rows, LEAST_RETENTION))
        self._provider_of = provider_of
        self._clock = clock
        self._pause = pause
        self._operator = operator

    def survey(self, person: Person) -> Survey:
        """Say what there is; nothing is written."""
        fates = dict.fromkeys(Fate, 0)
        for page in self._mails.pages(person.key):
            for row in page:
                fates[self._fate(row, self._clock.now())] += 1
        others = {source.title: len(source.show(person.key) or ()) for source in self._sources}
        return Survey(fates=fates, held=self._persons.held(person.key), others=others)

    def erase(
        self,
        person: Person,
        *,
        erasure: str,
        ses: Callable[[str], SesEntry],
        on_progress: Callable[[int], object] = lambda _: None,
    ) -> Proof:
        """Erase all that is held about a person, and return the proof.

        `erasure` is the id of a new proof; one that was broken off is gone on with. `ses` sees to SES's own
        entry. `on_progress` is told how many rows are done. What could not be erased is in the proof's
        `left`: then it is to be run again. Raises a TransientError when a store can't be asked.
        """
        mark = self._mark(person.key, erasure)
        begun = self._clock.now()
        kept = self._rules.kept_consents
        counted = self._persons.forget(person.key, kept_until=None if kept is None else begun + kept)
        self._proofs.add(mark, {**counted, What.COUNTERS: self._counters.forget(person.key)})
        self._erase_sources(person.key, mark)
        left = self._all_rows(person.key, mark, begun, on_progress)
        # Who had read them before the mark may have written since.
        self._erase_sources(person.key, mark)
        return self._proofs.end(mark, now=self._clock.now(), left=left, ses_entry=ses(person.email))

    def _erase_sources(self, key: str, erasure: str) -> None:
        for source in self._sources:
            self._proofs.add(erasure, {What.OTHERS: source.erase(key)})

    def _mark(self, key: str, erasure: str) -> str:
        """Mark the person and let a proof stand; return its id."""
        now = self._clock.now()
        had_profile = self._persons.held(key).profile
        standing = self._persons.mark_of(key)
        # What came after an erasure that is complete is erased under a proof of its own.
        before = self._proofs.get(standing.erasure) if standing else None
        if before is not None:
            is_over = before.is_complete
        else:  # a run was killed before its proof; or the proof is as old as proofs get
            is_over = standing is not None and now - standing.at >= self._rules.kept_proofs
        mark = self._persons.mark(key, erasure=erasure, source=self._operator, now=now, anew=is_over)
        self._proofs.begin(
            Proof(
                id=mark.erasure,
                address_key=key,
                operator=self._operator,
                begun_at=mark.at,
                kept_until=now + self._rules.kept_proofs,
            )
        )
        self._proofs.add(mark.erasure, {What.PROFILE: int(had_profile)})
        return mark.erasure

    def _all_rows(
        self, key: str, erasure: str, begun: datetime, on_progress: Callable[[int], object]
    ) -> Left:
        done = 0
        while True:
            started = self._clock.now()
            found, left = self._some_rows(key, erasure, done, on_progress)
            done += found
            waited = started - begun
            if waited >= SETTLE and (not left.under_way or waited >= PATIENCE):
                return left
            until = begun + SETTLE if waited < SETTLE else started + BETWEEN_LOOKS
            self._pause(max(0.0, (until - self._clock.now()).total_seconds()))

    def _some_rows(
        self, key: str, erasure: str, done: int, on_progress: Callable[[int], object]
    ) -> tuple[int, Left]:
        """Go through all rows once; return how many were redacted, and what was left."""
        redacted_rows = 0
        left = dict.fromkeys(Fate, 0)
        for page in self._mails.pages(key):
            ended: list[Row] = []
            cancelled = 0
            for row in page:
                fate, now_stands = self._ended(row)
                left[fate] += 1
                if fate in {Fate.REDACT, Fate.CANCEL}:
                    ended.append(now_stands)
                    cancelled += fate is Fate.CANCEL
            bodies = self._bodies.erase([(row.message_id, row.fingerprint) for row in ended])
            gone = 0
            for row in ended:
                stands = self._ledger.apply(row.message_id, self._redacted)
                if stands is None or stands.is_redacted:
                    gone += 1
                else:
                    left[Fate.UNDER_WAY] += 1  # somebody opened it again meanwhile
                on_progress(done + redacted_rows + gone)
            redacted_rows += gone
            if gone or bodies:
                counts = {What.MESSAGES: gone, What.CANCELLED: cancelled, What.BODIES: bodies}
                self._proofs.add(erasure, counts)
        return redacted_rows, Left(left[Fate.UNDER_WAY], left[Fate.WAITS])

    def _ended(self, row: Row) -> tuple[Fate, Row]:
        """Call off what waits; return what becomes of the row, and the row as it then stands."""
        fate = self._fate(row, self._clock.now())
        if fate is not Fate.CANCEL:
            return fate, row
        before: list[Row] = []

        def end(standing: Row) -> Row | None:
            before[:] = [standing]
            now = self._clock.now()
            if self._fate(standing, now) is not Fate.CANCEL:
                return None
            return called_off(standing, now=now, retention=self._rules.kept_rows)

        stands = self._ledger.apply(row.message_id, end)
        if stands is None:
            return Fate.DONE, row
        was = before[0]
        fate = self._fate(was, self._clock.now())
        if fate is Fate.CANCEL and was.due is not None:
            with suppress(TransientError):  # it holds no address, and dispatch drops it when its time comes
                self._schedule.remove([_pointer(was, was.due)])
        return fate, stands

    def _redacted(self, standing: Row) -> Row | None:
        now = self._clock.now()
        if self._fate(standing, now) is not Fate.REDACT:
            return None
        return redacted(standing, provider=self._provider_of(standing.email), now=now)

    def _fate(self, row: Row, now: datetime) -> Fate:
        also = self._rules.also_transactional
        return fate_of(row, kinds=self._rules.kinds, also_transactional=also, now=now)


def _pointer(row: Row, due: datetime) -> Pointer:
    """Return the pointer where it usually lies; one that was written late lies under a later minute."""
    return Pointer(
        stream=row.stream,
        message_id=row.message_id,
        fingerprint=row.fingerprint,
        generation=row.generation,
        due=due,
        minute=minute_of(due),
    )
