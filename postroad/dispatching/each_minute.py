"""The use case: what dispatch does each minute, one step after another, none of which stops the next."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar

from postroad.contract.words import Reason
from postroad.errors import PostroadError
from postroad.observability import UNKNOWN_STREAM, Metric, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from aws_lambda_powertools import Logger

    from postroad.observability import Counts
    from postroad.schedule.auditing import Audit
    from postroad.schedule.sweeping import Look, Sweep, Sweeping

SECONDS_FOR_THE_REST = 8.0
"""Kept from handing out: a portion may be under way when its time is up, and the audit comes after it."""
SECONDS_AT_THE_END = 3.0
"""Kept from everything. Of a run that has very little time both are a part, no more."""
PART_FOR_THE_REST, PART_AT_THE_END = 0.25, 0.1
NOTHING_ELSE: Mapping[str, float] = MappingProxyType({})

Done = TypeVar("Done")


class Switching(Protocol):
    """Lets the streams' mappings follow their switches."""

    def tend(self, streams: Iterable[str], now: datetime) -> frozenset[str]:
        """Look after these streams, and return those that run."""
        ...


class Allowance(Protocol):
    """What SES lets the stage send."""

    def learn(self) -> float:
        """Ask SES, let every sender know, and return the stage's rate in mails a second."""
        ...

    @property
    def presumed_rate(self) -> float:
        """The rate while SES can't be asked."""
        ...


class Evidence(Protocol):
    """Keeps the watermarks moving."""

    def tend(self, streams: Mapping[str, datetime | None], *, now: datetime) -> None:
        """Look after these streams; each with up to when its evidence pointers are due, None without any."""
        ...


class StepsFailedError(PostroadError):
    """Steps of a minute failed, each of which is in the log; the next minute tries them again."""


class EachMinute:
    """Switches, evidence, what is due, and once a day the audit."""

    def __init__(
        self,
        *,
        streams: Sequence[str],
        switching: Switching,
        evidence: Evidence,
        sweeping: Sweeping,
        audit: Audit,
        allowance: Allowance,
        counts: Counts,
        logger: Logger,
        beside: Mapping[str, float] = NOTHING_ELSE,
    ) -> None:
        """Look after these streams.

        `beside` are those of what is no mail, which nothing stops: their function takes so many a second.
        """
        self._streams = streams
        self._beside = beside
        self._switching = switching
        self._evidence = evidence
        self._sweeping = sweeping
        self._audit = audit
        self._allowance = allowance
        self._counts = counts
        self._logger = logger
        self._failed: list[str] = []

    def reassert(self, stream: str, *, now: datetime) -> None:
        """Look after one stream's switch at once. Raises StepsFailedError."""
        self._failed = []
        self._step("switches", lambda: self._switching.tend([stream], now))
        self._finish()

    def run(self, *, now: datetime, seconds_left: Callable[[], float]) -> None:
        """Do one minute's work; `now` is the minute's time. Raises StepsFailedError in the end.

        `seconds_left` says how long this run may still take.
        """
        self._failed = []
        # First, since circuits that opened by the quota are probed by what it leaves.
        rate = self._step("account", self._allowance.learn) or self._allowance.presumed_rate
        # Where nobody knows which streams run, nothing is handed out.
        running = self._step("switches", lambda: self._switching.tend(self._streams, now)) or frozenset()
        looks: dict[str, Look] = {}
        for stream in (*self._streams, *self._beside):
            look = self._step("schedule", partial(self._sweeping.look, stream, now=now))
            if look is not None:
                looks[stream] = look
        # A stream that is stopped has no use for canaries: its circuit probes by itself.
        going = [stream for stream in self._streams if stream in running]
        awaited = {stream: looks[stream].awaited if stream in looks else None for stream in going}
        self._step("evidence", lambda: self._evidence.tend(awaited, now=now))
        going += self._beside
        self._hand_out([looks[stream] for stream in going if stream in looks], rate, now, seconds_left)
        for stream, look in looks.items():
            if stream not in going and look.marks:
                self._step("schedule", partial(self._tell_age, look, now, seconds_left))
        if len(looks) == len(self._streams) + len(self._beside):
            self._step("audit", lambda: self._look_at_all(looks, now, seconds_left))
        self._finish()

    def _hand_out(
        self, looks: Sequence[Look], rate: float, now: datetime, seconds_left: Callable[[], float]
    ) -> None:
        """Hand out stream by stream, each with its part of the time that is left."""
        looks = [look for look in looks if look.marks or look.cursor != look.last]
        before = len(self._failed)
        rest = min(SECONDS_FOR_THE_REST, seconds_left() * PART_FOR_THE_REST)
        for place, look in enumerate(looks):
            left = seconds_left()
            until = left - max(0.0, left - rest) / (len(looks) - place)

            def may_go_on(until: float = until) -> bool:
                return seconds_left() > until

            its_rate = self._beside.get(look.stream, rate)
            sweep = self._step(
                "dispatch", partial(self._sweeping.run, look, now=now, rate=its_rate, may_go_on=may_go_on)
            )
            if sweep is not None:
                self._tell(look.stream, sweep)
        if len(self._failed) == before:
            self._counts.add(Metric.DISPATCH_RUNS, UNKNOWN_STREAM)

    def _tell(self, stream: str, sweep: Sweep) -> None:
        """Count what became of a stream's messages, and log it where there was something."""
        handed = sweep.handed
        counted = {
            Metric.DISPATCHED: handed.taken,
            Metric.HELD: handed.held.total(),
            Metric.BODIES_LOST: handed.held[Reason.BODY_LOST],
        }
        for metric, count in counted.items():
            if count:
                self._counts.add(metric, stream, count)
        self._counts.most(Metric.OLDEST_DUE_SECONDS, stream, sweep.oldest_seconds)
        found = {
            "dispatched": handed.taken,
            "dropped": handed.dropped,
            "held": handed.held.total(),
            "left": len(handed.left),
            "moved": sweep.moved,
            "oldest_seconds": sweep.oldest_seconds,
        }
        if any(found.values()):
            self._logger.info("dispatched", extra={"stream": stream, **found})
        if sweep.gave_up:
            self._failed.append("dispatch")

    def _tell_age(self, look: Look, now: datetime, seconds_left: Callable[[], float]) -> None:
        """Tell how long mail has been due on a stream that is stopped, or of which nobody knows."""
        end = min(SECONDS_AT_THE_END, seconds_left() * PART_AT_THE_END)
        since = self._sweeping.waits_since(look, may_go_on=lambda: seconds_left() > end)
        age = 0 if since is None else max(0, int((now - since).total_seconds()))
        self._counts.most(Metric.OLDEST_DUE_SECONDS, look.stream, age)

    def _look_at_all(
        self, looks: Mapping[str, Look], now: datetime, seconds_left: Callable[[], float]
    ) -> None:
        cursors = {stream: look.cursor for stream, look in looks.items()}
        end = min(SECONDS_AT_THE_END, seconds_left() * PART_AT_THE_END)
        audited = self._audit.run(cursors, now=now, may_go_on=lambda: seconds_left() > end)
        for stream, count in audited.moved.items():
            self._counts.add(Metric.AUDITED, stream, count)
            self._logger.warning("overlooked pointers moved", extra={"stream": stream, "moved": count})
        for stream, count in audited.strange.items():
            self._counts.add(Metric.STRANDED, UNKNOWN_STREAM, count)
            self._logger.warning("pointers of no stream", extra={"stream": stream, "pointers": count})

    def _step(self, name: str, do: Callable[[], Done]) -> Done | None:
        """Do it and return what it returns, or None after an error, which is noted."""
        try:
            return do()
        except Exception as error:  # noqa: BLE001 - whatever one step runs into, the next ones are done
            self._failed.append(name)
            self._logger.error("step failed", extra={"step": name, **described(error)})  # noqa: TRY400 - no traceback: it may hold data
            return None

    def _finish(self) -> None:
        if self._failed:
            steps = ", ".join(dict.fromkeys(self._failed))
            raise StepsFailedError(f"failed in {steps}: the log says why, and the next minute tries again")
