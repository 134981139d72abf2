"""What journeys may name on a stage: its streams, the topics, events and e-mails of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.configuration.events import read_events
from postroad.configuration.topics import read_topics
from postroad.journey_files.rules import World
from postroad.rendering.build import template_names

if TYPE_CHECKING:
    from pathlib import Path

    from postroad.configuration import Configuration


def world_of(configuration: Configuration, *, config: Path, templates: Path) -> World:
    """Return it, read from the folders `config` and `templates`. Raises ConfigurationError."""
    return World(
        unsubscribable={name: stream.unsubscribable for name, stream in configuration.streams.items()},
        stream_of_topic={topic.name: topic.stream for topic in read_topics(config).values()},
        templates=frozenset(template_names(templates)),
        declared=read_events(config),
        categories=frozenset(configuration.caps),
        hours={name: stream.hours.week for name, stream in configuration.streams.items() if stream.hours},
    )
