"""What a person is marked with, and what may stay of their records. Pure: the stores carry it out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contacts.departure import Departure, following
from postroad.contacts.model import Contact
from postroad.contacts.saving import consent_key
from postroad.contract.words import Reason
from postroad.privacy.ports import Mark
from postroad.suppression.change import erasing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import Consent
    from postroad.suppression.model import HistoryEntry, ScopeEntry, Suppression

_OUR_PAGES = ("unsubscribe:", "preferences:", "subscribe:", "confirm:")
# What Postroad words itself, by ids. Anything else may have been typed in, with a name: a list that somebody
# imports brings sources and evidence of its own, and may call them by our names.
_BY_PAGES = re.compile(r"request [\w=+/-]*(, because: \w+)?(, left with [\w:.-]+ before)?", re.ASCII)
_BY_FEEDBACK = re.compile(r"[^@]*\bSES message [\w-]*[^@]*|feedback [\w-]+", re.ASCII)
_BY_SES = re.compile(r"SES's suppression list: \w+", re.ASCII)
_BY_ERASING = re.compile(r"erasure [\w-]+", re.ASCII)


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
    if bare != standing:
        bare = replace(bare, erased=None)  # so that it is written, though they were erased before
    change = erasing(bare, history, source=source, evidence=f"erasure {erasure}", now=at)
    blank = Contact(
        standing.address_key, "", created_at=now, updated_at=now,
        version=(contact.version if contact else 0) + 1, erased_at=now, erasure=erasure,
    )  # fmt: skip
    return Departure((change,) if change else (), blank, ())


def scrubbed(entry: ScopeEntry) -> ScopeEntry:
    """Return the entry without evidence that may tell of the person."""
    return replace(entry, evidence="") if may_tell(entry) else entry


def may_tell(entry: ScopeEntry | HistoryEntry) -> bool:
    """Say whether its evidence may tell of the person: it isn't made of ids alone, in Postroad's words."""
    if not entry.evidence or (entry.reason is Reason.ERASED and _BY_ERASING.fullmatch(entry.evidence)):
        return False
    by_source = {"feedback": _BY_FEEDBACK, "ses": _BY_SES}
    ours = _BY_PAGES if entry.source.startswith(_OUR_PAGES) else by_source.get(entry.source)
    return ours is None or ours.fullmatch(entry.evidence) is None


def notes(standing: Suppression, history: Sequence[HistoryEntry]) -> int:
    """Count what may tell of the person: lines of the history, and what stands without such a line."""
    told = [line.evidence for line in history if may_tell(line)]
    hidden = [each for each in standing.scopes.values() if may_tell(each) and each.evidence not in told]
    return len(told) + len(hidden)


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
