r"""`postroad.event.v1`: something that a contact did, as shops and applications report it.

The types are the source of the JSON Schema in docs/reference/ (`python -m postroad.contract.schema`). What
the types can't say is checked by `parse_event`; `check_event_time` needs to know what time it is.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, ValidationError, convert, field, to_builtins

from postroad.contract.address import AddressError, parse_address
from postroad.contract.checks import Problem, check_one_line
from postroad.contract.explain import explain
from postroad.contract.message import Email, Locale
from postroad.contract.strict_json import check_shape, load, surrogates, to_bytes
from postroad.contract.words import Reason
from postroad.errors import PermanentError

EVENT_SCHEMA: Final = "postroad.event.v1"
EVENT_DETAIL_TYPE: Final = EVENT_SCHEMA
"""The detail-type under which the bus takes an event; its `detail` is the event."""
MAX_EVENT_BYTES = 256 * 1024
"""EventBridge takes no larger one: its envelope counts too."""
MAX_PROPERTIES_BYTES = 16 * 1024
AHEAD = timedelta(days=1)
"""A producer's clock may be wrong by so much; an event from later than now counts as of now."""
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")

EventId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._:-]{1,128}(?!\n)$",
        description="Chosen by the producer. The same contact's event with the same id counts once.",
        examples=["order-1042-placed"],
    ),
]
EventName = Annotated[
    str,
    Meta(
        pattern=r"^(?=.{1,64}(?!\n)$)[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(?!\n)$",
        description="What happened, as `config/events.toml` declares it.",
        examples=["order.placed"],
    ),
]


class EventReason(StrEnum):
    """Why an event is refused."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    SCHEMA = "schema"
    ADDRESS = "address"
    LOCALE = "locale"
    TIME = "time"
    UNKNOWN_EVENT = "unknown_event"
    """`config/events.toml` doesn't declare it."""


class InvalidEvent(PermanentError):  # noqa: N818 - as InvalidMessage: what it is, not what went wrong
    """An event that is refused.

    `field` is the path of what is wrong ("contact.email", or "body"), `detail` says what to write instead and
    never repeats a value of the event. `event_id` is None where it could not be read.
    """

    def __init__(self, reason: EventReason, field: str, detail: str, event_id: str | None = None) -> None:
        super().__init__(f"{field}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail
        self.event_id = event_id


class EventContact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Who did it. What is said of them beside the address fills in what isn't known of them yet."""

    email: Email
    name: Annotated[str, Meta(max_length=128, description="On one line.")] | None = None
    locale: Locale | None = None
    time_zone: (
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}(?!\n)$",
                description="A name of the IANA database. One that isn't known is left out.",
                examples=["Europe/Madrid"],
            ),
        ]
        | None
    ) = None


class ContactEvent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One thing that a contact did."""

    schema: Annotated[Literal["postroad.event.v1"], Meta(description="The version of this contract.")]
    event_id: EventId
    name: EventName
    time: Annotated[
        datetime,
        Meta(
            tz=True,
            description="When it happened. At most a day in the future, and then it counts as of now.",
            examples=["2026-11-22T14:03:11Z"],
        ),
    ]
    contact: EventContact
    properties: Annotated[
        dict[str, object],
        Meta(
            description="What came with it, 16 KB of JSON at most. Those that `config/events.toml` names are "
            "kept for a while; conditions of journeys see all of them when the event comes."
        ),
    ] = field(default_factory=dict)


_TIME = 'an RFC 3339 time with its offset, like "2026-11-22T14:03:11Z"'
EXPECTED: dict[str, tuple[Reason, str]] = {
    "": (Reason.SCHEMA, "a JSON object with the fields of postroad.event.v1"),
    "schema": (Reason.SCHEMA, '"postroad.event.v1"'),
    "event_id": (Reason.SCHEMA, "1 to 128 characters of A-Z a-z 0-9 . _ : -"),
    "name": (Reason.SCHEMA, 'a name like "order.placed": small letters, digits and _, with dots between'),
    "time": (Reason.SCHEMA, _TIME),
    "contact": (Reason.ADDRESS, "an object with email, and perhaps name, locale and time_zone"),
    "contact.email": (Reason.ADDRESS, "one address like name@example.com, at most 320 characters"),
    "contact.name": (Reason.SCHEMA, "a text of at most 128 characters"),
    "contact.locale": (Reason.LOCALE, 'a language tag of BCP 47, like "es-CO" (with hyphens)'),
    "contact.time_zone": (Reason.SCHEMA, 'a name of the IANA database, like "Europe/Madrid"'),
    "properties": (Reason.SCHEMA, "an object; leave it out where there is nothing to say"),
}
_FIELDS = f"what came with it belongs under properties. Fields: {', '.join(ContactEvent.__struct_fields__)}"
_LARGE = f"is over EventBridge's 256 KiB ({MAX_EVENT_BYTES} bytes of UTF-8); shorten it"


def parse_event(body: str | bytes) -> ContactEvent:
    """Read one event, bare or in EventBridge's envelope (its `detail`). Raises InvalidEvent, nothing else."""
    event_id = None
    try:
        document, repeated = load(to_bytes(body, most=MAX_EVENT_BYTES, instead=_LARGE))
        document = opened(document)
        event_id = None if "event_id" in repeated else _read_id(document)
        check_shape(document, repeated)
        _check_written(document)
        event = convert(document, ContactEvent)
        _check(event)
    except ValidationError as error:
        problem = explain(error, EXPECTED, fields=_FIELDS)
    except Problem as found:
        problem = found
    else:
        return event
    raise InvalidEvent(EventReason(problem.reason.value), problem.field, problem.detail, event_id)


def opened(document: object) -> object:
    """Return what an envelope of EventBridge's holds; anything else as it is.

    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    if isinstance(document, dict) and "schema" not in document and "detail-type" in document:
        return document.get("detail")
    return document


def check_event_time(event: ContactEvent, *, now: datetime) -> datetime:
    """Return when it counts as having happened: at its time, or now for one from a clock that is ahead.

    Raises InvalidEvent for one from more than a day ahead.
    """
    if event.time - now > AHEAD:
        raise InvalidEvent(
            EventReason.TIME,
            "time",
            "lies more than a day in the future; correct the producer's clock",
            event.event_id,
        )
    return min(event.time, now)


def event_text(event: ContactEvent) -> str:
    """Write an event as JSON, ready for a queue."""
    # Not msgspec's own JSON, which has no whole numbers of more than 64 bits. And SQS refuses bodies that
    # hold one of these two noncharacters; as escapes they are the same JSON.
    return properties_text(to_builtins(event)).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def _read_id(document: object) -> str | None:
    value = document.get("event_id") if isinstance(document, dict) else None
    return value if isinstance(value, str) and _ID.match(value) else None


def _check_written(document: object) -> None:
    """Refuse what has no JSON form though it was read from JSON: half characters, numbers too large."""
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise surrogates() from None
    except ValueError:
        raise Problem(
            Reason.SCHEMA, "body", "holds a number that is out of range; write it as a text"
        ) from None


def _check(event: ContactEvent) -> None:
    contact = event.contact
    try:
        parse_address(contact.email)
    except AddressError as error:
        raise Problem(Reason.ADDRESS, "contact.email", str(error)) from None
    if contact.name is not None:
        check_one_line(Reason.SCHEMA, "contact.name", contact.name)
    if not _FIRST_YEAR <= event.time.year <= _LAST_YEAR:
        raise Problem(Reason.SCHEMA, "time", f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    size = len(properties_text(event.properties).encode())
    if size > MAX_PROPERTIES_BYTES:
        raise Problem(
            Reason.SCHEMA,
            "properties",
            f"take {size:,} bytes as JSON; shorten them to {MAX_PROPERTIES_BYTES:,}",
        )


def properties_text(properties: Any) -> str:  # noqa: ANN401 - any JSON
    """Write properties as JSON, the shortest way."""
    return json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
