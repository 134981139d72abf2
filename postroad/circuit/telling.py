"""From a turn of a stream's switch to what the result bus hears. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from postroad.circuit.switch import Flow
from postroad.contract.stream_event import StreamEvent

if TYPE_CHECKING:
    from postroad.circuit.switch import Turned

SCRUBBED = "[address]"


def event_of(stream: str, turned: Turned) -> StreamEvent:
    """Return the event of a turn; what an operator wrote loses its addresses, since the bus carries none."""
    return StreamEvent(
        id=turned.id,
        stream=stream,
        flow=_flow(turned.flow),
        why=_without_addresses(turned.why),
        by=_without_addresses(turned.by),
        at=turned.at,
    )


def _flow(flow: Flow) -> Literal["running", "paused", "open"]:
    if flow is Flow.RUNNING:
        return "running"
    return "paused" if flow is Flow.PAUSED else "open"


def _without_addresses(text: str) -> str:
    return " ".join(SCRUBBED if "@" in word else word for word in text.split())
