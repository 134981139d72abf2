"""A row as a DynamoDB item, and back.

Empty attributes are left out: an item past 1,024 bytes costs twice. Times are whole milliseconds since 1970.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.contract.words import Status
from postroad.ledger.engagement import NOTHING_SEEN, Engagement
from postroad.ledger.row import Row
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SORT_KEY = "message"
_TEXTS = (
    "reason",
    "detail",
    "stream",
    "template",
    "fingerprint",
    "address_key",
    "email",
    "locale",
    "topic",
    "journey",
    "step",
    "owner",
    "bounce",
    "provider",
)
_MAPS = ("ses_ids", "times", "tags")
_NUMBERS = (
    "version",
    "attempt",
    "lease_until",
    "due",
    "generation",
    "evidence_after",
    "failures",
    "links",
    "accepted",
    "ttl",
)
ATTRIBUTES = ("status", "held", *_TEXTS, *_MAPS, *_NUMBERS, "notes", "engagement", "counted")
"""All that an item may hold beside its key."""


def to_item(row: Row) -> dict[str, dict[str, Any]]:
    """Return the item that holds this row, in DynamoDB's own notation."""
    texts = {name: {"S": text} for name in _TEXTS if (text := getattr(row, name))}
    maps = {
        "ses_ids": {attempt: {"S": ses_id} for attempt, ses_id in row.ses_ids.items()},
        "times": {word: {"N": str(milliseconds(at))} for word, at in row.times.items()},
        "tags": {name: {"S": value} for name, value in row.tags.items()},
    }
    numbers = {
        "version": row.version,
        "attempt": row.attempt or None,
        "lease_until": None if row.lease_until is None else milliseconds(row.lease_until),
        "due": None if row.due is None else milliseconds(row.due),
        "generation": row.generation or None,
        "evidence_after": None if row.evidence_after is None else milliseconds(row.evidence_after),
        "failures": row.failures or None,
        "links": row.links or None,
        "accepted": milliseconds(row.times["accepted"]) if "accepted" in row.times else None,
        "ttl": None if row.expires_at is None else milliseconds(row.expires_at) // 1000,
    }
    return {
        "pk": {"S": row.message_id},
        "sk": {"S": SORT_KEY},
        "status": {"S": row.status.value},
        # The key of an index in which only these rows stand, so that they are found among millions.
        **({"held": {"S": row.stream}} if row.waits_for_operator and row.stream else {}),
        **texts,
        **{name: {"M": entries} for name, entries in maps.items() if entries},
        **{name: {"N": str(number)} for name, number in numbers.items() if number is not None},
        **({"notes": {"L": [{"S": note} for note in row.notes]}} if row.notes else {}),
        **_engagement_attribute(row.engagement),
        **({"counted": {"S": " ".join(row.counted)}} if row.counted else {}),
    }


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """Return the row that this item holds."""
    return Row(
        message_id=item["pk"]["S"],
        status=Status(item["status"]["S"]),
        **{name: item[name]["S"] for name in _TEXTS if name in item},
        attempt=_number(item, "attempt") or 0,
        lease_until=_moment(item, "lease_until"),
        due=_moment(item, "due"),
        generation=_number(item, "generation") or 0,
        evidence_after=_moment(item, "evidence_after"),
        failures=_number(item, "failures") or 0,
        links=_number(item, "links") or 0,
        engagement=_engagement(item.get("engagement", {}).get("M", {})),
        counted=tuple(item.get("counted", {}).get("S", "").split()),
        ses_ids={attempt: value["S"] for attempt, value in item.get("ses_ids", {}).get("M", {}).items()},
        times={word: moment(int(value["N"])) for word, value in item.get("times", {}).get("M", {}).items()},
        notes=tuple(value["S"] for value in item.get("notes", {}).get("L", [])),
        tags={name: value["S"] for name, value in item.get("tags", {}).get("M", {}).items()},
        version=_number(item, "version") or 1,
        expires_at=None if (ttl := _number(item, "ttl")) is None else moment(ttl * 1000),
    )


def _engagement_attribute(seen: Engagement) -> dict[str, dict[str, Any]]:
    held = {
        "opens": {"L": [{"N": str(at)} for at in seen.opens]} if seen.opens else None,
        "clicks": {"L": [{"S": f"{at}:{link}"} for at, link in seen.clicks]} if seen.clicks else None,
        "machine_opened": None if seen.machine_opened is None else {"N": str(seen.machine_opened)},
        "machine_clicked": None if seen.machine_clicked is None else {"N": str(seen.machine_clicked)},
    }
    held = {name: value for name, value in held.items() if value is not None}
    return {"engagement": {"M": held}} if held else {}


def _engagement(held: Mapping[str, Mapping[str, Any]]) -> Engagement:
    if not held:
        return NOTHING_SEEN
    clicks = (each["S"].partition(":") for each in held.get("clicks", {}).get("L", []))
    return Engagement(
        opens=tuple(int(each["N"]) for each in held.get("opens", {}).get("L", [])),
        clicks=tuple((int(at), link) for at, _, link in clicks),
        machine_opened=_number(held, "machine_opened"),
        machine_clicked=_number(held, "machine_clicked"),
    )


def _number(item: Mapping[str, Mapping[str, Any]], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def _moment(item: Mapping[str, Mapping[str, Any]], name: str) -> datetime | None:
    return None if (at := _number(item, name)) is None else moment(at)
