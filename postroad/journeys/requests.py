"""What the queue of journeys holds: events, walks that are due, and whom an operator enrols. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from msgspec import Meta, Struct, ValidationError, convert, field

from postroad.activity.event import Event
from postroad.contract.checks import Problem
from postroad.contract.event import (
    MAX_EVENT_BYTES,
    ContactEvent,
    EventReason,
    InvalidEvent,
    opened,
    parse_event,
)
from postroad.contract.strict_json import load, to_bytes
from postroad.schedule.walks import SCHEMA as WALK_SCHEMA
from postroad.schedule.walks import DueWalk, read_walk

if TYPE_CHECKING:
    from collections.abc import Mapping

ENROLMENT_SCHEMA: Final = "postroad.enrolment.v1"
ENROLLED = "contact.enrolled"
"""The event that stands for the one which would have begun a walk, where an operator begins it."""

_Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,120}(?!\n)$")]


class EnrolmentRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An operator's word that a contact shall begin a journey: `postroad.enrolment.v1`.

    It names no address. The same `request_id` begins one walk. `properties` stand for the event's.
    """

    schema: Literal["postroad.enrolment.v1"] = ENROLMENT_SCHEMA
    request_id: _Id
    address_key: Annotated[str, Meta(min_length=1, max_length=64)]
    journey: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}(?!\n)$")]
    by: Annotated[str, Meta(min_length=1, max_length=200)]
    at: Annotated[datetime, Meta(tz=True)]
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def event(self) -> Event:
        """What stands for the event that begins the journey."""
        return Event(ENROLLED, self.at, f"enrol:{self.request_id}", self.properties)


def enrolment_body(request: EnrolmentRequest) -> str:
    """Return what the command line puts on the queue of journeys."""
    from msgspec.json import encode  # noqa: PLC0415 - the function only reads them

    return encode(request).decode()


def read_request(body: str) -> ContactEvent | DueWalk | EnrolmentRequest:
    """Read a record's body. Raises InvalidEvent, whatever it was meant to be."""
    document = _document(body)
    schema = document.get("schema") if isinstance(document, dict) else None
    try:
        if schema == WALK_SCHEMA:
            return read_walk(document)
        if schema == ENROLMENT_SCHEMA:
            return convert(document, EnrolmentRequest)
    except (ValidationError, ValueError):
        raise InvalidEvent(
            EventReason.SCHEMA, "body", f"is no {schema} as Postroad writes it; send an event instead"
        ) from None
    return parse_event(body)


def _document(body: str) -> Mapping[str, object]:
    """Read the JSON; what can't be read is nothing here, and told by `parse_event`."""
    try:
        document, _ = load(to_bytes(body, most=MAX_EVENT_BYTES, instead=""))
    except Problem:
        return {}
    found = opened(document)
    return found if isinstance(found, dict) else {}
