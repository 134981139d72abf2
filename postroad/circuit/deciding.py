"""The steps of a stream's switch: what happens, and what stands then. Pure.

Each returns the switch that shall stand, or None where nothing changes. `turned` fills in the version, and
notes what the result bus is to hear of.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.circuit.switch import Flow, Switch, Turned

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from postroad.circuit.ports import Turn

CIRCUIT = "circuit"
"""Who turned a switch, if no operator did."""

FIRST_PROBE = timedelta(seconds=60)
LONGEST_BETWEEN_PROBES = timedelta(minutes=5)
"""A canary costs next to nothing, and mail that waits longer than it must costs more."""
LOST_PROBE = timedelta(minutes=2)
"""After so long whoever probed has crashed, and the probe is made anew."""

RELAPSE = timedelta(minutes=15)
"""A circuit that opens again so soon after a canary closed it counts its probes on: what a canary can't show
(a refusal of everything but canaries) must not open and close it each minute for ever."""

LEAST_HIDDEN = timedelta(minutes=1)
LONGEST_HIDDEN = timedelta(hours=1)

MOST_UNTOLD = 100
"""Where the result bus takes nothing for days, the oldest turns go untold: an item can't grow for ever."""


def tripped(switch: Switch, why: str, *, now: datetime) -> Switch | None:
    """SES takes no mail: stop the stream, unless it is stopped already. An operator's pause stays one."""
    if not switch.is_running:
        return None
    relapse = switch.by == CIRCUIT and switch.since is not None and now - switch.since < RELAPSE
    probes = switch.probes if relapse else 0
    return _turned(
        switch,
        flow=Flow.OPEN,
        why=why,
        by=CIRCUIT,
        now=now,
        probe_at=_storable(now) + pause_after(probes),
        probes=probes,
    )


def paused(switch: Switch, note: str, *, by: str, now: datetime) -> Switch | None:
    """Stop the stream by an operator, who takes it over from its circuit. A paused one stays as it is."""
    if switch.flow is Flow.PAUSED:
        return None
    return _turned(switch, flow=Flow.PAUSED, why=note, by=by, now=now)


def resumed(switch: Switch, *, by: str, now: datetime) -> Switch | None:
    """Let the stream run by an operator, whatever stopped it. An open circuit closes without a probe."""
    if switch.is_running:
        return None
    return _turned(switch, flow=Flow.RUNNING, why="", by=by, now=now)


def probing(switch: Switch, *, now: datetime) -> Switch | None:
    """Take up the probe that is due, or one whose prober has crashed."""
    if not switch.is_open or (switch.probe_at is not None and switch.probe_at > now):
        return None
    return replace(
        switch,
        flow=Flow.PROBING,
        probe_at=_storable(now) + LOST_PROBE,
        probes=switch.probes + 1,
        version=switch.version + 1,
    )


def closed(switch: Switch, *, probe: Switch, now: datetime) -> Switch | None:
    """SES took the canary: let the stream run. `probe` is the switch as `probing` left it."""
    if not _is_under_way(switch, probe):
        return None
    return _turned(switch, flow=Flow.RUNNING, why="", by=CIRCUIT, now=now, probes=switch.probes)


def still_open(
    switch: Switch, *, probe: Switch, why: str = "", busy: bool = False, now: datetime
) -> Switch | None:
    """SES did not take the canary: probe again later, and later each time.

    `why` is the newest reason, if there is one. `busy` says that SES only asked for less: that is no worse
    than before, so the next probe is as near as the first.
    """
    if not _is_under_way(switch, probe):
        return None
    return replace(
        switch,
        flow=Flow.OPEN,
        why=why or switch.why,
        probe_at=_storable(now) + (FIRST_PROBE if busy else pause_after(switch.probes)),
        probes=switch.probes - 1 if busy else switch.probes,
        version=switch.version + 1,
    )


def told(switch: Switch, ids: Collection[str]) -> Switch | None:
    """Forget these turns, which the result bus has taken."""
    left = tuple(turn for turn in switch.untold if turn.id not in ids)
    if left == switch.untold:
        return None
    return replace(switch, untold=left, version=switch.version + 1)


def pause_after(probes: int) -> timedelta:
    """Return how long to wait after so many probes: a minute, doubling up to five."""
    doubled: int = 2 ** min(probes, 10)
    return min(FIRST_PROBE * doubled, LONGEST_BETWEEN_PROBES)


def look_again_at(switch: Switch, *, now: datetime) -> datetime | None:
    """Return until when a stopped stream's records are hidden, or None while it runs.

    Records reach `send` only until the mapping is disabled, so a minute is enough as a rule. Should it stay
    enabled, each of them is hidden as long as the stream has been stopped, up to an hour: so a stop of days
    does not use up the receives after which SQS gives up a message.
    """
    if switch.is_running:
        return None
    stopped = now - switch.since if switch.since is not None else LEAST_HIDDEN
    return now + min(max(stopped, LEAST_HIDDEN), LONGEST_HIDDEN)


class Step:
    """A `Turn` that remembers whether it changed anything, the last time that it was asked."""

    def __init__(self, turn: Callable[[Switch], Switch | None]) -> None:
        """Wrap a step; pass it to `Switches.turn`, which may ask it more than once."""
        self._turn: Turn = turn
        self.made: Switch | None = None

    def __call__(self, switch: Switch) -> Switch | None:
        """Make the step."""
        self.made = self._turn(switch)
        return self.made


def _is_under_way(switch: Switch, probe: Switch) -> bool:
    """Say whether this very probe still is what is waited for: nobody paused, resumed or took it up anew."""
    return switch.flow is Flow.PROBING and (switch.probes, switch.probe_at) == (probe.probes, probe.probe_at)


def _storable(at: datetime) -> datetime:
    """Leave out what the table doesn't keep, so that what is read back equals what was written."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _turned(
    switch: Switch,
    *,
    flow: Flow,
    why: str,
    by: str,
    now: datetime,
    probe_at: datetime | None = None,
    probes: int = 0,
) -> Switch:
    at = _storable(now)
    version = switch.version + 1
    # The time beside the version: a switch that was deleted by hand begins again at version 1.
    turned_id = f"{switch.stream}-{version}-{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}"
    turn = Turned(id=turned_id, flow=flow, why=why, by=by, at=at)
    return replace(
        switch,
        flow=flow,
        why=why,
        by=by,
        since=at,
        probe_at=probe_at,
        probes=probes,
        untold=(*switch.untold, turn)[-MOST_UNTOLD:],
        version=version,
    )
