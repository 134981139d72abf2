"""A message's decision record as a timeline that a support person can read. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.contract.words import Status
from postroad.explaining import meanings
from postroad.explaining.moments import moment
from postroad.suppression.model import is_in_force

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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
        {**row.times, **row.engaged}.items(),
        key=lambda item: (item[1], _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)),
    )
    return [Step(at, word, meanings.of_step(word)) for word, at in ordered]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message stands where it does, ready to be written down.

    `sentences` begin with what the status means; `attempts` are numbers with the id that SES gave, or "";
    `lease` says until when the latest attempt is somebody's; `next_step` is empty if nothing is to be done.
    """

    message_id: str
    status: Status
    reason: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    attempts: tuple[tuple[int, str], ...]
    lease: str
    notes: tuple[str, ...]
    next_step: str


def explain(row: Row, *, now: datetime, watermark: datetime | None = None) -> Explanation:
    """Return the decision record of one message in parts.

    `watermark` is the send time up to which SES's events of its stream have been applied, if it was read.
    """
    said = (
        meanings.of_status(row.status, row.reason, released=not row.owner),
        meanings.of_reason(row.reason) if row.reason else "",
        row.detail,
        sent_more_than_once(row),
    )
    facts = (
        ("to", row.email), ("stream", row.stream), ("template", row.template), ("locale", row.locale),
        ("topic", row.topic), ("journey", ", step ".join(filter(None, (row.journey, row.step)))),
        ("bounce", row.bounce), *_waits(row, watermark),
        ("tags", ", ".join(f"{name}={value}" for name, value in sorted(row.tags.items()))),
    )  # fmt: skip
    numbers = sorted({*map(int, row.ses_ids), *range(1, row.attempt + 1)})
    lease = ""
    if row.lease_until is not None and row.owner and numbers:
        lease = f"{'until' if row.lease_until > now else 'ended'} {moment(row.lease_until)}"
    return Explanation(
        message_id=row.message_id,
        status=row.status,
        reason=row.reason,
        sentences=tuple(sentence for sentence in said if sentence),
        facts=tuple((name, value) for name, value in facts if value),
        steps=tuple(steps(row)),
        attempts=tuple((number, row.ses_ids.get(str(number), "")) for number in numbers),
        lease=lease,
        notes=row.notes,
        next_step=next_step_of(row),
    )


def sent_more_than_once(row: Row) -> str:
    """Return a sentence if SES took more than one attempt, else nothing."""
    if len(row.ses_ids) <= 1:
        return ""
    attempts = ", ".join(sorted(row.ses_ids, key=int))
    return f"It was sent {len(row.ses_ids)} times: SES took attempts {attempts}."


def _waits(row: Row, watermark: datetime | None) -> Iterator[tuple[str, str]]:
    """Yield until when a row waits, and for what."""
    if row.status is not Status.SCHEDULED and not row.awaits_evidence:
        return
    if row.due is not None:
        yield "due", f"{moment(row.due)} (generation {row.generation})"
    if row.awaits_evidence:
        yield "evidence", f"any event of attempt {row.attempt} proves that it was sent"
        if row.evidence_after is not None:
            until = moment(row.evidence_after)
            yield "silence", f"proves that it was not, once SES's events are applied up to {until}"
        if watermark is not None:
            yield "applied", f"up to {moment(watermark)}, so far"


def next_step_of(row: Row) -> str:
    """Return what can be done about a message, with its own words in it; empty if nothing is."""
    return _filled_in(meanings.next_step(row.status, row.reason) or "", row)


def _filled_in(step: str, row: Row) -> str:
    """Write this message's own words into the command that a step names, so that it can be copied."""
    known = {"<email>": row.email, "<stream>": row.stream, "<message_id>": row.message_id}
    for place, value in known.items():
        # The address is a stranger's: what a shell would read otherwise is quoted.
        step = step.replace(place, shlex.quote(value)) if value else step
    return step


def record_lines(row: Row, *, now: datetime, watermark: datetime | None = None) -> list[str]:
    """Return the decision record of one message as lines of text; `watermark` as in `explain`."""
    told = explain(row, now=now, watermark=watermark)
    lines = [f"{told.message_id}  {told.status}" + (f"  ({told.reason})" if told.reason else "")]
    lines += [f"  {sentence}" for sentence in told.sentences]
    lines.append("")
    lines += [f"  {name:<10}{value}" for name, value in told.facts]
    lines += ["", *_timeline(told.steps)]
    if told.attempts:
        lines += ["", "  attempts"]
        lines += [f"    {number}  {ses_id or _without_id(row, number)}" for number, ses_id in told.attempts]
    if told.lease:
        lines.append(f"    lease {told.lease}")
    if told.notes:
        lines += ["", "  notes", *(f"    - {note}" for note in told.notes)]
    if told.next_step:
        lines += ["", f"  next: {told.next_step}"]
    return lines


def _without_id(row: Row, attempt: int) -> str:
    """Say of an attempt that SES gave it no id, or that nobody knows."""
    unknown = attempt == row.attempt and bool(row.owner) and row.reason != ""
    return "no answer came: it may have been sent" if unknown else "SES gave no id"


def suppression_lines(suppression: Suppression | None, *, now: datetime) -> list[str]:
    """Return what stops this address now, one line per scope."""
    stopped = standing(suppression, now)
    if not stopped:
        return ["  No suppression stands for this address."]
    return [
        f"  suppressed: {scope} since {moment(entry.since)}, {entry.reason} (by {entry.source})"
        + (f", until {moment(entry.until)}" if entry.until else "")
        for scope, entry in stopped
    ]


def history_lines(history: Sequence[HistoryEntry]) -> list[str]:
    """Return what happened to the suppressions of one address, oldest first."""
    return [
        f"  {moment(each.at)}  {each.action:<10}  {each.scope}  {each.reason}"
        f"  by {each.source}  {each.evidence}"
        for each in history
    ]


def record(
    row: Row, suppression: Suppression | None, *, now: datetime, watermark: datetime | None = None
) -> dict[str, Any]:
    """Return the decision record as a JSON object; `watermark` as in `explain`."""
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
        "journey": row.journey or None,
        "step": row.step or None,
        "bounce": row.bounce or None,
        "tags": dict(row.tags),
        "timeline": [{"at": step.at, "what": step.word} for step in steps(row)],
        "due": row.due,
        "generation": row.generation or None,
        "evidence_after": row.evidence_after,
        "events_applied_until": watermark,
        "attempts": row.attempt,
        "failures": row.failures,
        "times_sent": len(row.ses_ids),
        "ses_message_ids": dict(row.ses_ids),
        "lease_until": row.lease_until,
        "notes": list(row.notes),
        "kept_until": row.expires_at,
        "suppressions": suppression_records(suppression, now=now),
    }


def suppression_records(suppression: Suppression | None, *, now: datetime) -> list[dict[str, Any]]:
    """Return what stops an address now as JSON objects."""
    return [entry_record(scope, entry) for scope, entry in standing(suppression, now)]


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


def standing(suppression: Suppression | None, now: datetime) -> list[tuple[str, ScopeEntry]]:
    """Return the scopes of an address that are stopped now, each with its entry."""
    scopes: Mapping[str, ScopeEntry] = suppression.scopes if suppression else {}
    return [(scope, entry) for scope, entry in sorted(scopes.items()) if is_in_force(entry, now)]


def _timeline(found: Sequence[Step]) -> list[str]:
    if not found:
        return ["  No times are known."]
    begin = found[0].at
    width = max(9, *(len(step.word) for step in found))
    return [
        f"  {moment(step.at)}  {since(begin, step.at):>9}  {step.word:<{width}}  {step.text}".rstrip()
        for step in found
    ]


def since(begin: datetime, at: datetime) -> str:
    """Return how long after the first moment this one was, or nothing if it was the same."""
    seconds = (at - begin).total_seconds()
    return "" if seconds == 0 else f"+{seconds:,.1f} s"
