"""Contacts as items of the table, under the address key. Pure.

`profile`, `consent#<topic>#<time>`, and `waiting`: what a sign-up said, until it is confirmed or forgotten.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from postroad.contacts.model import Consent, ConsentStatus, Contact, TopicStanding, Waiting
from postroad.contacts.saving import CONSENT, attributes_text, consent_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from postroad.contacts.model import AttributeValue

PROFILE = "profile"
WAITING = "waiting"
_WAITING_TEXTS = ("email", "name", "locale")
_TEXTS = ("email", "name", "locale", "time_zone", "source", "erasure")
_CONSENT_TEXTS = ("source", "purpose", "wording", "evidence", "ip", "previous")


def profile_key(address_key: str) -> dict[str, Any]:
    return {"pk": {"S": address_key}, "sk": {"S": PROFILE}}


def profile_item(contact: Contact) -> dict[str, Any]:
    """Write a contact, without the texts that are empty. `topics` repeats the newest record of each topic.

    Attributes are one JSON text: so each value comes back as it was, whatever DynamoDB makes of numbers.
    """
    item: dict[str, Any] = {
        **profile_key(contact.address_key),
        "created": {"S": _write_time(contact.created_at)},
        "updated": {"S": _write_time(contact.updated_at)},
        "version": {"N": str(contact.version)},
    }
    item |= {name: {"S": text} for name in _TEXTS if (text := getattr(contact, name))}
    if contact.erased_at is not None:
        item["erased"] = {"S": _write_time(contact.erased_at)}
    if contact.attributes:
        item["attributes"] = {"S": attributes_text(contact.attributes)}
    if contact.topics:
        item["topics"] = {"M": {name: {"M": _standing(each)} for name, each in contact.topics.items()}}
    return item


def read_profile(item: Mapping[str, Any]) -> Contact:
    return Contact(
        address_key=item["pk"]["S"],
        email=_text(item, "email"),
        name=_text(item, "name"),
        locale=_text(item, "locale"),
        time_zone=_text(item, "time_zone"),
        attributes=_read_attributes(_text(item, "attributes") or "{}"),
        source=_text(item, "source"),
        created_at=_read_time(item["created"]["S"]),
        updated_at=_read_time(item["updated"]["S"]),
        topics={
            name: TopicStanding(
                ConsentStatus(each["M"]["status"]["S"]),
                _read_time(each["M"]["at"]["S"]),
                _text(each["M"], "wording"),
            )
            for name, each in item.get("topics", {"M": {}})["M"].items()
        },
        version=int(item["version"]["N"]),
        erased_at=_read_time(item["erased"]["S"]) if "erased" in item else None,
        erasure=_text(item, "erasure"),
    )


def consent_item(address_key: str, consent: Consent) -> dict[str, Any]:
    """Write a record of consent. Its topic and time are its key."""
    item = {
        "pk": {"S": address_key},
        "sk": {"S": consent_key(consent.topic, consent.at)},
        "status": {"S": consent.status.value},
    }
    return item | {name: {"S": text} for name in _CONSENT_TEXTS if (text := getattr(consent, name))}


def read_consent(item: Mapping[str, Any]) -> Consent:
    topic, _, at = item["sk"]["S"].removeprefix(CONSENT).rpartition("#")
    return Consent(
        topic=topic,
        status=ConsentStatus(item["status"]["S"]),
        at=_read_time(at),
        source=_text(item, "source"),
        purpose=_text(item, "purpose"),
        wording=_text(item, "wording"),
        evidence=_text(item, "evidence"),
        ip=_text(item, "ip"),
        previous=_text(item, "previous"),
    )


def waiting_key(address_key: str) -> dict[str, Any]:
    return {"pk": {"S": address_key}, "sk": {"S": WAITING}}


def waiting_item(address_key: str, waiting: Waiting, *, life: timedelta) -> dict[str, Any]:
    """Write what a sign-up said; DynamoDB forgets it some time after `life`."""
    item = {
        **waiting_key(address_key),
        "at": {"S": _write_time(waiting.at)},
        "ttl": {"N": str(round((waiting.at + life).timestamp()))},
    }
    return item | {name: {"S": text} for name in _WAITING_TEXTS if (text := getattr(waiting, name))}


def read_waiting(item: Mapping[str, Any]) -> Waiting:
    return Waiting(
        email=_text(item, "email"),
        at=_read_time(item["at"]["S"]),
        name=_text(item, "name"),
        locale=_text(item, "locale"),
    )


def _standing(standing: TopicStanding) -> dict[str, Any]:
    item = {"status": {"S": standing.status.value}, "at": {"S": _write_time(standing.at)}}
    return item | ({"wording": {"S": standing.wording}} if standing.wording else {})


def _read_attributes(text: str) -> dict[str, AttributeValue]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()
    }


def _text(item: Mapping[str, Any], name: str) -> str:
    found: str = item[name]["S"] if name in item else ""
    return found


def _write_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
