"""Dispatch dies, fails, or is overtaken at each call: switch, mapping and bus agree all the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from postroad.circuit import deciding
from postroad.circuit.mapping import MappingState
from postroad.circuit.memory import MemoryMappings
from postroad.circuit.switch import Flow
from postroad.errors import TransientError
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from tests.circuit_world import MINUTE, STREAM, T0, CircuitWorld, DiedError

REFUSED = CanaryAnswer(CanaryOutcome.UNUSABLE, "sending_paused")
MOST_CALLS = 60


@dataclass
class Strike:
    """Something that happens at the k-th call of a run."""

    at: int
    how: Callable[[str, Callable[[], object]], object]
    calls: int = 0

    def __call__(self, call: str, do: Callable[[], object]) -> object:
        self.calls += 1
        if self.calls == self.at:
            return self.how(call, do)
        return do()

    @property
    def struck(self) -> bool:
        return self.calls >= self.at


def dies_before(_call: str, _do: Callable[[], object]) -> object:
    raise DiedError


def dies_after(_call: str, do: Callable[[], object]) -> object:
    do()
    raise DiedError


def request_lost(call: str, do: Callable[[], object]) -> object:
    if call == "bus.publish":
        return set()
    if call == "canaries.send":
        return CanaryAnswer(CanaryOutcome.UNKNOWN)
    del do
    raise TransientError(call)


def answer_lost(call: str, do: Callable[[], object]) -> object:
    do()
    return request_lost(call, do)


def tripped(world: CircuitWorld) -> None:
    world.turn(lambda switch: deciding.tripped(switch, "sending_paused", now=T0))


def paused(world: CircuitWorld) -> None:
    world.turn(lambda switch: deciding.paused(switch, "", by="operator:ana", now=T0))


def opened_and_told(world: CircuitWorld) -> None:
    tripped(world)
    world.tend(T0)


def resumed(world: CircuitWorld) -> None:
    paused(world)
    world.tend(T0)
    world.turn(lambda switch: deciding.resumed(switch, by="operator:ana", now=T0 + MINUTE))


def tend_through(world: CircuitWorld, strike: Strike) -> None:
    world.gate = strike
    with suppress(DiedError):
        world.tend(T0 + MINUTE)
    world.gate = CircuitWorld.gate


def calm(world: CircuitWorld, minutes: int = 40) -> None:
    for minute in range(2, minutes):
        world.tend(T0 + minute * MINUTE)


def hold_that_all_agree(world: CircuitWorld) -> None:
    assert world.mapping.is_settled(enabled=world.switch.is_running)
    assert world.switch.untold == ()
    assert {event.id for event in world.bus.events} == set(world.written)
    copies = {event.id: event for event in world.bus.events}
    assert all(event == copies[event.id] for event in world.bus.events)


def each_call(run: Callable[[int], Strike]) -> int:
    """Strike at the first call, the second and so on, until a run has no such call."""
    for at in range(1, MOST_CALLS):
        if not run(at).struck:
            return at - 1
    raise AssertionError("a run has no end")


@pytest.mark.parametrize("how", [dies_before, dies_after, request_lost, answer_lost])
@pytest.mark.parametrize("begin", [tripped, paused, opened_and_told, resumed])
@pytest.mark.parametrize("refusals", [0, 2])
def test_whatever_happens_at_a_call_the_next_minutes_finish_it(
    how: Callable[[str, Callable[[], object]], object],
    begin: Callable[[CircuitWorld], None],
    refusals: int,
) -> None:
    def run(at: int) -> Strike:
        world, strike = CircuitWorld(), Strike(at, how)
        begin(world)
        world.ses.answers = [REFUSED] * refusals
        tend_through(world, strike)
        calm(world)
        hold_that_all_agree(world)
        assert world.switch.flow is (Flow.PAUSED if begin is paused else Flow.RUNNING)
        assert world.ses.asked <= refusals + 2
        return strike

    assert each_call(run) >= 4


OVERTAKINGS: dict[str, Callable[[CircuitWorld], object]] = {
    "another tend": lambda world: world.tend(T0 + MINUTE),
    "a later tend": lambda world: world.tend(T0 + MINUTE + deciding.LOST_PROBE),
    "a pause": lambda world: world.turn(
        lambda switch: deciding.paused(switch, "", by="operator:ben", now=T0 + MINUTE)
    ),
    "a resumption": lambda world: world.turn(
        lambda switch: deciding.resumed(switch, by="operator:ben", now=T0 + MINUTE)
    ),
    "a trip": lambda world: world.turn(
        lambda switch: deciding.tripped(switch, "access_denied", now=T0 + MINUTE)
    ),
    "a resumption and a trip": lambda world: (
        OVERTAKINGS["a resumption"](world),
        OVERTAKINGS["a trip"](world),
    ),
    "a pause and a resumption": lambda world: (
        OVERTAKINGS["a pause"](world),
        OVERTAKINGS["a resumption"](world),
    ),
}


@pytest.mark.parametrize("overtaking", list(OVERTAKINGS))
@pytest.mark.parametrize("begin", [tripped, paused, opened_and_told, resumed])
@pytest.mark.parametrize("lag", [0, 3])
def test_whoever_comes_between_two_calls_is_not_undone(
    overtaking: str, begin: Callable[[CircuitWorld], None], lag: int
) -> None:
    def run(at: int) -> Strike:
        world = CircuitWorld(mappings=MemoryMappings(lag=lag))
        begin(world)

        def overtake(_call: str, do: Callable[[], object]) -> object:
            world.gate = CircuitWorld.gate
            OVERTAKINGS[overtaking](world)
            world.gate = strike
            return do()

        strike = Strike(at, overtake)
        tend_through(world, strike)
        if overtaking == "a pause":
            assert world.switch.flow is Flow.PAUSED or not strike.struck
        if overtaking in {"a resumption", "a pause and a resumption"} and strike.struck:
            assert world.switch.flow is Flow.RUNNING
        if overtaking == "a resumption and a trip" and strike.struck:
            # The answer of a probe that was begun before says nothing about what opened it since.
            assert world.switch.is_open
        calm(world)
        hold_that_all_agree(world)
        stays = overtaking == "a pause" or (
            begin is paused and overtaking in {"a trip", "another tend", "a later tend"}
        )
        if strike.struck:
            assert world.switch.flow is (Flow.PAUSED if stays else Flow.RUNNING)
        return strike

    assert each_call(run) >= 4


def test_two_tends_at_once_send_one_canary() -> None:
    def run(at: int) -> Strike:
        world = CircuitWorld()
        tripped(world)
        world.ses.answers = [REFUSED]

        def overtake(_call: str, do: Callable[[], object]) -> object:
            world.gate = CircuitWorld.gate
            world.tend(T0 + MINUTE)
            world.gate = strike
            return do()

        strike = Strike(at, overtake)
        tend_through(world, strike)
        assert world.ses.asked == 1
        assert world.switch.probe_at == T0 + 3 * MINUTE
        return strike

    assert each_call(run) >= 4


def test_a_mapping_moved_after_a_switch_that_had_turned_is_moved_back_at_once() -> None:
    world = CircuitWorld()
    paused(world)

    def overtake(call: str, do: Callable[[], object]) -> object:
        if call == "mappings.ask" and world.switch.flow is Flow.PAUSED:
            world.turn(lambda switch: deciding.resumed(switch, by="operator:ben", now=T0))
        return do()

    world.gate = overtake
    assert world.tend(T0 + timedelta(seconds=1)) == {STREAM}
    assert world.mapping is MappingState.ENABLED
