"""What a stage's configuration says of journeys, as the engine takes it. Imported late: it needs pydantic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.contract.words import StreamKind
from postroad.journeys.holidays_of import holidays_of
from postroad.journeys.places import place_of, zones_from
from postroad.journeys.seeing import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from postroad.activity.facts import Rule
    from postroad.configuration import Configuration
    from postroad.contacts.model import Contact
    from postroad.journeys.caps import Cap


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything about a stage that decides what becomes of a walk."""

    around: Surroundings
    caps: Mapping[str, Sequence[Cap]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    declared: frozenset[str] | None = None
    """The events that the stage takes; None where that isn't known."""

    def zones(self, contacts: Mapping[str, Contact]) -> dict[str, ZoneInfo]:
        """Return by address key whose clock hangs on each contact's wall."""
        return {key: self.around.zone_of(contact) for key, contact in contacts.items()}


def stage_of(configuration: Configuration) -> Stage:
    """Return it."""
    home = configuration.journeys.home

    def is_holiday(contact: Contact) -> Callable[[date], bool]:
        place = place_of(contact, home)
        return holidays_of(place.country, place.subdivision)

    return Stage(
        Surroundings(
            kinds={name: StreamKind(stream.kind) for name, stream in configuration.streams.items()},
            zone_of=zones_from(home),
            holidays_of=is_holiday,
        )
    )
