"""What a person is marked with, and what may stay of their records. Pure: the stores carry it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contacts.departure import Departure, following
from postroad.contacts.model import Contact
from postroad.contacts.saving import consent_key
from postroad.privacy.ports import Mark
from postroad.suppression.change import erasing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import Consent
    from postroad.suppression.model import HistoryEntry, ScopeEntry, Suppression

_OURS = frozenset({"feedback", "ses"})
_OUR_PAGES = ("unsubscribe:", "preferences:", "subscribe:", "confirm:")
"""Sources whose evidence Postroad words itself, by ids. Any other's may have been typed in, with a name."""


def mark_of(standing: Suppression, contact: Contact | None) -> Mark | None:
    """Return the mark that stands: both tables say it, or it is to be made again."""
    if contact is None or contact.erased_at is None or standing.erased is None:
        return None
    return Mark(contact.erasure, contact.erased_at)


def marking(
    standing: Suppression, history: Sequence[HistoryEntry], contact: Contact | None,
    *, erasure: str, source: str, now: datetime, anew: bool,
) -> Departure:  # fmt: skip
    """Decide what `Persons.mark` writes; false where the mark stands and is not to be made anew."""
    if mark_of(standing, contact) is not None and not anew:
        return Departure((), None, ())
    at = following(history, now)
    bare = replace(standing, scopes={scope: scrubbed(entry) for scope, entry in standing.scopes.items()})
    change = erasing(bare, history, source=source, evidence=f"erasure {erasure}", now=at)
    blank = Contact(
        standing.address_key, "", created_at=now, updated_at=now,
        version=(contact.version if contact else 0) + 1, erased_at=now, erasure=erasure,
    )  # fmt: skip
    return Departure((change,) if change else (), blank, ())


def scrubbed(entry: ScopeEntry) -> ScopeEntry:
    """Return the entry without evidence that may tell of the person."""
    return entry if is_ours(entry.source) else replace(entry, evidence="")


def is_ours(source: str) -> bool:
    """Say whether the evidence of this source is made of ids alone."""
    return source in _OURS or source.startswith(_OUR_PAGES)


def after_the_mark(contact: Contact | None, consents: Sequence[Consent]) -> set[str]:
    """Return the keys of the records made since the mark: the profile names the newest, each the one before.

    The mark leaves a profile without topics, so what was there before is in no such chain.
    """
    by_key: Mapping[str, Consent] = {consent_key(each.topic, each.at): each for each in consents}
    kept: set[str] = set()
    for topic, newest in (contact.topics if contact else {}).items():
        key = consent_key(topic, newest.at)
        while key in by_key and key not in kept:
            kept.add(key)
            key = by_key[key].previous
    return kept
