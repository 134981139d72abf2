"""Suppressions as items of the table: pk = address key, sk = `current` or `h#<time>#<version>`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from postroad.contract.words import Reason
from postroad.suppression.model import HistoryAction, HistoryEntry, ScopeEntry, Suppression

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENT = "current"
HISTORY = "h#"


def current_key(address_key: str) -> dict[str, Any]:
    return {"pk": {"S": address_key}, "sk": {"S": CURRENT}}


def current_item(suppression: Suppression, version: int) -> dict[str, Any]:
    """Write what stands. The item outlives its last scope, so that its version is never used twice."""
    item = {
        **current_key(suppression.address_key),
        "email": {"S": suppression.email},
        "scopes": {"M": {scope: {"M": _scope(entry)} for scope, entry in suppression.scopes.items()}},
        "version": {"N": str(version)},
    }
    return item if suppression.erased is None else {**item, "erased": {"S": _write_time(suppression.erased)}}


def history_item(address_key: str, entry: HistoryEntry, version: int) -> dict[str, Any]:
    """Write one line of history. The version of the write that it belongs to keeps equal times apart."""
    item = {
        "pk": {"S": address_key},
        "sk": {"S": f"{HISTORY}{_write_time(entry.at)}#{version:06d}"},
        "action": {"S": entry.action.value},
        "scope": {"S": entry.scope},
        "reason": {"S": entry.reason.value},
        "source": {"S": entry.source},
        "evidence": {"S": entry.evidence},
    }
    return item if entry.until is None else {**item, "until": {"S": _write_time(entry.until)}}


def read_current(item: Mapping[str, Any]) -> Suppression:
    return Suppression(
        address_key=item["pk"]["S"],
        email=item["email"]["S"],
        scopes={scope: _read_scope(value["M"]) for scope, value in item["scopes"]["M"].items()},
        erased=_read_time(item["erased"]["S"]) if "erased" in item else None,
    )


def read_version(item: Mapping[str, Any]) -> int:
    return int(item["version"]["N"])


def read_history(item: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(
        at=_read_time(item["sk"]["S"].split("#")[1]),
        action=HistoryAction(item["action"]["S"]),
        scope=item["scope"]["S"],
        reason=Reason(item["reason"]["S"]),
        source=item["source"]["S"],
        evidence=item["evidence"]["S"],
        until=_read_time(item["until"]["S"]) if "until" in item else None,
    )


def _scope(entry: ScopeEntry) -> dict[str, Any]:
    item = {
        "reason": {"S": entry.reason.value},
        "source": {"S": entry.source},
        "since": {"S": _write_time(entry.since)},
        "evidence": {"S": entry.evidence},
    }
    return item if entry.until is None else {**item, "until": {"S": _write_time(entry.until)}}


def _read_scope(item: Mapping[str, Any]) -> ScopeEntry:
    return ScopeEntry(
        reason=Reason(item["reason"]["S"]),
        source=item["source"]["S"],
        since=_read_time(item["since"]["S"]),
        until=_read_time(item["until"]["S"]) if "until" in item else None,
        evidence=item["evidence"]["S"],
    )


def _write_time(time: datetime) -> str:
    """UTC with all six digits, and four of the year, which strftime shortens: so texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
