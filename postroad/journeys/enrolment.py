"""One contact's walk through a journey: where it stands, and what it waits for. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from postroad.activity.event import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.activity.event import Event
    from postroad.journeys.effects import Effect


class Ended(StrEnum):
    """Why a walk is over."""

    FINISHED = "finished"
    """It came to the last step."""
    EXIT = "exit"
    GOAL = "goal"
    LEFT = "left"
    """The contact may not be mailed any more: consent, suppression, erasure."""
    REMOVED = "removed"
    """An operator took them out."""
    FAULT = "fault"
    """A condition failed, or its step isn't in the version that it moved to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A walk. `entry` counts the contact's walks with the same key, from 1.

    `step` is the step that is next, or the one that waits. `due` is when it goes on: None once it is over.
    `since` is when it came to this step, `slot` whether `due` is the hour at which its mail may leave.
    `kept`: it is remembered for good, since the journey may not be begun again for as long.
    `sent` are the ids of its messages by step, `trigger` the event that began it. `version` of the journey;
    `earlier` are the ids of the events that began the walks before it, the newest first; `writes` counts its
    own, from 1. `outbox` is what it decided and nobody is known to have done yet. `heard` is the id of the
    event that the last `wait_for` waited for.
    """

    address_key: str
    journey: str
    version: int
    key: str
    entry: int
    began: datetime
    step: str
    since: datetime
    due: datetime | None
    slot: bool = False
    trigger: Event | None = None
    sent: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    ended: Ended | None = None
    reason: str = ""
    ended_at: datetime | None = None
    earlier: tuple[str, ...] = ()
    kept: bool = False
    outbox: tuple[Effect, ...] = ()
    heard: str = ""
    writes: int = 1

    @property
    def is_over(self) -> bool:
        """Whether it goes no further."""
        return self.ended is not None

    @property
    def place(self) -> str:
        """Where it stands among the contact's walks: one at a time for each journey and key."""
        return place_of(self.journey, self.key)

    @property
    def enrolment_id(self) -> str:
        """Its name in messages and events: the same for the same walk, and nobody's address."""
        return digest(self.journey, self.address_key, self.key, str(self.entry))

    def message_id(self, step: str) -> str:
        """Return the id of the message of a step, always the same: so that it is sent once.

        The version is no part of it: a walk that moves to another one doesn't send a step's mail again. The
        event that began it is: whoever was erased and comes back begins with the first entry once more, and
        the rows of the mails of then may still be there.
        """
        began = self.trigger.event_id if self.trigger is not None else ""
        return f"journey:{self.journey}:{step}:{digest(self.enrolment_id, began)}"


def place_of(journey: str, key: str) -> str:
    """Return where walks through a journey with this key stand: `cart.3f2a…`, or `cart` without a key.

    A key may be any text, so it is its digest that stands there: only `[a-z0-9_.]` for a name's sake.
    """
    return f"{journey}.{digest(key)}" if key else journey


def digest(*parts: str) -> str:
    """Return what stands for these texts: 24 characters of base 16."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:24]
