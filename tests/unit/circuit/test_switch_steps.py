"""The steps of a switch, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.circuit import deciding
from postroad.circuit.deciding import (
    LONGEST_HIDDEN,
    LOST_PROBE,
    MOST_UNTOLD,
    RELAPSE,
    look_again_at,
    pause_after,
)
from postroad.circuit.item import from_item, to_item
from postroad.circuit.switch import Flow, Switch

T0 = datetime(2026, 11, 22, 14, 0, 0, 123_456, tzinfo=UTC)
STORED = T0.replace(microsecond=123_000)
MINUTE = timedelta(minutes=1)
NEW = Switch(stream="marketing")


def stands(switch: Switch | None) -> Switch:
    assert switch is not None
    return switch


def opened(why: str = "sending_paused") -> Switch:
    return stands(deciding.tripped(NEW, why, now=T0))


def paused(switch: Switch = NEW) -> Switch:
    return stands(deciding.paused(switch, "a note", by="operator:ana", now=T0))


def under_way(switch: Switch | None = None, *, now: datetime = T0 + MINUTE) -> Switch:
    return stands(deciding.probing(switch or opened(), now=now))


def test_what_was_never_written_runs() -> None:
    assert NEW.is_running
    assert look_again_at(NEW, now=T0) is None


def test_a_word_of_a_later_version_stops_the_stream_until_an_operator_resumes() -> None:
    later = from_item("marketing", {**to_item(opened()), "flow": {"S": "word_of_later"}})
    assert look_again_at(later, now=T0 + MINUTE) is not None
    assert deciding.probing(later, now=T0 + MINUTE) is None
    assert stands(deciding.resumed(later, by="operator:ana", now=T0)).is_running


def test_a_trip_opens_the_circuit_and_has_it_probed_in_a_minute() -> None:
    found = opened()
    assert (found.flow, found.why, found.by) == (Flow.OPEN, "sending_paused", "circuit")
    assert (found.since, found.probe_at, found.version) == (STORED, STORED + MINUTE, 1)


@pytest.mark.parametrize("switch", [opened(), under_way(), paused()], ids=lambda each: each.flow.value)
def test_a_trip_of_a_stopped_stream_changes_nothing(switch: Switch) -> None:
    assert deciding.tripped(switch, "quota_exhausted", now=T0) is None


@pytest.mark.parametrize("switch", [NEW, opened(), under_way()], ids=lambda each: each.flow.value)
def test_an_operator_s_pause_beats_everything(switch: Switch) -> None:
    found = paused(switch)
    assert (found.flow, found.why, found.by) == (Flow.PAUSED, "a note", "operator:ana")
    assert found.probe_at is None
    assert deciding.probing(found, now=T0 + timedelta(days=1)) is None


def test_a_second_pause_changes_nothing() -> None:
    assert deciding.paused(paused(), "another", by="operator:ben", now=T0) is None


@pytest.mark.parametrize("switch", [opened(), under_way(), paused()], ids=lambda each: each.flow.value)
def test_an_operator_lets_any_stopped_stream_run(switch: Switch) -> None:
    found = stands(deciding.resumed(switch, by="operator:ana", now=T0))
    assert (found.flow, found.why, found.by) == (Flow.RUNNING, "", "operator:ana")
    assert (found.probe_at, found.probes) == (None, 0)


def test_resuming_what_runs_changes_nothing() -> None:
    assert deciding.resumed(NEW, by="operator:ana", now=T0) is None


def test_a_probe_is_taken_up_when_it_is_due_and_not_before() -> None:
    assert deciding.probing(opened(), now=STORED + MINUTE - timedelta(milliseconds=1)) is None
    found = under_way()
    assert (found.flow, found.probes) == (Flow.PROBING, 1)
    assert found.since == STORED


def test_a_probe_under_way_is_left_alone_until_it_is_given_up_for_lost() -> None:
    found = under_way()
    assert deciding.probing(found, now=T0 + MINUTE + LOST_PROBE - timedelta(seconds=1)) is None
    again = under_way(found, now=T0 + MINUTE + LOST_PROBE)
    assert (again.flow, again.probes) == (Flow.PROBING, 2)


def test_an_accepted_canary_closes_the_circuit() -> None:
    probe = under_way()
    found = stands(deciding.closed(probe, probe=probe, now=T0 + MINUTE))
    assert (found.flow, found.by, found.why, found.probe_at) == (Flow.RUNNING, "circuit", "", None)


def test_a_refused_canary_leaves_it_open_with_the_newest_reason() -> None:
    probe = under_way()
    found = stands(deciding.still_open(probe, probe=probe, why="account_suspended", now=T0 + MINUTE))
    assert (found.flow, found.why, found.since) == (Flow.OPEN, "account_suspended", STORED)
    assert found.probe_at == STORED + 3 * MINUTE


def test_a_canary_without_an_answer_keeps_the_reason_that_stands() -> None:
    probe = under_way()
    assert stands(deciding.still_open(probe, probe=probe, now=T0)).why == "sending_paused"


def test_probes_grow_rarer_up_to_five_minutes() -> None:
    switch, now, waits = opened(), T0, []
    for _ in range(8):
        waits.append((stands(switch).probe_at or now) - now.replace(microsecond=123_000))
        now = switch.probe_at or now
        probe = under_way(switch, now=now)
        switch = stands(deciding.still_open(probe, probe=probe, now=now))
    assert [wait / MINUTE for wait in waits] == [1, 2, 4, 5, 5, 5, 5, 5]
    assert pause_after(10_000) == timedelta(minutes=5)


def test_a_throttled_canary_is_repeated_soon() -> None:
    probe = under_way()
    for _ in range(3):
        found = stands(deciding.still_open(probe, probe=probe, busy=True, now=T0))
        assert found.probe_at == STORED + MINUTE
        probe = under_way(found, now=T0 + MINUTE)


def answers(switch: Switch, probe: Switch) -> list[Switch | None]:
    return [deciding.closed(switch, probe=probe, now=T0), deciding.still_open(switch, probe=probe, now=T0)]


def test_the_answer_to_a_probe_that_was_overtaken_changes_nothing() -> None:
    probe = under_way()
    taken_up_anew = under_way(probe, now=T0 + MINUTE + LOST_PROBE)
    resumed = stands(deciding.resumed(probe, by="operator:ana", now=T0))
    opened_again = stands(deciding.tripped(resumed, "quota_exhausted", now=T0))
    for meanwhile in (taken_up_anew, paused(probe), resumed, opened_again):
        assert answers(meanwhile, probe) == [None, None]


def test_being_told_meanwhile_does_not_spoil_a_probe() -> None:
    probe = under_way()
    told = stands(deciding.told(probe, {probe.untold[0].id}))
    assert None not in answers(told, probe)


def test_a_relapse_counts_its_probes_on() -> None:
    probe = under_way(under_way(now=T0 + MINUTE), now=T0 + 4 * MINUTE)
    closed = stands(deciding.closed(probe, probe=probe, now=T0))
    soon = stands(deciding.tripped(closed, "configuration", now=T0 + RELAPSE - MINUTE))
    assert soon.probe_at == STORED + RELAPSE - MINUTE + 4 * MINUTE
    late = stands(deciding.tripped(closed, "configuration", now=T0 + RELAPSE))
    assert late.probe_at == STORED + RELAPSE + MINUTE


def test_what_an_operator_resumed_is_no_relapse() -> None:
    probe = under_way(under_way(now=T0 + MINUTE), now=T0 + 4 * MINUTE)
    resumed = stands(deciding.resumed(probe, by="operator:ana", now=T0))
    assert stands(deciding.tripped(resumed, "configuration", now=T0)).probe_at == STORED + MINUTE


def test_every_stop_and_resumption_is_noted_until_it_is_told_and_a_probe_is_none() -> None:
    probe = under_way()
    closed = stands(deciding.closed(probe, probe=probe, now=T0 + MINUTE))
    stopped, resumed = closed.untold
    assert (stopped.flow, stopped.why, stopped.at) == (Flow.OPEN, "sending_paused", STORED)
    assert (resumed.flow, resumed.by) == (Flow.RUNNING, "circuit")
    assert stands(deciding.told(closed, {stopped.id})).untold == (resumed,)
    assert deciding.told(closed, {"another"}) is None


def test_turns_have_ids_of_their_own_also_after_a_switch_was_deleted() -> None:
    later = stands(deciding.tripped(NEW, "sending_paused", now=T0 + timedelta(days=1)))
    other = stands(deciding.tripped(replace(NEW, stream="transactional"), "sending_paused", now=T0))
    assert len({opened().untold[0].id, later.untold[0].id, other.untold[0].id}) == 3


def test_what_is_never_told_does_not_grow_for_ever() -> None:
    switch = NEW
    for number in range(MOST_UNTOLD):
        switch = stands(deciding.paused(switch, str(number), by="operator:ana", now=T0))
        switch = stands(deciding.resumed(switch, by="operator:ana", now=T0))
    assert len(switch.untold) == MOST_UNTOLD
    assert switch.untold[-1].flow is Flow.RUNNING


@pytest.mark.parametrize(
    ("stopped_for", "hidden_for"),
    [
        (timedelta(), MINUTE),
        (timedelta(seconds=30), MINUTE),
        (timedelta(minutes=7), timedelta(minutes=7)),
        (timedelta(days=3), LONGEST_HIDDEN),
    ],
)
def test_records_are_hidden_as_long_as_the_stream_has_been_stopped(
    stopped_for: timedelta, hidden_for: timedelta
) -> None:
    now = STORED + stopped_for
    for switch in (opened(), paused(), under_way()):
        assert look_again_at(switch, now=now) == now + hidden_for


def test_a_stop_of_three_days_uses_up_few_receives_though_the_mapping_stays_enabled() -> None:
    switch, now, receives = opened(), STORED, 0
    while now < STORED + timedelta(days=3):
        now = look_again_at(switch, now=now) or now
        receives += 1
    assert receives < 100
