"""Walks as items of the table Journeys, under the address key and their place. Pure.

What a walk holds of a contact's doings (`trigger`, `sent`, `outbox`) is one JSON text each: so every value
comes back as it was, whatever DynamoDB makes of numbers. `due` and `outbox` are there only while they count.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from postroad.activity.event import NOTHING, Event
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.enrolment import Ended, Enrolment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postroad.journeys.effects import Effect

KEPT = timedelta(days=400)
"""After its end, a walk is kept for so long; one through a journey that is walked once, for good."""
MOST_BYTES = 100_000
"""Of what a walk decided, as JSON. DynamoDB takes 400 KB in an item, and is paid for each at every write."""
_KINDS: dict[str, type[Effect]] = {"mail": Mail, "set": Attributes, "notify": Notice}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_MOMENTS = frozenset(("at", "expires_at"))


def walk_key(address_key: str, place: str) -> dict[str, Any]:
    """Return where a walk lies."""
    return {"pk": {"S": address_key}, "sk": {"S": place}}


def walk_item(walk: Enrolment) -> dict[str, Any]:
    """Write a walk, without what is empty."""
    texts = {
        "journey": walk.journey,
        "key": walk.key,
        "step": walk.step,
        "began": write_time(walk.began),
        "since": write_time(walk.since),
        "due": write_time(walk.due),
        "trigger": _trigger(walk.trigger),
        "sent": write_json(walk.sent) if walk.sent else "",
        "earlier": write_json(walk.earlier) if walk.earlier else "",
        "heard": walk.heard,
        "ended": walk.ended.value if walk.ended else "",
        "reason": walk.reason,
        "ended_at": write_time(walk.ended_at),
        "outbox": outbox_text(walk.outbox) if walk.outbox else "",
    }
    numbers = {"version": walk.version, "entry": walk.entry, "writes": walk.writes}
    item: dict[str, Any] = {
        **walk_key(walk.address_key, walk.place),
        **{name: {"S": text} for name, text in texts.items() if text},
        **{name: {"N": str(number)} for name, number in numbers.items()},
        **{name: {"BOOL": True} for name in ("slot", "kept") if getattr(walk, name)},
    }
    if walk.ended_at is not None and not walk.kept:
        item["ttl"] = {"N": str(round((walk.ended_at + KEPT).timestamp()))}
    return item


def read_walk(item: Mapping[str, Any]) -> Enrolment:
    """Read what `walk_item` wrote."""
    return Enrolment(
        address_key=item["pk"]["S"],
        journey=item["journey"]["S"],
        version=int(item["version"]["N"]),
        key=_text(item, "key"),
        entry=int(item["entry"]["N"]),
        began=datetime.fromisoformat(item["began"]["S"]),
        step=_text(item, "step"),
        since=datetime.fromisoformat(item["since"]["S"]),
        due=_time(item, "due"),
        slot="slot" in item,
        kept="kept" in item,
        trigger=_read_trigger(_text(item, "trigger")),
        sent=json.loads(_text(item, "sent") or "{}"),
        earlier=tuple(json.loads(_text(item, "earlier") or "[]")),
        heard=_text(item, "heard"),
        ended=Ended(item["ended"]["S"]) if "ended" in item else None,
        reason=_text(item, "reason"),
        ended_at=_time(item, "ended_at"),
        outbox=_read_outbox(_text(item, "outbox")),
        writes=int(item["writes"]["N"]),
    )


def outbox_text(effects: Sequence[Effect]) -> str:
    """Write what a walk decided, in its order."""
    return write_json([{"kind": _NAMES[type(effect)], **_told(effect)} for effect in effects])


def write_json(value: object) -> str:
    """Write JSON as short as it gets."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_time(at: datetime | None) -> str:
    """Write a time in UTC with six digits, so that texts sort as times do; nothing for none."""
    if at is None:
        return ""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _told(effect: Effect) -> dict[str, Any]:
    told = {field.name: getattr(effect, field.name) for field in fields(effect)}
    told |= {name: write_time(told[name]) for name in _MOMENTS & told.keys()}
    return {name: dict(value) if name in {"data", "values", "properties"} else value
            for name, value in told.items() if value or name == "if_capped"}  # fmt: skip


def _read_outbox(text: str) -> tuple[Effect, ...]:
    return tuple(_effect(each) for each in json.loads(text)) if text else ()


def _effect(told: dict[str, Any]) -> Effect:
    kind = told.pop("kind")
    for name in _MOMENTS & told.keys():
        told[name] = datetime.fromisoformat(told[name])
    match kind:
        case "mail":
            return Mail(**{"data": {}, **told})
        case "set":
            return Attributes(**{"values": {}, **told})
        case _:
            return Notice(**{"properties": {}, **told})


def _trigger(event: Event | None) -> str:
    if event is None:
        return ""
    said = {"name": event.name, "at": write_time(event.at), "event_id": event.event_id}
    return write_json(said | ({"properties": dict(event.properties)} if event.properties else {}))


def _read_trigger(text: str) -> Event | None:
    if not text:
        return None
    said = json.loads(text)
    at = datetime.fromisoformat(said["at"])
    return Event(said["name"], at, said["event_id"], said.get("properties", NOTHING))


def _text(item: Mapping[str, Any], name: str) -> str:
    found: str = item[name]["S"] if name in item else ""
    return found


def _time(item: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(item[name]["S"]) if name in item else None
