"""A person's data in memory: for fast tests, and for walks that need no AWS account."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from postroad.contacts.saving import consent_key
from postroad.privacy.marking import after_the_mark, mark_of, marking, may_tell, notes
from postroad.privacy.ports import Held, Mark
from postroad.privacy.proof import Left, Proof, SesEntry, What
from postroad.suppression.model import HistoryEntry, Suppression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.memory import MemoryContacts
    from postroad.contacts.model import Consent, Contact
    from postroad.ledger.memory import MemoryLedger
    from postroad.ledger.row import Row
    from postroad.suppression.memory import MemorySuppressions


class MemoryMails:
    """`Mails` over the ledger in memory."""

    def __init__(self, ledger: MemoryLedger, *, page_size: int = 100) -> None:
        """Look at this ledger."""
        self._ledger = ledger
        self._page_size = page_size

    def pages(self, address_key: str) -> Iterator[Sequence[Row]]:
        """Yield every row of this address, as it stands now."""
        ids = [
            row.message_id
            for row in sorted(self._ledger.rows(), key=lambda row: row.times.get("accepted", _first(row)))
            if row.address_key == address_key
        ]
        for start in range(0, len(ids), self._page_size):
            found = self._ledger.get_many(ids[start : start + self._page_size])
            if page := [row for row in found.values() if row.address_key == address_key]:
                yield page


class MemoryPersons:
    """`Persons` over suppressions and contacts in memory."""

    def __init__(self, suppressions: MemorySuppressions, contacts: MemoryContacts) -> None:
        """Look at these."""
        self._suppressions = suppressions
        self._contacts = contacts
        self._kept: dict[str, list[Consent]] = {}

    def mark(self, address_key: str, *, erasure: str, source: str, now: datetime, anew: bool = False) -> Mark:
        """Mark them as erased; see `Persons.mark`."""
        suppression, history, contact = self._stands(address_key)
        decided = marking(suppression, history, contact, erasure=erasure, source=source, now=now, anew=anew)
        self._suppressions.write(decided.changes)
        if decided.contact is not None:
            self._contacts.write(decided.contact, ())
        return self.mark_of(address_key) or Mark(erasure, now)

    def mark_of(self, address_key: str) -> Mark | None:
        """Return the mark that stands, if one does."""
        suppression, _, contact = self._stands(address_key)
        return mark_of(suppression, contact)

    def held(self, address_key: str) -> Held:
        """Return what is held about them."""
        suppression, history, contact = self._stands(address_key)
        return Held(
            profile=bool(contact and contact.email),
            consents=len(self._consents(address_key)),
            proofs_of_consent=len(self._kept.get(address_key, ())),
            others=int(address_key in self._contacts.waiting),
            suppression_lines=notes(suppression, history),
            shows_address=bool(suppression.email),
        )

    def forget(self, address_key: str, *, kept_until: datetime | None) -> Mapping[What, int]:
        """Forget what was held about them before they were marked; see `Persons.forget`."""
        gone = self._consents(address_key, marked=True)
        _, history, _ = self._stands(address_key)
        self._contacts.forget(address_key, gone)
        if kept_until is not None:
            proofs = [replace(each, ip="", evidence="", previous="") for each in gone]
            self._kept[address_key] = [*self._kept.get(address_key, ()), *proofs]
        others = self._contacts.waiting.pop(address_key, None)
        lines = sum(may_tell(line) for line in history)
        self._suppressions.rewrite_history(
            address_key, lambda line: replace(line, evidence="") if may_tell(line) else line
        )
        what = What.CONSENTS_REMOVED if kept_until is None else What.CONSENTS_KEPT
        return {
            what: len(gone),
            What.OTHERS: int(others is not None),
            What.SUPPRESSION_LINES: lines,
        }

    def proofs_of_consent(self, address_key: str) -> Sequence[Consent]:
        """Return the records that stayed."""
        return list(self._kept.get(address_key, ()))

    def others(self, address_key: str) -> Sequence[Mapping[str, Any]]:
        """Return what else is held."""
        waiting = self._contacts.waiting.get(address_key)
        return [] if waiting is None else [{"record": "waiting", **asdict(waiting)}]

    def _consents(self, address_key: str, *, marked: bool = False) -> list[Consent]:
        consents = self._contacts.consents(address_key)
        _, _, contact = self._stands(address_key)
        kept = after_the_mark(contact, consents) if marked else set()
        return [each for each in consents if consent_key(each.topic, each.at) not in kept]

    def _stands(self, address_key: str) -> tuple[Suppression, list[HistoryEntry], Contact | None]:
        blank = Suppression(address_key, "", {})
        return (
            self._suppressions.standing(address_key) or blank,
            self._suppressions.history(address_key),
            self._contacts.find([address_key]).get(address_key),
        )


class MemoryProofs:
    """`Proofs` in a dictionary."""

    def __init__(self) -> None:
        """Begin without proofs."""
        self._proofs: dict[str, Proof] = {}

    def __len__(self) -> int:
        """Return how many proofs there are."""
        return len(self._proofs)

    def begin(self, proof: Proof) -> Proof:
        """Let the proof stand, or count one more run of the one that stands."""
        before = self._proofs.get(proof.id)
        self._proofs[proof.id] = proof if before is None else replace(before, runs=before.runs + 1)
        return self._proofs[proof.id]

    def add(self, erasure: str, counts: Mapping[What, int]) -> None:
        """Add to what was erased."""
        total = Counter(self._proofs[erasure].counts)
        total.update({what.value: count for what, count in counts.items()})
        self._proofs[erasure] = replace(self._proofs[erasure], counts=dict(total))

    def end(self, erasure: str, *, now: datetime, left: Left, ses_entry: SesEntry) -> Proof:
        """Note that a run came to its end."""
        ended = replace(self._proofs[erasure], ended_at=now, left=left, ses_entry=ses_entry)
        self._proofs[erasure] = ended
        return ended

    def get(self, erasure: str) -> Proof | None:
        """Return a proof, or None."""
        return self._proofs.get(erasure)


class MemoryCountersByAddress:
    """`Counters` in a dictionary, by address key."""

    def __init__(self) -> None:
        """Begin with nobody counted."""
        self.visits: dict[str, int] = {}

    def forget(self, address_key: str) -> int:
        """Forget how often they came."""
        return self.visits.pop(address_key, 0)


def _first(row: Row) -> datetime:
    return min(row.times.values())
