"""The use case: each minute, let every stream's mapping follow its switch, and probe what is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from postroad.circuit.deciding import Step, closed, probing, still_open, told
from postroad.circuit.telling import event_of
from postroad.contract.words import StopReason
from postroad.errors import TransientError
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.observability import Metric, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from aws_lambda_powertools import Logger

    from postroad.circuit.ports import Mappings, Room, StreamBus, Switches
    from postroad.circuit.switch import Switch
    from postroad.evidence.ports import Canaries
    from postroad.observability import Counts

MOST_AT_ONCE = 8
"""Probes of several streams at the same time: a canary may take half a minute."""

_TURNS = 3
"""How often a mapping is moved after its switch in one go, should the switch turn meanwhile."""


class Switching:
    """Tends the streams' switches: any number of times, by any number of invocations at once.

    What it leaves undone because it crashed, or because something can't be asked, the next one does: the
    switch holds what is to be, when to probe, and what is untold.
    """

    def __init__(
        self,
        *,
        switches: Switches,
        mappings: Mappings,
        canaries: Canaries,
        room: Room,
        bus: StreamBus,
        counts: Counts,
        logger: Logger,
    ) -> None:
        """Use these ports. `counts` is flushed by whoever calls."""
        self._switches = switches
        self._mappings = mappings
        self._canaries = canaries
        self._room = room
        self._bus = bus
        self._counts = counts
        self._logger = logger

    def tend(self, streams: Iterable[str], now: datetime) -> frozenset[str]:
        """Look after these streams, and return those that run. One stream's trouble is not another's.

        A stream whose switch can't be read is not among them: nothing should be put on its queue.
        """
        standing: dict[str, Switch] = {}
        for stream in streams:
            switch = self._apart(stream, partial(self._switches.read, stream))
            if switch is not None:
                standing[stream] = self._apart(stream, partial(self._settle, switch)) or switch
        due = [stream for stream, switch in standing.items() if probing(switch, now=now) is not None]
        if due:
            with ThreadPoolExecutor(max_workers=MOST_AT_ONCE) as threads:
                standing |= zip(
                    due, threads.map(lambda each: self._probed(standing[each], now), due), strict=True
                )
        for stream, switch in standing.items():
            if switch.is_open:
                self._counts.most(Metric.STREAM_STOPPED, stream, 1)
        return frozenset(stream for stream, switch in standing.items() if switch.is_running)

    def _settle(self, switch: Switch) -> Switch:
        """Let the mapping follow and the bus hear, and return the switch that was followed."""
        followed = self._follow(switch)
        self._tell(followed)
        return followed

    def _follow(self, switch: Switch) -> Switch:
        """Let the mapping follow the switch, and return the switch that it follows."""
        for _ in range(_TURNS):
            before = self._mappings.read(switch.stream)
            if not before.contradicts(enabled=switch.is_running):
                break
            after = self._mappings.ask(switch.stream, enabled=switch.is_running)
            moved = {"stream": switch.stream, "flow": switch.flow.value, "mapping": after.value}
            self._logger.info("mapping moved", extra=moved)
            # Whoever turned the switch since then may have moved the mapping before us: look again.
            standing = self._switches.read(switch.stream)
            if standing.is_running == switch.is_running:
                return standing
            switch = standing
        return switch

    def _probed(self, switch: Switch, now: datetime) -> Switch:
        """Probe a circuit, let the mapping and the bus follow, and return the switch that stands then."""
        standing = self._apart(switch.stream, partial(self._probe, switch.stream, now)) or switch
        if standing.is_running:
            return self._apart(switch.stream, partial(self._settle, standing)) or standing
        return standing

    def _probe(self, stream: str, now: datetime) -> Switch:
        """Send a canary, if nobody else does; return the switch that stands after its answer."""
        claim = Step(lambda switch: probing(switch, now=now))
        probe = self._switches.turn(stream, claim)
        if claim.made is None:
            return probe
        answer = self._ask_ses(probe)
        self._logger.info(
            "circuit probed",
            extra={
                "stream": stream,
                "probe": probe.probes,
                "outcome": answer.outcome.value,
                "why": answer.why,
            },
        )
        return self._switches.turn(stream, lambda standing: _answered(standing, probe, answer, now=now))

    def _ask_ses(self, switch: Switch) -> CanaryAnswer:
        if switch.why == StopReason.QUOTA_EXHAUSTED and not self._has_quota(switch.stream):
            return CanaryAnswer(CanaryOutcome.UNUSABLE, StopReason.QUOTA_EXHAUSTED.value)
        return self._canaries.send(switch.stream)

    def _has_quota(self, stream: str) -> bool:
        try:
            return self._room.has_room(stream)
        except TransientError as error:
            self._logger.warning("quota not known", extra=described(error))
            return False

    def _tell(self, switch: Switch) -> None:
        """Tell the bus what it hasn't heard. A crash before the last line tells it again, by the same ids."""
        if not switch.untold:
            return
        taken = self._bus.publish([event_of(switch.stream, turned) for turned in switch.untold])
        if taken:
            self._switches.turn(switch.stream, lambda standing: told(standing, taken))

    def _apart(self, stream: str, do: Callable[[], Switch]) -> Switch | None:
        try:
            return do()
        except Exception as error:  # noqa: BLE001 - whatever one stream runs into, the others are tended
            self._logger.error(  # noqa: TRY400 - a traceback may hold what was written into a switch
                "switch not tended", extra={"stream": stream, **described(error)}
            )
            return None


def _answered(switch: Switch, probe: Switch, answer: CanaryAnswer, *, now: datetime) -> Switch | None:
    if answer.outcome is CanaryOutcome.ACCEPTED:
        return closed(switch, probe=probe, now=now)
    busy = answer.outcome is CanaryOutcome.BUSY
    return still_open(switch, probe=probe, why="" if busy else answer.why, busy=busy, now=now)
