"""What leaving changes: suppressions and consent together. Pure: the stores carry it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contacts.departure import Departure, following
from postroad.contacts.model import ConsentStatus, Contact
from postroad.contacts.saving import with_consent, withdrawing
from postroad.contract.words import Reason
from postroad.suppression.change import has_unsubscribed, suppressing
from postroad.suppression.model import (
    ALL_STREAMS,
    HistoryEntry,
    ScopeEntry,
    Suppression,
    stream_scope,
    topic_scope,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import Consent
    from postroad.suppression.change import Change

_TOPIC = topic_scope("")


def leaving(
    standing: Suppression, history: Sequence[HistoryEntry], contact: Contact | None, scopes: Sequence[str],
    *, stream_of_topic: Mapping[str, str], source: str, evidence: str, now: datetime, email: str,
) -> Departure:  # fmt: skip
    """Decide what `Leaving.leave` writes; a departure that is false where it was all left before.

    Where a stronger reason stands on a scope, a line of history says that they left.
    """
    known = contact or Contact(standing.address_key, "")
    shown = standing.email or known.email or email
    entry = ScopeEntry(Reason.UNSUBSCRIBED, source, following(history, now), None, evidence)
    changes: list[Change] = []
    for scope in dict.fromkeys(scopes):
        if has_unsubscribed(standing, history, scope):
            continue
        change = suppressing(standing, history, email=shown, scope=scope, entry=entry)
        if change is not None:
            standing = change.suppression
            changes.append(change)
    after = known
    consents: list[Consent] = []
    for topic in _topics(known, scopes, stream_of_topic):
        consent = withdrawing(after, topic, source=source, evidence=evidence, now=now)
        if consent is not None:
            after = with_consent(after, consent)
            consents.append(consent)
    if consents:
        after = replace(after, updated_at=now, version=known.version + 1)
    return Departure(tuple(changes), after if consents else None, tuple(consents))


def _topics(contact: Contact, scopes: Sequence[str], stream_of_topic: Mapping[str, str]) -> list[str]:
    """Return the topics that are named, and those agreed to that the other scopes take in."""
    named = [scope.removeprefix(_TOPIC) for scope in scopes if scope.startswith(_TOPIC)]
    agreed = [
        topic
        for topic, newest in sorted(contact.topics.items())
        if newest.status is not ConsentStatus.WITHDRAWN
        and (ALL_STREAMS in scopes or stream_scope(stream_of_topic.get(topic, "")) in scopes)
    ]
    return list(dict.fromkeys([*named, *agreed]))
