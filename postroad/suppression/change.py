"""What becomes of an address's suppressions when one is made or lifted. Pure: the stores carry it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from postroad.contract.words import Reason
from postroad.suppression.model import (
    ALL_STREAMS,
    OWN_CHOICE,
    HistoryAction,
    HistoryEntry,
    ScopeEntry,
    Suppression,
    is_in_force,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from postroad.suppression.model import NewSuppression

# A complaint is the recipient's own word, a hard bounce a fact about the mailbox, a run of soft bounces a
# guess; a person's own choices are weakest because they never stop transactional mail: erasure, which leaves
# nothing else of them, then leaving, then a pause. Others count as `manual`.
_STRENGTH = {
    Reason.COMPLAINT: 7,
    Reason.HARD_BOUNCE: 6,
    Reason.MANUAL: 5,
    Reason.SOFT_BOUNCES: 4,
    Reason.ERASED: 3,
    Reason.UNSUBSCRIBED: 2,
    Reason.PAUSED: 1,
}
_ORDINARY = _STRENGTH[Reason.MANUAL]
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """What to write: the address as it then stands, one more line of history, and whether it changed."""

    suppression: Suppression
    history: HistoryEntry
    changed: bool


def replaces(standing: ScopeEntry, new: ScopeEntry) -> bool:
    """Say whether `new` takes the place of the entry that stands on the same scope.

    The one for good wins over the one that heals by itself, then the stronger reason, then the later end,
    then the older. So two entries end the same in either order. One that had ended before the other began
    gives way to it.
    """
    if standing.until is not None and standing.until <= new.since:
        return True
    if new.until is not None and new.until <= standing.since:
        return False
    return _weight(new) > _weight(standing)


def _weight(entry: ScopeEntry) -> tuple[bool, int, datetime, float, str, str, str]:
    return (
        entry.until is None,
        _STRENGTH.get(entry.reason, _ORDINARY),
        entry.until or _NEVER,
        -entry.since.timestamp(),
        # The rest only settles ties, so that the order of writing never matters.
        entry.reason.value,
        entry.evidence,
        entry.source,
    )


def suppressing(
    standing: Suppression, history: Sequence[HistoryEntry], *, email: str, scope: str, entry: ScopeEntry
) -> Change | None:
    """Decide what `suppress` writes; None for a copy of an event that the history holds already.

    Copies of one event give equal entries. A late one (SNS delivers an event up to eight times) has no effect
    after the scope was lifted either: it tells nothing that the operator who lifted it could not know.
    """
    line = HistoryEntry(
        at=entry.since,
        action=HistoryAction.SUPPRESSED,
        scope=scope,
        reason=entry.reason,
        source=entry.source,
        evidence=entry.evidence,
        until=entry.until,
    )
    if line in history:
        return None
    if entry.reason is Reason.ERASED:
        # Also by a list that came from another stage, say.
        standing = replace(standing, email="", erased=standing.erased or entry.since)
    before = standing.scopes.get(scope)
    if before is not None and not replaces(before, entry):
        return Change(standing, line, changed=False)
    scopes = {**standing.scopes, scope: entry}
    # Whatever comes of an address whose data were erased: it is never written down again.
    shown = "" if standing.erased else email
    return Change(replace(standing, email=shown, scopes=scopes), line, changed=True)


def adding(
    standing: Suppression, history: Sequence[HistoryEntry], wanted: Sequence[NewSuppression]
) -> list[Change | None]:
    """Decide what `suppress_many` writes for one address: a change for each entry, None where none is due.

    An entry leaves no trace where a stronger or older one stands, or one that says the same: it may come from
    a list that was read before, or that names an address twice. Nor where the same was lifted since: who
    lifted it knew, and an older list tells nothing new. A leaving alone leaves its line behind something
    stronger, once: when that is lifted, the leaving stands again.
    """
    changes: list[Change | None] = []
    lines = list(history)
    for each in wanted:
        before = standing.scopes.get(each.scope)
        change = None
        wins = before is None or (replaces(before, each.entry) and not _says_the_same(before, each.entry))
        if (wins or _is_hidden_leaving(standing, lines, each)) and not _was_lifted_since(lines, each):
            change = suppressing(standing, lines, email=each.email, scope=each.scope, entry=each.entry)
        if change is not None:
            standing = change.suppression
            lines.append(change.history)
        changes.append(change)
    return changes


def lifted_before(
    standing: Suppression,
    history: Sequence[HistoryEntry],
    wanted: Sequence[NewSuppression],
    changes: Sequence[Change | None],
) -> list[tuple[NewSuppression, bool]]:
    """Tell which entries name a scope that was lifted here before: True for one that is suppressed again.

    False for one that is left as it was lifted. `standing` and `history` are those before the `changes`.
    """
    lifted = {line.scope for line in history if line.action is HistoryAction.LIFTED}
    stands = set(standing.scopes)
    found = []
    for each, change in zip(wanted, changes, strict=True):
        if each.scope in lifted and each.scope not in stands:
            found.append((each, change is not None))
        if change is not None:
            stands.add(each.scope)
    return found


def _is_hidden_leaving(standing: Suppression, history: Sequence[HistoryEntry], new: NewSuppression) -> bool:
    """Say whether it is a leaving for good that nothing tells of yet."""
    is_leaving = new.entry.reason is Reason.UNSUBSCRIBED and new.entry.until is None
    return is_leaving and not has_unsubscribed(standing, history, new.scope)


def _was_lifted_since(history: Sequence[HistoryEntry], new: NewSuppression) -> bool:
    return was_lifted_since(history, new.scope, {new.entry.reason}, new.entry.since)


def was_lifted_since(
    history: Sequence[HistoryEntry], scope: str, reasons: Collection[Reason], since: datetime
) -> bool:
    """Say whether one of these was lifted from this scope at that time or later."""
    return any(
        line.action is HistoryAction.LIFTED
        and line.scope == scope
        and line.reason in reasons
        and line.at >= since
        for line in history
    )


def _says_the_same(standing: ScopeEntry, new: ScopeEntry) -> bool:
    return new.reason is standing.reason and new.until == standing.until and new.since >= standing.since


def places_by_key(wanted: Sequence[NewSuppression]) -> dict[str, list[int]]:
    """Return where in the list the entries of each address are, in order."""
    places: dict[str, list[int]] = {}
    for place, each in enumerate(wanted):
        places.setdefault(each.address_key, []).append(place)
    return places


def has_unsubscribed(standing: Suppression, history: Sequence[HistoryEntry], scope: str) -> bool:
    """Say whether they left this scope, and nobody lifted that since, though something stronger may stand.

    What heals by itself hides nothing that is for good. And where nothing stands nothing is stopped, whatever
    the history tells: who leaves then must get what they ask for.
    """
    entry = standing.scopes.get(scope)
    if entry is None or entry.until is not None:
        return False
    return entry.reason is Reason.UNSUBSCRIBED or unsubscription(history, scope) is not None


def unsubscription(history: Sequence[HistoryEntry], scope: str) -> HistoryEntry | None:
    """Return the line by which they left this scope for good, unless a later one lifted it."""
    lines = [line for line in history if line.scope == scope and line.reason is Reason.UNSUBSCRIBED]
    newest = max(lines, key=lambda line: (line.at, line.action is HistoryAction.LIFTED), default=None)
    if newest is None or newest.action is HistoryAction.LIFTED or newest.until is not None:
        return None
    return newest


def own_choices(
    standing: Suppression, history: Sequence[HistoryEntry], scope: str, *, now: datetime
) -> list[ScopeEntry]:
    """Return what they asked for on this scope and nobody took back since, the strongest first.

    Something stronger may stand there and hide it: then the history alone tells. One that has ended is left
    out.
    """
    found: dict[Reason, ScopeEntry] = {}
    for reason in OWN_CHOICE:
        lines = [line for line in history if line.scope == scope and line.reason is reason]
        newest = max(lines, key=lambda line: (line.at, line.action is HistoryAction.LIFTED), default=None)
        if newest is not None and newest.action is HistoryAction.SUPPRESSED:
            found[reason] = ScopeEntry(reason, newest.source, newest.at, newest.until, newest.evidence)
    entry = standing.scopes.get(scope)
    if entry is not None and entry.reason in OWN_CHOICE:
        found[entry.reason] = entry
    return sorted((each for each in found.values() if is_in_force(each, now)), key=_weight, reverse=True)


def lifting(
    standing: Suppression,
    history: Sequence[HistoryEntry],
    *,
    scope: str,
    source: str,
    now: datetime,
    note: str = "",
    only: Callable[[ScopeEntry], bool] | None = None,
) -> Change | None:
    """Decide what `lift` writes; None where nothing stands there, or a complaint without a `note`.

    Nor where `only` is given, and says no to what stands there.

    The line's evidence is the note; without one, that of what is lifted, whose own line has it in any case.
    Where they had also left or paused this scope that stands again: what was lifted hid it, and nobody took
    it back.
    """
    before = standing.scopes.get(scope)
    if before is None or (before.reason is Reason.COMPLAINT and not note):
        return None
    if only is not None and not only(before):
        return None
    # A machine's clock may be behind: the line must come after those of what it lifts, or it doesn't count.
    told = [line.at for line in history if line.scope == scope]
    line = HistoryEntry(
        at=max(now, before.since, *told),
        action=HistoryAction.LIFTED,
        scope=scope,
        reason=before.reason,
        source=source,
        evidence=note or before.evidence,
    )
    return Change(_without(standing, history, scope, before.reason, now=now), line, changed=True)


def taking_back(
    standing: Suppression, history: Sequence[HistoryEntry], *, scope: str, reason: Reason, source: str,
    evidence: str, now: datetime,
) -> Change | None:  # fmt: skip
    """Lift the person's own choice from a scope, because they said so; None where they never made it.

    What others entered there stays. `now` must be later than every line of this scope, or it doesn't count.
    """
    if reason not in {each.reason for each in own_choices(standing, history, scope, now=now)}:
        return None
    line = HistoryEntry(
        at=now, action=HistoryAction.LIFTED, scope=scope, reason=reason, source=source, evidence=evidence
    )
    entry = standing.scopes.get(scope)
    if entry is None or entry.reason is not reason:
        return Change(_back(standing, reason), line, changed=False)
    return Change(_without(standing, history, scope, reason, now=now), line, changed=True)


def erasing(
    standing: Suppression, history: Sequence[HistoryEntry], *, source: str, evidence: str, now: datetime
) -> Change | None:
    """Decide what stays when a person's data are erased: that they are, and no address; None if it stands.

    What stopped them before goes on doing so. Where that is stronger the history alone tells of the erasure,
    and it stands again when the other is lifted.
    """
    if standing.erased:
        return None
    entry = ScopeEntry(Reason.ERASED, source, now, None, evidence)
    change = suppressing(standing, history, email="", scope=ALL_STREAMS, entry=entry)
    if change is None:
        raise ValueError("the history holds this erasure already, and it was taken back: give a later time")
    return change


def _without(
    standing: Suppression, history: Sequence[HistoryEntry], scope: str, reason: Reason, *, now: datetime
) -> Suppression:
    """Take what stands on this scope away, for `reason`: their own choice that it hid comes to light."""
    scopes = {name: entry for name, entry in standing.scopes.items() if name != scope}
    rest = _back(replace(standing, scopes=scopes), reason)
    hidden = [each for each in own_choices(rest, history, scope, now=now) if each.reason is not reason]
    return replace(rest, scopes={**scopes, scope: hidden[0]}) if hidden else rest


def _back(standing: Suppression, lifted: Reason) -> Suppression:
    """Return what stands once this reason is lifted: after an erasure new data may begin."""
    return replace(standing, erased=None) if lifted is Reason.ERASED else standing
