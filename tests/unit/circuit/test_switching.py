"""What dispatch does to the streams' switches each minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from postroad.account.ports import UNLIMITED, Quota
from postroad.circuit import deciding
from postroad.circuit.mapping import MappingState
from postroad.circuit.memory import MemoryMappings
from postroad.circuit.switch import Flow
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.observability import Metric
from tests.circuit_world import MINUTE, STREAM, T0, CircuitWorld

REFUSED = CanaryAnswer(CanaryOutcome.UNUSABLE, "sending_paused")


def trip(world: CircuitWorld, why: str = "sending_paused", stream: str = STREAM) -> None:
    world.turn(lambda switch: deciding.tripped(switch, why, now=T0), stream)


def pause(world: CircuitWorld) -> None:
    world.turn(lambda switch: deciding.paused(switch, "a note", by="operator:ana", now=T0))


def test_a_running_stream_is_left_alone() -> None:
    world = CircuitWorld()
    assert world.tend(T0) == {STREAM}
    assert (world.mappings.asked, world.ses.asked, len(world.bus.events)) == ([], 0, 0)
    assert world.counts.of(Metric.STREAM_STOPPED, STREAM) == 0


def test_a_tripped_stream_is_disabled_told_counted_and_not_probed_yet() -> None:
    world = CircuitWorld()
    trip(world)
    assert world.tend(T0) == frozenset()
    assert world.mapping is MappingState.DISABLED
    (event,) = world.bus.events
    assert (event.stream, event.flow, event.why, event.by, event.at) == (
        STREAM, "open", "sending_paused", "circuit", T0,
    )  # fmt: skip
    assert world.counts.of(Metric.STREAM_STOPPED, STREAM) == 1
    assert world.ses.asked == 0


def test_an_accepted_canary_lets_the_stream_run_at_once() -> None:
    world = CircuitWorld()
    trip(world)
    world.tend(T0)
    assert world.tend(T0 + MINUTE) == {STREAM}
    assert (world.ses.asked, world.mapping) == (1, MappingState.ENABLED)
    assert world.told() == ["open", "running"]
    world.tend(T0 + 2 * MINUTE)
    assert world.ses.asked == 1
    assert len(world.bus.events) == 2


def test_the_whole_outage_is_probed_ever_more_rarely() -> None:
    world = CircuitWorld()
    world.ses.answers = [REFUSED] * 5
    trip(world)
    probed = []
    for minute in range(60):
        before = world.ses.asked
        running = world.tend(T0 + minute * MINUTE)
        if world.ses.asked > before:
            probed.append(minute)
        assert running == ({STREAM} if minute >= 22 else frozenset())
    assert probed == [1, 3, 7, 12, 17, 22]


def test_a_paused_stream_is_disabled_and_neither_probed_nor_counted() -> None:
    world = CircuitWorld()
    pause(world)
    for minute in range(60):
        assert world.tend(T0 + minute * MINUTE) == frozenset()
    assert (world.mapping, world.ses.asked) == (MappingState.DISABLED, 0)
    assert world.counts.of(Metric.STREAM_STOPPED, STREAM) == 0
    assert world.told() == ["paused"]


@pytest.mark.parametrize("begin", [pause, lambda _: None], ids=["paused", "running"])
def test_a_mapping_that_somebody_moved_by_hand_is_moved_back(begin: Callable[[CircuitWorld], None]) -> None:
    world = CircuitWorld()
    begin(world)
    world.tend(T0)
    world.mappings.ask(STREAM, enabled=not world.switch.is_running)
    world.tend(T0)
    assert world.mapping.is_settled(enabled=world.switch.is_running)


def test_a_mapping_on_its_way_is_not_asked_again() -> None:
    world = CircuitWorld(mappings=MemoryMappings(lag=4))
    pause(world)
    for minute in range(3):
        world.tend(T0 + minute * MINUTE)
    assert world.mappings.asked == [(STREAM, False)]


def test_a_mapping_that_was_on_its_way_to_the_other_end_follows_later() -> None:
    world = CircuitWorld(mappings=MemoryMappings(lag=2))
    pause(world)
    world.tend(T0)
    world.turn(lambda switch: deciding.resumed(switch, by="operator:ana", now=T0))
    for minute in range(6):
        world.tend(T0 + minute * MINUTE)
    assert world.mapping is MappingState.ENABLED


def quota(sent: float, of: float = 50_000) -> Quota:
    return Quota(max_24_hours=of, per_second=14, sent_24_hours=sent)


@pytest.mark.parametrize(
    ("told", "closes"),
    [
        (quota(50_000), False),
        (quota(49_501), False),
        (quota(49_500), True),
        (quota(200, of=200), False),
        (quota(198, of=200), True),
        (quota(70_000, of=UNLIMITED), True),
    ],
)
def test_a_circuit_opened_by_the_quota_closes_once_there_is_room(told: Quota, *, closes: bool) -> None:
    world = CircuitWorld()
    world.account.quota = told
    trip(world, "quota_exhausted")
    assert world.tend(T0 + MINUTE) == ({STREAM} if closes else frozenset())
    assert world.ses.asked == closes
    if not closes:
        assert (world.switch.flow, world.switch.why) == (Flow.OPEN, "quota_exhausted")


def test_a_quota_that_can_t_be_read_is_no_room() -> None:
    world = CircuitWorld()
    world.account.quota = None
    trip(world, "quota_exhausted")
    world.tend(T0 + MINUTE)
    assert (world.switch.flow, world.switch.probe_at) == (Flow.OPEN, T0 + 3 * MINUTE)


def test_other_circuits_ask_the_account_nothing() -> None:
    world = CircuitWorld()
    world.account.quota = None
    trip(world)
    assert world.tend(T0 + MINUTE) == {STREAM}


def test_one_stream_s_trouble_is_not_another_s() -> None:
    world = CircuitWorld()
    trip(world)
    trip(world, stream="transactional")

    failing = [ValueError("a bug, even")]

    def gate(_call: str, do: Callable[[], object]) -> object:
        if failing:
            raise failing.pop()
        return do()

    world.gate = gate
    assert world.tend(T0, STREAM, "transactional") == frozenset()
    assert world.mappings.read("transactional") is MappingState.DISABLED


def test_a_stream_whose_switch_can_t_be_read_is_not_said_to_run() -> None:
    world = CircuitWorld()
    world.switches.is_unavailable = True
    assert world.tend(T0) == frozenset()


def test_a_stream_whose_mapping_can_t_be_asked_is_tended_otherwise() -> None:
    world = CircuitWorld()
    world.mappings.is_unavailable = True
    trip(world)
    assert world.tend(T0) == frozenset()
    assert world.counts.of(Metric.STREAM_STOPPED, STREAM) == 1
    assert world.tend(T0 + MINUTE) == {STREAM}


def test_what_the_bus_refuses_is_told_later_with_the_same_id() -> None:
    world = CircuitWorld()
    world.bus.is_unavailable = True
    pause(world)
    world.tend(T0)
    world.turn(lambda switch: deciding.resumed(switch, by="operator:ana", now=T0 + MINUTE))
    world.tend(T0 + MINUTE)
    world.bus.is_unavailable = False
    world.tend(T0 + 2 * MINUTE)
    assert [event.flow for event in world.bus.events] == ["paused", "running"]
    assert {event.id for event in world.bus.events} == set(world.written)
    assert world.switch.untold == ()


def test_an_address_in_a_note_or_a_name_stays_off_the_bus() -> None:
    world = CircuitWorld()
    note = "ana.ruiz@example.com complained"
    world.turn(lambda switch: deciding.paused(switch, note, by="operator:ben@example.com", now=T0))
    world.tend(T0)
    (event,) = world.bus.events
    assert (event.why, event.by) == ("[address] complained", "[address]")


def test_all_open_circuits_are_probed() -> None:
    world = CircuitWorld()
    streams = [f"stream-{number}" for number in range(20)]
    for stream in streams:
        trip(world, stream=stream)
    assert world.tend(T0 + MINUTE, *streams) == set(streams)
    assert world.ses.asked == 20


def test_a_crashed_probe_is_taken_up_again_after_two_minutes() -> None:
    world = CircuitWorld()
    trip(world)
    world.turn(lambda switch: deciding.probing(switch, now=T0 + MINUTE))
    assert world.tend(T0 + 2 * MINUTE) == frozenset()
    assert world.ses.asked == 0
    assert world.tend(T0 + 3 * MINUTE) == {STREAM}
    assert world.ses.asked == 1


def test_a_stream_event_of_a_probe_is_never_told() -> None:
    world = CircuitWorld()
    world.ses.answers = [REFUSED]
    trip(world)
    for minute in range(4):
        world.tend(T0 + minute * MINUTE)
    assert world.told() == ["open", "running"]
    assert world.switch.since == T0 + timedelta(minutes=3)
