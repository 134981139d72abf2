"""The shipped journeys walked with their samples: what the golden timelines of tests/journeys/ hold.

`python -m tools.sample_timelines` writes them anew, or those of the journeys that it is given; read the
difference before you commit it. A journey has one as soon as it has journeys/samples/<name>.events.jsonl.
"""

from __future__ import annotations

import sys
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
EVENTS = ".events.jsonl"
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
        events=str(SAMPLES / f"{name}{EVENTS}"),
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


def sampled() -> list[str]:
    """Name the journeys that have samples."""
    return [name for name in journey_names(JOURNEYS) if (SAMPLES / f"{name}{EVENTS}").exists()]


def main(wanted: list[str]) -> int:
    """Write the timelines of the named journeys, or of all that have samples."""
    known = sampled()
    for name in wanted:
        if name not in known:
            print(f"journeys/samples/{name}{EVENTS} is missing: write what its people do", file=sys.stderr)
            return 1
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in wanted or known:
        file = GOLDEN / f"{name}.txt"
        file.write_text(walked(name).text, encoding="utf-8")
        print(file.relative_to(PROJECT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
