"""What the circuit works on, with a gate before each call: there it can die, fail, or be overtaken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from postroad.account.memory import MemoryAccount
from postroad.circuit.memory import MemoryMappings, MemoryStreamBus, MemorySwitches
from postroad.circuit.switching import Switching
from postroad.clock import FixedClock
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.governor.allowance import Allowance
from postroad.governor.memory import MemorySlots
from postroad.governor.reading import Stage
from postroad.governor.state import Lane
from postroad.observability import Counts, make_logger

if TYPE_CHECKING:
    from postroad.account.ports import Quota
    from postroad.circuit.mapping import MappingState
    from postroad.circuit.ports import Turn
    from postroad.circuit.switch import Switch
    from postroad.contract.stream_event import StreamEvent

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STREAM = "marketing"
ACCEPTED = CanaryAnswer(CanaryOutcome.ACCEPTED)

Answer = TypeVar("Answer")
Gate = Callable[[str, Callable[[], Answer]], Answer]


class DiedError(BaseException):
    """A crash that no `except Exception` swallows."""


def straight(_call: str, do: Callable[[], Answer]) -> Answer:
    """Let every call through."""
    return do()


class Ses:
    """SES as canaries meet it: the answers that it is told to give, in order, and then it accepts."""

    def __init__(self) -> None:
        self.answers: list[CanaryAnswer] = []
        self.asked = 0

    def send(self, stream: str) -> CanaryAnswer:
        del stream
        self.asked += 1
        return self.answers.pop(0) if self.answers else ACCEPTED


@dataclass
class CircuitWorld:
    """What outlives an invocation, and `dispatch` to tend it."""

    switches: MemorySwitches = field(default_factory=MemorySwitches)
    mappings: MemoryMappings = field(default_factory=MemoryMappings)
    ses: Ses = field(default_factory=Ses)
    account: MemoryAccount = field(default_factory=MemoryAccount)
    slots: MemorySlots = field(default_factory=MemorySlots)
    reserve: float = 0
    bus: MemoryStreamBus = field(default_factory=MemoryStreamBus)
    counts: Counts = field(default_factory=lambda: Counts("test"))
    written: dict[str, Switch] = field(default_factory=dict)
    """Every turn that ever stood in a switch, by its id."""
    gate: Callable[..., object] = straight
    stream: str = STREAM

    def tend(self, now: datetime, *streams: str) -> frozenset[str]:
        """Tend once, through the gate."""
        switching = Switching(
            switches=_Switches(self),
            mappings=_Mappings(self),
            canaries=_Canaries(self),
            room=Allowance(
                account=_Account(self),
                slots=self.slots,
                clock=FixedClock(now),
                stage=Stage(share=1, rate=0, reserve=self.reserve),
                lanes={"transactional": Lane.TRANSACTIONAL, "marketing": Lane.OTHERS},
            ),
            bus=_Bus(self),
            counts=self.counts,
            logger=make_logger("dispatch"),
        )
        return switching.tend(streams or (self.stream,), now)

    def turn(self, turn: Turn, stream: str = "") -> Switch:
        """Turn a switch past the gate, as `send` or an operator does meanwhile."""
        standing = self.switches.turn(stream or self.stream, turn)
        self.written |= {turned.id: standing for turned in standing.untold}
        return standing

    @property
    def switch(self) -> Switch:
        return self.switches.read(self.stream)

    @property
    def mapping(self) -> MappingState:
        return self.mappings.read(self.stream)

    def told(self) -> list[str]:
        """Return the flows that the bus has heard of, each turn once, in the order of the turns."""
        events = {event.id: event for event in self.bus.events}
        return [event.flow for event in sorted(events.values(), key=lambda event: event.at)]

    def pass_through(self, call: str, do: Callable[[], Answer]) -> Answer:
        answer: Answer = self.gate(call, do)  # type: ignore[assignment]  # a gate answers what the call does
        return answer


class _Switches:
    def __init__(self, world: CircuitWorld) -> None:
        self._world = world

    def read(self, stream: str) -> Switch:
        return self._world.pass_through("switches.read", lambda: self._world.switches.read(stream))

    def turn(self, stream: str, turn: Turn) -> Switch:
        return self._world.pass_through("switches.turn", lambda: self._world.turn(turn, stream))


class _Mappings:
    def __init__(self, world: CircuitWorld) -> None:
        self._world = world

    def read(self, stream: str) -> MappingState:
        return self._world.pass_through("mappings.read", lambda: self._world.mappings.read(stream))

    def ask(self, stream: str, *, enabled: bool) -> MappingState:
        return self._world.pass_through(
            "mappings.ask", lambda: self._world.mappings.ask(stream, enabled=enabled)
        )


class _Canaries:
    def __init__(self, world: CircuitWorld) -> None:
        self._world = world

    def send(self, stream: str) -> CanaryAnswer:
        return self._world.pass_through("canaries.send", lambda: self._world.ses.send(stream))


class _Account:
    def __init__(self, world: CircuitWorld) -> None:
        self._world = world

    def read(self) -> Quota:
        return self._world.pass_through("account.read", self._world.account.read)


class _Bus:
    def __init__(self, world: CircuitWorld) -> None:
        self._world = world

    def publish(self, events: Sequence[StreamEvent]) -> set[str]:
        return self._world.pass_through("bus.publish", lambda: self._world.bus.publish(events))
