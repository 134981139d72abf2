"""A message's decision record as pages show it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from postroad.explaining import meanings
from postroad.explaining.decision_record import explain, since, standing
from postroad.ledger.row import Row
from postroad.local.simulator.account import SuppressedAddress
from postroad.local.simulator.records import latest_time
from postroad.local.simulator.web.shown import Shown, account_entry, moment
from postroad.suppression.model import Suppression


@dataclass(frozen=True, slots=True)
class Record:
    """What was read about one message; `trouble` says in one line what could not be."""

    row: Row | None = None
    suppression: Suppression | None = None
    trouble: str = ""


def record(found: Record, suppressed: Mapping[str, SuppressedAddress], *, now: datetime) -> Shown:
    """Return the record in parts, whatever of it is known."""
    if found.row is None:
        return {
            "known": False,
            "heading": "Postroad's own record",
            "trouble": found.trouble,
            "suppressions": [],
            "ses_list": [],
        }
    told = explain(found.row, now=now)
    begin = told.steps[0].at if told.steps else now
    on_the_list = suppressed.get(found.row.email.lower())
    return {
        "known": True,
        "trouble": found.trouble,
        "told": told,
        "heading": "Why it was not sent"
        if told.status in meanings.NOT_SENT
        else "What became of it, and why",
        "email": found.row.email,
        "reason": told.reason.replace("_", " "),
        # What stands between backticks is a command to copy.
        "next": [(words, number % 2 == 1) for number, words in enumerate(told.next_step.split("`"))],
        "timeline": [
            {"at": moment(step.at), "word": step.word, "text": step.text, "since": since(begin, step.at)}
            for step in told.steps
        ],
        "suppressions": suppressions(found.suppression, now=now),
        "ses_list": [account_entry(on_the_list)] if on_the_list else [],
        "kept_until": moment(found.row.expires_at) if found.row.expires_at else None,
    }


def suppressions(found: Suppression | None, *, now: datetime) -> Sequence[Shown]:
    """Return what stops an address now, one entry per scope."""
    return [
        {
            "scope": _scope(scope),
            "reason": entry.reason,
            "why": meanings.of_reason(entry.reason),
            "source": entry.source,
            "since": moment(entry.since),
            "until": moment(entry.until) if entry.until else None,
        }
        for scope, entry in standing(found, now)
    ]


def _scope(scope: str) -> str:
    kind, _, name = scope.partition(":")
    return f"on the {kind} {name}" if name else "on all streams"


def line(row: Row) -> Shown:
    """Return what one line of "Not sent" says."""
    at = latest_time(row)
    detail = f" {row.detail}" if row.detail else ""
    why = meanings.of_reason(row.reason) if row.reason else meanings.of_status(row.status)
    return {
        "id": row.message_id,
        "to": row.email,
        "stream": row.stream,
        "template": row.template,
        "status": row.status,
        "reason": row.reason.replace("_", " "),
        "why": why + detail,
        "at": moment(at) if at else None,
    }
