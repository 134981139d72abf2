"""What a stage's configuration says of journeys, as the engine takes it. Imported late: it needs pydantic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.caps.deciding import caps_of
from postroad.contract.words import StreamKind
from postroad.journeys.seeing import surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from postroad.activity.declared import Declared
    from postroad.caps.deciding import Cap
    from postroad.configuration import Configuration
    from postroad.contacts.model import Contact
    from postroad.journeys.seeing import Surroundings


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything about a stage that decides what becomes of a walk. `declared` is None where none is."""

    around: Surroundings
    caps: Mapping[str, Sequence[Cap]] = field(default_factory=dict)
    declared: Declared | None = None

    def zones(self, contacts: Mapping[str, Contact]) -> dict[str, ZoneInfo]:
        """Return by address key whose clock hangs on each contact's wall."""
        return {key: self.around.zone_of(contact) for key, contact in contacts.items()}


def stage_of(configuration: Configuration, declared: Declared | None) -> Stage:
    """Return it, with the events that are `declared`."""
    streams = configuration.streams.items()
    return Stage(
        surroundings(
            {name: StreamKind(stream.kind) for name, stream in streams},
            hours={name: stream.hours.planned for name, stream in streams if stream.hours},
            home=configuration.journeys.home,
        ),
        caps={category: caps_of(caps.most) for category, caps in configuration.caps.items()},
        declared=declared,
    )
