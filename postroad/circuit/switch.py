"""Whether a stream's mail flows, and if not, why, since when, and what ends it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Flow(StrEnum):
    """Where a stream's switch stands."""

    RUNNING = "running"
    PAUSED = "paused"
    """By an operator, who alone ends it."""
    OPEN = "open"
    """By its circuit, since SES takes no mail: probed until it does."""
    PROBING = "probing"
    """Half open: a canary is on its way."""

    @classmethod
    def _missing_(cls, value: object) -> Flow:
        # A word of later, met after a rollback: whatever it is, the mail waits until an operator resumes.
        del value
        return cls.PAUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """That a switch stopped its stream, or let it run again. `id` is the same whenever it is told."""

    id: str
    flow: Flow
    why: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A stream's switch. `why` is a `StopReason`, or an operator's own note.

    `by` names the operator, or is `circuit`. `probes` counts the probes since it opened. `probe_at` is when
    the next probe is due; while one is on its way, when it is given up for lost. `untold` are the turns that
    the result bus hasn't heard of yet, the oldest first. `version` grows by one with each write; 0 means that
    nothing is written yet, and the stream runs.
    """

    stream: str
    flow: Flow = Flow.RUNNING
    why: str = ""
    by: str = ""
    since: datetime | None = None
    probe_at: datetime | None = None
    probes: int = 0
    untold: tuple[Turned, ...] = ()
    version: int = 0

    @property
    def is_running(self) -> bool:
        """Say whether the stream's queue shall be worked off."""
        return self.flow is Flow.RUNNING

    @property
    def is_open(self) -> bool:
        """Say whether the circuit is what stops the stream, also while it is being probed."""
        return self.flow in (Flow.OPEN, Flow.PROBING)
