"""A message's decision record as a timeline that a support person can read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.explaining import meanings
from postroad.explaining.moments import moment
from postroad.suppression.model import is_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.ledger.row import Row
    from postroad.suppression.model import HistoryEntry, ScopeEntry, Suppression

_ORDER = ("created", "accepted", "claimed")
"""What comes first among moments that are equal; statuses follow as they stand in the row."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline."""

    at: datetime
    word: str
    text: str


def steps(row: Row) -> list[Step]:
    """Return what happened to a message and when, oldest first."""
    ordered = sorted(
        row.times.items(),
        key=lambda item: (item[1], _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)),
    )
    return [Step(at, word, meanings.of_step(word)) for word, at in ordered]


def record_lines(row: Row, *, now: datetime) -> list[str]:
    """Return the decision record of one message as lines of text."""
    lines = [f"{row.message_id}  {row.status}" + (f"  ({row.reason})" if row.reason else "")]
    lines.append(f"  {meanings.of_status(row.status, released=not row.owner)}")
    if row.reason:
        lines.append(f"  {meanings.of_reason(row.reason)}")
    if row.detail:
        lines.append(f"  {row.detail}")
    facts = (
        ("to", row.email), ("stream", row.stream), ("template", row.template), ("locale", row.locale),
        ("topic", row.topic), ("bounce", row.bounce),
        ("tags", ", ".join(f"{name}={value}" for name, value in sorted(row.tags.items()))),
    )  # fmt: skip
    lines.append("")
    lines += [f"  {name:<10}{value}" for name, value in facts if value]
    lines += ["", *_timeline(row)]
    lines += _attempts(row, now)
    if row.notes:
        lines += ["", "  notes", *(f"    - {note}" for note in row.notes)]
    if step := meanings.next_step(row.status, row.reason):
        lines += ["", f"  next: {step}"]
    return lines


def suppression_lines(suppression: Suppression | None, *, now: datetime) -> list[str]:
    """Return what stops this address now, one line per scope."""
    standing = _standing(suppression, now)
    if not standing:
        return ["  No suppression stands for this address."]
    return [
        f"  suppressed: {scope} since {moment(entry.since)}, {entry.reason} (by {entry.source})"
        + (f", until {moment(entry.until)}" if entry.until else "")
        for scope, entry in standing
    ]


def history_lines(history: Sequence[HistoryEntry]) -> list[str]:
    """Return what happened to the suppressions of one address, oldest first."""
    return [
        f"  {moment(each.at)}  {each.action:<10}  {each.scope}  {each.reason}"
        f"  by {each.source}  {each.evidence}"
        for each in history
    ]


def record(row: Row, suppression: Suppression | None, *, now: datetime) -> dict[str, Any]:
    """Return the decision record as a JSON object."""
    return {
        "message_id": row.message_id,
        "status": row.status,
        "reason": row.reason or None,
        "detail": row.detail or None,
        "stream": row.stream or None,
        "template": row.template or None,
        "to": row.email or None,
        "locale": row.locale or None,
        "topic": row.topic or None,
        "bounce": row.bounce or None,
        "tags": dict(row.tags),
        "timeline": [{"at": step.at, "what": step.word} for step in steps(row)],
        "attempts": row.attempt,
        "ses_message_ids": dict(row.ses_ids),
        "lease_until": row.lease_until,
        "notes": list(row.notes),
        "kept_until": row.expires_at,
        "suppressions": suppression_records(suppression, now=now),
    }


def suppression_records(suppression: Suppression | None, *, now: datetime) -> list[dict[str, Any]]:
    """Return what stops an address now as JSON objects."""
    return [entry_record(scope, entry) for scope, entry in _standing(suppression, now)]


def entry_record(scope: str, entry: ScopeEntry) -> dict[str, Any]:
    """Return one scope of a suppression as a JSON object."""
    return {
        "scope": scope,
        "reason": entry.reason,
        "source": entry.source,
        "since": entry.since,
        "until": entry.until,
        "evidence": entry.evidence,
    }


def _standing(suppression: Suppression | None, now: datetime) -> list[tuple[str, ScopeEntry]]:
    scopes: Mapping[str, ScopeEntry] = suppression.scopes if suppression else {}
    return [(scope, entry) for scope, entry in sorted(scopes.items()) if is_in_force(entry, now)]


def _timeline(row: Row) -> list[str]:
    found = steps(row)
    if not found:
        return ["  No times are known."]
    begin = found[0].at
    return [
        f"  {moment(step.at)}  {_since(begin, step.at):>9}  {step.word:<11}{step.text}".rstrip()
        for step in found
    ]


def _since(begin: datetime, at: datetime) -> str:
    seconds = (at - begin).total_seconds()
    return "" if seconds == 0 else f"+{seconds:,.1f} s"


def _attempts(row: Row, now: datetime) -> list[str]:
    if not row.attempt and not row.ses_ids:
        return []
    numbers = sorted({*map(int, row.ses_ids), *range(1, row.attempt + 1)})
    lines = ["", "  attempts"]
    lines += [f"    {number}  {row.ses_ids.get(str(number), 'SES gave no id')}" for number in numbers]
    if row.lease_until is not None and row.owner:
        state = "until" if row.lease_until > now else "ended"
        lines.append(f"    lease {state} {moment(row.lease_until)}")
    return lines
