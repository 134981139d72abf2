"""Activity as items of the table Contacts, under the address key. Pure.

`activity`: facts and the newest events; `event#<id>`: that this event came, for a while.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from postroad.activity.noting import REMEMBERED, Activity, events_text, facts_text, read_events

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.activity.noting import Happened

ACTIVITY = "activity"
EVENT = "event#"


def activity_key(address_key: str) -> dict[str, Any]:
    """Return the key of what is kept of a contact's events."""
    return {"pk": {"S": address_key}, "sk": {"S": ACTIVITY}}


def event_key(address_key: str, event_id: str) -> dict[str, Any]:
    """Return the key of the mark that an event came."""
    return {"pk": {"S": address_key}, "sk": {"S": EVENT + event_id}}


def activity_item(address_key: str, activity: Activity) -> dict[str, Any]:
    """Write it. Facts and events are JSON: each value comes back as it was, whatever DynamoDB has for it."""
    return {
        **activity_key(address_key),
        "facts": {"S": facts_text(activity.facts)},
        "events": {"S": events_text(activity.events)},
        "version": {"N": str(activity.version)},
    }


def read_activity(item: Mapping[str, Any] | None) -> Activity:
    """Read it; nothing is kept where there is no item."""
    if item is None:
        return Activity()
    return Activity(
        json.loads(item["facts"]["S"]), read_events(item["events"]["S"]), int(item["version"]["N"])
    )


def event_item(happened: Happened, *, now: datetime) -> dict[str, Any]:
    """Write that an event came; DynamoDB forgets it some time after 90 days."""
    return {
        **event_key(happened.address_key, happened.event.event_id),
        "name": {"S": happened.event.name},
        "at": {"S": happened.event.at.isoformat()},
        "ttl": {"N": str(round((now + REMEMBERED).timestamp()))},
    }


def is_settled(item: Mapping[str, Any]) -> bool:
    """Say whether the journeys have been told of an event."""
    return bool(item.get("settled", {}).get("BOOL"))
