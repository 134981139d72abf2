"""The shipped journeys walked with their samples: what the golden timelines of tests/journeys/ hold.

`python -m tools.sample_timelines` writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.caps.deciding import caps_of
from postroad.cli.journey.cast import read_cast
from postroad.configuration import load
from postroad.configuration.events import read_events
from postroad.configuration.topics import read_topics
from postroad.contract.words import StreamKind
from postroad.journey_files.building import journey_names, read_draft
from postroad.journey_files.world import world_of
from postroad.journeys.places import Home
from postroad.journeys.running import Plans
from postroad.journeys.seeing import surroundings
from postroad.journeys.simulating import Simulation
from postroad.journeys.timeline import timeline, who_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postroad.contacts.model import Contact
    from postroad.journeys.timeline import Line

PROJECT = Path(__file__).resolve().parents[1]
JOURNEYS, CONFIG = PROJECT / "journeys", PROJECT / "config"
SAMPLES = JOURNEYS / "samples"
GOLDEN = PROJECT / "tests" / "journeys" / "golden"
DAYS = timedelta(days=240)
# Not a stage's, so that a shop may change its caps and keep these timelines.
CAPS = {"marketing": caps_of({"per_day": 1, "per_week": 3})}
KINDS = {"marketing": StreamKind.MARKETING, "transactional": StreamKind.TRANSACTIONAL}


@dataclass(frozen=True, slots=True)
class Walked:
    """What happened to whom, and how a timeline tells it."""

    lines: Sequence[Line]
    contacts: Mapping[str, Contact]
    text: str


def walked(name: str) -> Walked:
    """Walk the sample contacts through one journey."""
    world = world_of(load("local", CONFIG), config=CONFIG, templates=PROJECT / "templates")
    declared, topics = read_events(CONFIG), read_topics(CONFIG)
    cast = read_cast(
        contacts=str(SAMPLES / "contacts.csv"),
        events=str(SAMPLES / f"{name}.events.jsonl"),
        topics=topics,
        declared=declared.events,
    )
    around = surroundings(KINDS, home=Home("Europe/Amsterdam", "NL"))
    plans = Plans([read_draft(JOURNEYS / f"{name}.yaml", world)])
    simulation = Simulation(plans, cast.contacts.values(), around=around, declared=declared, caps=CAPS)
    lines = simulation.run(cast.events, until=cast.events[0][1].at + DAYS)
    zones = {key: around.zone_of(contact) for key, contact in cast.contacts.items()}
    text = "\n".join(timeline(lines, who_of(cast.contacts.values(), zones)))
    return Walked(lines, cast.contacts, text + "\n")


def main() -> None:
    """Write all of them."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in journey_names(JOURNEYS):
        (GOLDEN / f"{name}.txt").write_text(walked(name).text, encoding="utf-8")


if __name__ == "__main__":
    main()
