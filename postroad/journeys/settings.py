"""What the function `journeys` reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from postroad.journeys.plan import Hours
from postroad.settings import Settings

COMPILED_JOURNEYS = "compiled_journeys.json"
"""Beside `postroad` in the bundle: all versions of the stage's journeys."""


@dataclass(frozen=True, kw_only=True)
class JourneysSettings(Settings):
    """Written by the stack, read by `wiring`.

    `streams` maps each stream to its queue's URL and its kind, `hours` some of them to when their mail may
    leave (`written_hours`). `home_time_zone` and `home_country` are taken for contacts of whom neither is
    known; no country is an empty text.
    """

    stage: str
    journeys_table: str
    contacts_table: str
    suppressions_table: str
    messages_table: str
    schedule_table: str
    address_secret_arn: str
    dead_letter_queue_url: str
    result_bus: str
    streams: Mapping[str, tuple[str, ...]]
    hours: Mapping[str, str]
    home_time_zone: str
    home_country: str
    schedule_lead_seconds: int
    threads: int


def written_hours(hours: Hours) -> str:
    """Write a stream's hours as the environment holds them."""
    return msgspec.json.encode(hours).decode()


def read_hours(text: str) -> Hours:
    """Read what `written_hours` wrote."""
    return msgspec.json.decode(text, type=Hours)
