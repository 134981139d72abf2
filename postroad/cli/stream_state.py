"""What an operator is told of a stream's switch: as lines, as a row of a table, as JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.circuit.deciding import CIRCUIT
from postroad.circuit.switch import Flow
from postroad.contract.words import StopReason
from postroad.explaining.moments import NOTHING, duration, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from postroad.circuit.mapping import MappingState
    from postroad.circuit.switch import Switch
    from postroad.cli.sqs import Depth

COLUMNS = ("stream", "flow", "since", "mapping", "waiting", "in flight", "oldest")

MEANINGS: Mapping[str, str] = {
    StopReason.QUOTA_EXHAUSTED: "the account's daily quota is used up",
    StopReason.SENDING_PAUSED: "sending is paused in SES, for the account or this stream's configuration set",
    StopReason.ACCOUNT_SUSPENDED: "SES has suspended the account",
    StopReason.CONFIGURATION: "SES refuses the sender, its domain or the configuration set",
    StopReason.ACCESS_DENIED: "the function may not send, by its role or by a policy",
    StopReason.SES_UNREACHABLE: "SES can't be reached",
    StopReason.NO_ANSWER: "several requests within a minute ended without an answer",
    StopReason.UNEXPECTED_ANSWER: "SES refuses mail after mail with an answer not known to be permanent",
}
"""Why a circuit opens, by its word; a word of later has no sentence."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream as it was found."""

    switch: Switch
    mapping: MappingState | None
    """None where the stream has none: a deployment was broken off, or somebody deleted it."""
    depth: Depth
    oldest: timedelta | None

    @property
    def waiting(self) -> int:
        """Return how many messages wait on the queue."""
        return self.depth.waiting + self.depth.delayed

    @property
    def contradicts(self) -> bool:
        """Say whether the mapping stands at the other end than the switch says, or doesn't stand at all."""
        return self.mapping is None or self.mapping.contradicts(enabled=self.switch.is_running)

    @property
    def mapping_word(self) -> str:
        """Return where the mapping stands, in a word."""
        return "missing" if self.mapping is None else self.mapping.value.lower()


def as_cells(state: StreamState) -> tuple[str, ...]:
    """Return a stream as a line of the table."""
    return (
        state.switch.stream,
        state.switch.flow.value,
        moment(state.switch.since),
        state.mapping_word + (" (!)" if state.contradicts else ""),
        str(state.waiting),
        str(state.depth.in_flight),
        NOTHING if state.oldest is None else duration(state.oldest.total_seconds()),
    )


def as_object(state: StreamState) -> dict[str, Any]:
    """Return a stream as a JSON object."""
    switch = state.switch
    return {
        "stream": switch.stream,
        "flow": switch.flow.value,
        "why": switch.why,
        "by": switch.by,
        "since": switch.since,
        "next_probe": switch.probe_at if switch.flow is Flow.OPEN else None,
        "probes": switch.probes if switch.is_open else 0,
        "mapping": None if state.mapping is None else state.mapping.value,
        "mapping_contradicts": state.contradicts,
        "depth": state.depth,
        "oldest_seconds": None if state.oldest is None else state.oldest.total_seconds(),
    }


def explanation(state: StreamState) -> list[str]:
    """Return what a table has no room for; nothing for a stream that runs as it should."""
    switch = state.switch
    lines: list[str] = []
    if not switch.is_running:
        lines.append(f"{switch.stream}: {told(switch)}")
    if switch.flow is Flow.OPEN:
        probed = {0: "No probe so far.", 1: "One probe so far."}.get(
            switch.probes, f"{switch.probes} probes so far."
        )
        lines.append(f"    next probe at {moment(switch.probe_at)}. {probed} It closes once SES takes one.")
    elif switch.flow is Flow.PROBING:
        lines.append("    a probe is on its way.")
    if state.mapping is None:
        lines.append(
            f"{switch.stream}: its function has no event source mapping, so nothing works off its queue. "
            "Deploy the stage again."
        )
    elif state.contradicts:
        wanted = "enabled" if switch.is_running else "disabled"
        lines.append(
            f"{switch.stream}: its mapping is {state.mapping_word}, and should be {wanted}. "
            "The function dispatch sees to that each minute; if it stays so, look at its logs."
        )
    return lines


def told(switch: Switch) -> str:
    """Return in a line why a stream is stopped, by whom and since when."""
    since = moment(switch.since)
    if switch.flow is Flow.PAUSED:
        return f"paused by {switch.by} since {since}" + (f": {switch.why}" if switch.why else ".")
    meaning = MEANINGS.get(switch.why)
    return f"stopped by its {CIRCUIT} since {since}: {switch.why}" + (f" ({meaning})." if meaning else ".")
