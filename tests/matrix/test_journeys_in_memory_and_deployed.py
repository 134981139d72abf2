"""The engine over stores in memory, as it is simulated, and over the deployed ones: the same mails, alike.

The shipped journeys are walked by their sample contacts, all four at once, in their hours and zones. What
comes by other ways than events, or is decided in `send`, is left out of both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.journey.cast import read_cast
from postroad.configuration import load
from postroad.configuration.events import read_events
from postroad.configuration.topics import read_topics
from postroad.journey_files.building import read_draft
from postroad.journey_files.world import world_of
from postroad.journeys.places import Home
from postroad.journeys.running import Plans
from postroad.journeys.seeing import surroundings
from postroad.journeys.simulated import OF_SIMULATIONS
from postroad.journeys.simulating import Simulation
from postroad.journeys.timeline import What
from tests.journeys_world import World
from tools.sample_timelines import CONFIG, DAYS, EVENTS, JOURNEYS, KINDS, PROJECT, SAMPLES, sampled

if TYPE_CHECKING:
    from postroad.activity.event import Event
    from postroad.contacts.model import Contact
    from postroad.journeys.plan import Plan

pytestmark = pytest.mark.slow

AROUND = surroundings(KINDS, home=Home("Europe/Amsterdam", "NL"))
DECLARED = read_events(CONFIG)
Mails = list[tuple[Any, ...]]


def plans() -> list[Plan]:
    of_stage = world_of(load("local", CONFIG), config=CONFIG, templates=PROJECT / "templates")
    return [read_draft(JOURNEYS / f"{name}.yaml", of_stage) for name in sampled()]


def cast() -> tuple[list[Contact], list[tuple[str, Event]]]:
    """Return the sample contacts, and what happens to them over all samples."""
    contacts: dict[str, Contact] = {}
    events: list[tuple[str, Event]] = []
    for name in sampled():
        one = read_cast(
            contacts=str(SAMPLES / "contacts.csv"),
            events=str(SAMPLES / f"{name}{EVENTS}"),
            topics=read_topics(CONFIG),
            declared=DECLARED.events,
        )
        contacts |= one.contacts
        events += [(key, event) for key, event in one.events if event.name not in OF_SIMULATIONS]
    return list(contacts.values()), sorted(events, key=lambda each: (each[1].at, each[1].event_id))


def in_memory(of: list[Plan]) -> Mails:
    contacts, events = cast()
    simulation = Simulation(Plans(of), contacts, around=AROUND, declared=DECLARED)
    lines = simulation.run(events, until=events[0][1].at + DAYS)
    return sorted(
        (line.at, line.message_id, line.template, line.locale, line.version, repr(dict(line.data)))
        for line in lines
        if line.what == What.MAIL
    )


def deployed(of: list[Plan]) -> Mails:
    contacts, events = cast()
    world = World(*of, contacts=(), around=AROUND, declared=DECLARED, lead=timedelta())
    world.load(contacts)
    world.now = events[0][1].at
    for key, event in events:
        world.arrive(key, event)
    world.run(events[0][1].at + DAYS)
    assert not world.dies
    assert not world.refused
    found: Mails = []
    for message in world.messages().values():
        assert message.created_at is not None
        assert message.journey is not None
        found.append(
            (
                message.created_at,
                message.message_id,
                message.template,
                message.locale or "",
                message.journey.version,
                repr(message.data),
            )
        )
    return sorted(found)


def test_the_engine_in_memory_and_the_deployed_one_send_the_same_mails_at_the_same_hours() -> None:
    found = deployed(plans())
    assert found == in_memory(plans())
    assert len(found) > 20
    assert len({each[1].split(":")[1] for each in found}) == 4
