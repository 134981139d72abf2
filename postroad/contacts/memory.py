"""Contacts and leaving in memory: for fast tests, and for walks that need no AWS account."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING

from postroad.contacts.choosing import choosing, preferences
from postroad.contacts.joining import asking, confirming
from postroad.contacts.leaving import leaving
from postroad.contacts.saving import consent_key, saving
from postroad.suppression.model import Suppression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.departure import Departure
    from postroad.contacts.model import (
        Consent,
        Contact,
        NewContact,
        Preferences,
        Saved,
        SignUp,
        TopicTerms,
        Waiting,
        Wishes,
    )
    from postroad.suppression.memory import MemorySuppressions
    from postroad.suppression.model import HistoryEntry


class MemoryContacts:
    """A `ContactStore` in a dictionary."""

    def __init__(self, *, page_size: int = 100) -> None:
        """Begin without contacts."""
        self._contacts: dict[str, Contact] = {}
        self._consents: defaultdict[str, list[Consent]] = defaultdict(list)
        self._page_size = page_size
        self._lock = Lock()
        self.waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        """Return how many contacts have an address."""
        return len(self._known())

    def __contains__(self, address_key: str) -> bool:
        """Say whether this address is a contact's."""
        found = self._contacts.get(address_key)
        return found is not None and bool(found.email)

    def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
        """Return the contacts among these addresses; see `ContactStore.find`."""
        return {key: self._contacts[key] for key in address_keys if key in self._contacts}

    def save(self, wanted: Sequence[NewContact], *, now: datetime, write: bool = True) -> list[Saved]:
        """Add or update contacts; see `ContactStore.save`."""
        with self._lock:
            seen = dict(self._contacts)
            results = []
            for each in wanted:
                decided = saving(seen.get(each.address_key), each, now=now)
                results.append(decided.saved)
                if decided.writes:
                    seen[each.address_key] = decided.contact
                    if write:
                        self.write(decided.contact, decided.consents)
            return results

    def consents(self, address_key: str) -> list[Consent]:
        """Return every record of consent of this address; see `ContactStore.consents`."""
        return sorted(self._consents[address_key], key=lambda each: consent_key(each.topic, each.at))

    def pages(self) -> Iterator[list[Contact]]:
        """Yield every contact that has an address, page by page."""
        known = self._known()
        for start in range(0, len(known), self._page_size):
            yield known[start : start + self._page_size]

    def write(self, contact: Contact, consents: Sequence[Consent]) -> None:
        """Put a contact and its new records, as they were decided."""
        self._contacts[contact.address_key] = contact
        self._consents[contact.address_key] += consents

    def forget(self, address_key: str, consents: Sequence[Consent]) -> None:
        """Take out these records of consent."""
        self._consents[address_key] = [each for each in self._consents[address_key] if each not in consents]

    def _known(self) -> list[Contact]:
        return [contact for contact in list(self._contacts.values()) if contact.email]


class MemoryLeaving:
    """A `Leaving`, a `Preferring` and a `Joining` over the suppressions and the contacts in memory."""

    def __init__(
        self,
        suppressions: MemorySuppressions,
        contacts: MemoryContacts,
        *,
        stream_of_topic: Mapping[str, str] | None = None,
    ) -> None:
        """Let people leave these; `stream_of_topic` names each configured topic's stream."""
        self._suppressions = suppressions
        self._contacts = contacts
        self._stream_of_topic = stream_of_topic or {}

    def leave(
        self,
        address_key: str,
        scopes: Sequence[str],
        *,
        source: str,
        evidence: str,
        now: datetime,
        email: str = "",
    ) -> bool:
        """Leave these scopes; see `Leaving.leave`."""
        decided = leaving(
            *self._stands(address_key), scopes, stream_of_topic=self._stream_of_topic,
            source=source, evidence=evidence, now=now, email=email,
        )  # fmt: skip
        return self._write(decided)

    def preferences(self, address_key: str, *, now: datetime) -> Preferences:
        """Return what they chose; see `Preferring.preferences`."""
        return preferences(*self._stands(address_key), stream_of_topic=self._stream_of_topic, now=now)

    def prefer(
        self,
        address_key: str,
        wishes: Wishes,
        *,
        source: str,
        evidence: str,
        now: datetime,
        ip: str = "",
        email: str = "",
    ) -> bool:
        """Do what they wish; see `Preferring.prefer`."""
        decided = choosing(
            *self._stands(address_key), wishes, stream_of_topic=self._stream_of_topic,
            source=source, evidence=evidence, now=now, ip=ip, email=email,
        )  # fmt: skip
        return self._write(decided)

    def ask(
        self, address_key: str, sign_up: SignUp, *, source: str, evidence: str, now: datetime, ip: str = ""
    ) -> frozenset[str]:
        """Note the sign-up; see `Joining.ask`."""
        decided, unconfirmed = asking(
            *self._stands(address_key), sign_up, stream_of_topic=self._stream_of_topic,
            source=source, evidence=evidence, now=now, ip=ip,
        )  # fmt: skip
        self._write(decided)
        if decided.waiting is not None:
            self._contacts.waiting[address_key] = decided.waiting
        return unconfirmed

    def confirm(
        self,
        address_key: str,
        topics: Sequence[str],
        *,
        terms: Mapping[str, TopicTerms],
        source: str,
        evidence: str,
        now: datetime,
        ip: str = "",
    ) -> frozenset[str]:
        """Grant what was asked for; see `Joining.confirm`."""
        decided = confirming(
            *self._stands(address_key), self._contacts.waiting.get(address_key), topics, terms=terms,
            stream_of_topic=self._stream_of_topic, source=source, evidence=evidence, now=now, ip=ip,
        )  # fmt: skip
        self._write(decided)
        chosen = self.preferences(address_key, now=now).topics
        return frozenset(topic for topic in topics if chosen.get(topic))

    def _stands(self, address_key: str) -> tuple[Suppression, list[HistoryEntry], Contact | None]:
        standing = self._suppressions.find([address_key]).get(address_key, Suppression(address_key, "", {}))
        contact = self._contacts.find([address_key]).get(address_key)
        return standing, self._suppressions.history(address_key), contact

    def _write(self, decided: Departure) -> bool:
        self._suppressions.write(decided.changes)
        if decided.contact is not None:
            self._contacts.write(decided.contact, decided.consents)
        return bool(decided)
