"""A stage's configuration beside the limits of its account, with the arithmetic at SES's own rate. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.configuration.sizing import shares, waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.account.standing import Standing
    from postroad.configuration import Configuration, Sizing

SHARDS = 4
"""Of the table's stream, each of which outcomes and counting read by a run of their own.

An on-demand table begins with four.
"""
DISPATCH_COPIES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """A stream's sizes with the arithmetic at SES's rate; rates are mails a second, times seconds."""

    stream: str
    kind: str
    sizing: Sizing
    by_hand: tuple[str, ...]
    share: float
    wait_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """How a stream's queue is worked off now, as Lambda says."""

    maximum_concurrency: int | None
    batch_size: int
    batching_window_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What was compared. `concurrency` is what Lambda leaves to functions without a reservation.

    `deployed` has each stream that has a function.
    """

    configuration: Configuration
    standing: Standing
    concurrency: int
    shares: Mapping[str, float]
    deployed: Mapping[str, Deployed]

    @property
    def file(self) -> str:
        """The file to change."""
        return f"config/{self.configuration.stage}.toml"

    @property
    def rate(self) -> float:
        """What SES lets this stage send a second."""
        return self.standing.quota.per_second * self.configuration.account_share

    @property
    def copies(self) -> dict[str, int]:
        """The most runs at once of each function, by its name without the stage."""
        return {
            **{
                f"send-{name}": each.maximum_concurrency for name, each in self.configuration.sizing().items()
            },
            "feedback": self.configuration.feedback_copies + self.configuration.events_copies,
            "outcomes": SHARDS,
            "counting": SHARDS,
            "dispatch": DISPATCH_COPIES,
        }

    def rows(self) -> list[StreamRow]:
        """Return the arithmetic of each stream."""
        sizing = self.configuration.sizing()
        streams = self.configuration.streams
        found = shares(
            {name: each.maximum_concurrency for name, each in sizing.items()},
            frozenset(name for name, stream in streams.items() if stream.wanted.is_transactional),
            rate=self.rate,
            transactional_share=self.configuration.governor.transactional_share,
        )
        return [
            StreamRow(
                stream=name,
                kind=streams[name].kind.value,
                sizing=each,
                by_hand=streams[name].wanted.by_hand,
                share=found[name],
                wait_seconds=waiting(each.in_flight, found[name]),
            )
            for name, each in sizing.items()
        ]
