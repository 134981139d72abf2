"""Walks through journeys that are due, as dispatch hands them out: like mail, by the same machinery. Pure.

They are a stream of their own in the table Schedule. Their body is made of their pointer alone: it says whose
turn has come, and whoever reads it looks how the walk stands. So a pointer that nobody needs any more does no
harm, and there is nothing to keep, to lose or to hold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.bodies.ports import Whole
from postroad.schedule.errors import QueueUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from typing import NoReturn

WALKS = "@journeys"
"""The stream of walks in the table Schedule. No stream of mail can have that name."""
SCHEMA = "postroad.walk.v1"


@dataclass(frozen=True, slots=True)
class DueWalk:
    """Whose turn has come: the walk of a contact, by address key, at this place."""

    address_key: str
    place: str


def walk_of(message_id: str) -> DueWalk:
    """Return the walk that a pointer's id names: `<address key>:<place>`."""
    address_key, _, place = message_id.partition(":")
    return DueWalk(address_key, place)


def walk_body(walk: DueWalk) -> str:
    """Return what dispatch puts on the queue of journeys."""
    return json.dumps({"schema": SCHEMA, "address_key": walk.address_key, "place": walk.place})


def read_walk(document: Mapping[str, object]) -> DueWalk:
    """Return whose turn a body of the schema `postroad.walk.v1` tells of. Raises ValueError."""
    address_key, place = document.get("address_key"), document.get("place")
    if not isinstance(address_key, str) or not isinstance(place, str) or not address_key or not place:
        raise ValueError(f"{SCHEMA}: expected the texts address_key and place, as dispatch writes them")
    return DueWalk(address_key, place)


class BodiesOfWalks:
    """`ManyBodies` of walks: each is made, so that each is there."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Say of each that a queue takes it first when it is made."""
        self._now = now

    def get_many(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Whole]:
        """Return the body of each; see `ManyBodies.get_many`."""
        now = self._now()
        return {key: Whole(walk_body(walk_of(key[0])), now) for key in keys}


class RowsOfWalks:
    """What stands for rows: walks have none, so that none can be held.

    A walk that the queue refuses for good is no less due. Its pointer stays, and is tried again each minute.
    """

    def apply(self, message_id: str, change: object) -> NoReturn:
        """Refuse, so that the pointer stays. Raises QueueUnavailableError."""
        del message_id, change
        raise QueueUnavailableError("the queue of journeys doesn't take a walk; it is tried again")
