"""A suppression, and the decision whether it stops a message. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from postroad.contract.words import Reason, StreamKind

ALL_STREAMS = "all"
_STREAM = "stream:"
_TOPIC = "topic:"


def stream_scope(name: str) -> str:
    return _STREAM + name


def topic_scope(name: str) -> str:
    return _TOPIC + name


@dataclass(frozen=True, slots=True)
class ScopeEntry:
    """Why one scope of an address is stopped.

    `source` is who or what did it ("feedback", "operator:<name>"), `evidence` an id that proves it (an SES
    event, a request), `until` the end of a suppression that heals by itself, or None.
    """

    reason: Reason
    source: str
    since: datetime
    until: datetime | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """All that stops one address. Scopes: "all", "stream:<name>", "topic:<name>".

    `erased` is when the person's data were erased, until they come back: as long as it is there `email` is
    empty, and whatever is written here later holds no address either.
    """

    address_key: str
    email: str
    scopes: Mapping[str, ScopeEntry]
    erased: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """One scope of one address that is to be stopped, among many."""

    address_key: str
    email: str
    scope: str
    entry: ScopeEntry


class HistoryAction(StrEnum):
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to a scope of an address; kept after the suppression is lifted."""

    at: datetime
    action: HistoryAction
    scope: str
    reason: Reason
    source: str
    evidence: str
    until: datetime | None = None


OWN_CHOICE = frozenset({Reason.UNSUBSCRIBED, Reason.PAUSED, Reason.ERASED})
"""What the person themselves asked for: it never stops transactional mail, whatever its scope."""


def is_in_force(entry: ScopeEntry, now: datetime) -> bool:
    return entry.until is None or now < entry.until


def blocks(
    suppression: Suppression, *, stream: str, kind: StreamKind, topic: str | None, now: datetime
) -> ScopeEntry | None:
    """Return the entry that stops this mail, or None if it may go.

    "all" stops every stream. The person's own choice never stops
    transactional mail, whatever its scope.
    """
    scopes = [ALL_STREAMS, stream_scope(stream)]
    if topic is not None:
        scopes.append(topic_scope(topic))
    for scope in scopes:
        entry = suppression.scopes.get(scope)
        if entry is None or not is_in_force(entry, now):
            continue
        if entry.reason in OWN_CHOICE and kind is StreamKind.TRANSACTIONAL:
            continue
        return entry
    return None
