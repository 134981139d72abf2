"""The breaker, as `send` uses it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from postroad.circuit import deciding
from postroad.circuit.breaking import StreamBreaker
from postroad.circuit.errors import SwitchesUnavailableError
from postroad.circuit.memory import MemorySwitches
from postroad.circuit.switch import Flow

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Bench:
    def __init__(self) -> None:
        self.switches = MemorySwitches()
        self.woken: list[str] = []
        self.breaker = StreamBreaker(self.switches, "marketing", wake=self.woken.append)


def test_a_trip_stops_the_stream_and_wakes_dispatch_once() -> None:
    bench = Bench()
    assert bench.breaker.closed_again_at(now=T0) is None
    assert bench.breaker.trip("sending_paused", now=T0) == T0 + MINUTE
    assert bench.breaker.trip("quota_exhausted", now=T0) == T0 + MINUTE
    assert bench.breaker.closed_again_at(now=T0) == T0 + MINUTE
    assert bench.switches.read("marketing").why == "sending_paused"
    assert bench.woken == ["marketing"]


def test_a_trip_does_not_touch_an_operator_s_pause() -> None:
    bench = Bench()
    bench.switches.turn("marketing", lambda each: deciding.paused(each, "", by="operator:ana", now=T0))
    assert bench.breaker.trip("sending_paused", now=T0) == T0 + MINUTE
    assert bench.switches.read("marketing").flow is Flow.PAUSED
    assert bench.woken == []


def test_a_trip_that_can_t_be_written_hides_the_records_all_the_same() -> None:
    bench = Bench()
    bench.switches.is_unavailable = True
    assert bench.breaker.trip("sending_paused", now=T0) == T0 + MINUTE
    assert bench.woken == []
    bench.switches.is_unavailable = False
    bench.breaker.trip("sending_paused", now=T0)
    assert bench.woken == ["marketing"]


def test_a_switch_that_can_t_be_read_is_told() -> None:
    bench = Bench()
    bench.switches.is_unavailable = True
    with pytest.raises(SwitchesUnavailableError):
        bench.breaker.closed_again_at(now=T0)


def test_other_streams_run_on() -> None:
    bench = Bench()
    bench.breaker.trip("sending_paused", now=T0)
    assert StreamBreaker(bench.switches, "transactional", wake=print).closed_again_at(now=T0) is None
