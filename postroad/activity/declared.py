"""The events that are declared, what is kept of each, and the facts that follow from them. Pure.

They are written in `config/events.toml`; the build writes them beside the functions that read them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from postroad.activity.event import NOTHING, Event
from postroad.activity.facts import How, Rule
from postroad.contract.event import EventReason, InvalidEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.contract.event import ContactEvent

DECLARED_EVENTS = "declared_events.json"
"""The file beside `postroad` in the bundles of functions that read events."""
LATE = timedelta(hours=24)
"""An event that comes later than that begins no journey, unless its declaration says otherwise."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Declaration:
    """One event: which of its properties are remembered, and how long after it journeys may begin by it."""

    keep: tuple[str, ...] = ()
    late: timedelta = LATE


@dataclass(frozen=True, slots=True)
class Declared:
    """All of them, by name, and the rules of all facts."""

    events: Mapping[str, Declaration] = field(default_factory=lambda: NOTHING)
    rules: tuple[Rule, ...] = ()

    def check(self, event: ContactEvent) -> None:
        """Raise InvalidEvent for an event that isn't declared."""
        if event.name not in self.events:
            raise InvalidEvent(
                EventReason.UNKNOWN_EVENT,
                "name",
                f"is not declared; {_instead(event.name, tuple(self.events))}. A new event is written into "
                "config/events.toml and deployed before its first",
                event.event_id,
            )

    def kept_of(self, event: Event) -> Event:
        """Return the event with those of its properties that are remembered."""
        declaration = self.events.get(event.name)
        names = declaration.keep if declaration else ()
        kept = {name: event.properties[name] for name in names if name in event.properties}
        return Event(event.name, event.at, event.event_id, kept)

    def may_begin(self, event: Event, *, now: datetime) -> bool:
        """Say whether journeys may begin by an event: it is not too late for that."""
        declaration = self.events.get(event.name)
        return now - event.at <= (declaration.late if declaration else LATE)


def declared_text(declared: Declared) -> str:
    """Write them as JSON, for `read_declared`."""
    document = {
        "events": {
            name: {"keep": each.keep, "late_seconds": round(each.late.total_seconds())}
            for name, each in declared.events.items()
        },
        "facts": [
            {"fact": rule.fact, "event": rule.event, "how": rule.how.value, "of": rule.of}
            for rule in declared.rules
        ],
    }
    return json.dumps(document, indent=1)


def read_declared(text: str) -> Declared:
    """Read what `declared_text` wrote."""
    document: dict[str, Any] = json.loads(text)
    return Declared(
        {
            name: Declaration(tuple(each["keep"]), timedelta(seconds=each["late_seconds"]))
            for name, each in document["events"].items()
        },
        tuple(Rule(each["fact"], each["event"], How(each["how"]), each["of"]) for each in document["facts"]),
    )


def _instead(name: str, known: tuple[str, ...]) -> str:
    # Imported here: few events need it.
    from difflib import get_close_matches  # noqa: PLC0415 - see above

    if not known:
        return "none is"
    if close := get_close_matches(name, known, n=1):
        return f"did you mean {close[0]}?"
    more = " and others" if len(known) > _SHOWN else ""
    return f"expected one of {', '.join(known[:_SHOWN])}{more}"
