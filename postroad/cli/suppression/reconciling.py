"""What makes SES's suppression list and ours say the same: ours is the truth. Pure.

SES's list knows two reasons, which are our `hard_bounce` and `complaint` on all streams. Nothing else of ours
belongs on it: it stops transactional mail too, which neither a person who left nor a full mailbox asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.account.listing import ListReason
from postroad.contract.words import Reason
from postroad.suppression.model import (
    ALL_STREAMS,
    HistoryAction,
    NewSuppression,
    ScopeEntry,
    is_in_force,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.account.listing import ListedAddress
    from postroad.suppression.model import HistoryEntry, Suppression

SOURCE = "ses"
OURS = {ListReason.BOUNCE: Reason.HARD_BOUNCE, ListReason.COMPLAINT: Reason.COMPLAINT}
THEIRS = {ours: theirs for theirs, ours in OURS.items()}
_SPEAKS_FOR = {
    ListReason.BOUNCE: frozenset(
        {Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.ON_ACCOUNT_SUPPRESSION_LIST, Reason.SES_SUPPRESSED}
    ),
    ListReason.COMPLAINT: frozenset({Reason.COMPLAINT}),
}
"""Whose lifting here says that SES's entry is to go as well. Who lifted a bounce knew of no complaint."""


class Todo(StrEnum):
    """What is to be done about one address."""

    IMPORT = "import"
    PUT = "put"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Step:
    """One difference: the address with its key, what stands here on all streams, and on SES's list."""

    todo: Todo
    email: str
    key: str
    here: Reason | None = None
    listed: ListReason | None = None
    since: datetime | None = None
    """Of SES's entry."""


def settle(
    listed: ListedAddress,
    key: str,
    standing: Suppression | None,
    history: Sequence[HistoryEntry],
    *,
    now: datetime,
) -> Step | None:
    """Decide about one entry of SES's list; None where both say the same.

    An entry that is newer than the lifting here is a new bounce or complaint, and is imported. One of the
    same time is what was lifted, by a clock that was behind (`postroad.suppression.change.lifting`).
    """
    here = _here(standing, now)
    wanted = THEIRS.get(here.reason) if here else None
    if wanted is listed.reason:
        return None
    lifted = any(
        line.action is HistoryAction.LIFTED
        and line.scope == ALL_STREAMS
        and line.at >= listed.since
        and line.reason in _SPEAKS_FOR[listed.reason]
        for line in history
    )
    if wanted is None:
        todo = Todo.DELETE if lifted else Todo.IMPORT
    elif lifted or wanted is ListReason.COMPLAINT:
        todo = Todo.PUT
    else:
        todo = Todo.IMPORT
    return Step(todo, listed.email, key, here.reason if here else None, listed.reason, listed.since)


def missing(standing: Suppression, *, now: datetime) -> Step | None:
    """Decide about an address of ours that SES doesn't list; None where it doesn't belong there.

    Nor does one that was erased, of which we have the key alone: SES would have to be told the address.
    """
    here = _here(standing, now)
    if not standing.email or here is None or here.until is not None or here.reason not in THEIRS:
        return None
    return Step(Todo.PUT, standing.email, standing.address_key, here.reason)


def still_due(step: Step, standing: Suppression | None, *, now: datetime) -> ListReason | None:
    """Return the reason that SES's list is to hold by now, or None: what was read first may have changed."""
    here = _here(standing, now)
    return THEIRS.get(here.reason) if here and (here.until is None or step.listed) else None


def imported(step: Step) -> NewSuppression:
    """Return what is written for an entry of SES's list: equal for each reading of the same entry."""
    if step.listed is None or step.since is None:
        raise ValueError("only what SES lists can be imported")
    entry = ScopeEntry(
        reason=OURS[step.listed],
        source=SOURCE,
        since=step.since,
        until=None,
        evidence=f"SES's suppression list: {step.listed}",
    )
    return NewSuppression(step.key, step.email, ALL_STREAMS, entry)


def _here(standing: Suppression | None, now: datetime) -> ScopeEntry | None:
    entry = standing.scopes.get(ALL_STREAMS) if standing else None
    return entry if entry is not None and is_in_force(entry, now) else None
