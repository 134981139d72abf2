"""The use case: what dispatch does each minute so that silence goes on proving something."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.evidence.canary import CanaryOutcome
from postroad.evidence.patience import owing_since, wants_canary
from postroad.observability import Metric, described

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aws_lambda_powertools import Logger

    from postroad.evidence.canary import CanaryAnswer
    from postroad.evidence.following import Following
    from postroad.evidence.ports import Canaries, CanaryPatience, Notices, Watermarks
    from postroad.observability import Counts

MISSED_AFTER = timedelta(minutes=10)
"""An object that is not applied so long after the time of its key may have been announced to nobody."""

TOLD_AGAIN_EVERY_MINUTES = 10
MOST_TOLD_AGAIN = 100
"""At once, oldest first: where `feedback` is merely late, this doesn't bury it."""


@dataclass(frozen=True, slots=True)
class _Tended:
    """What a canary was answered, if one was sent, and how long evidence has been owing."""

    answer: CanaryAnswer | None
    age: timedelta


class Evidence:
    """Lets the watermarks follow, tells again of objects that were missed, and sends canaries."""

    def __init__(
        self,
        *,
        following: Following,
        watermarks: Watermarks,
        patience: CanaryPatience,
        canaries: Canaries,
        notices: Notices,
        canary_every: timedelta,
        counts: Counts,
        logger: Logger,
    ) -> None:
        """Work on these; a stream that awaits no evidence sends a canary in each `canary_every`."""
        self._following = following
        self._watermarks = watermarks
        self._patience = patience
        self._canaries = canaries
        self._notices = notices
        self._canary_every = canary_every
        self._counts = counts
        self._logger = logger

    def tend(self, streams: Mapping[str, datetime | None], *, now: datetime) -> None:
        """Do one minute's work for these streams; `now` is the minute's time.

        Each stream is given with the latest due time of its evidence pointers that are due, None if none is.
        Never raises a TransientError: each part stands alone, and the next minute does it again.
        """
        try:
            self._follow(now)
        except TransientError as error:
            self._logger.warning("watermarks not moved", extra=described(error))
        if not streams:
            return
        # All at once: each may take as long as a function's start, and dispatch has more to do in its minute.
        with ThreadPoolExecutor(len(streams)) as pool:
            tended = {
                stream: pool.submit(self._tend, stream, awaited, now) for stream, awaited in streams.items()
            }
        for stream, one in tended.items():
            try:
                self._tell(stream, one.result())
            except TransientError as error:
                self._logger.warning("canary not tended", extra={"stream": stream} | described(error))

    def _follow(self, now: datetime) -> None:
        advance = self._following.follow(now=now)
        missed = [key for at, key in advance.unapplied if now - at >= MISSED_AFTER]
        if not missed or now.minute % TOLD_AGAIN_EVERY_MINUTES:
            return
        told = missed[:MOST_TOLD_AGAIN]
        self._notices.send(told, now=now)
        self._logger.warning("objects of events told again", extra={"told": len(told), "missed": len(missed)})

    def _tend(self, stream: str, awaited: datetime | None, now: datetime) -> _Tended:
        watermark = self._watermarks.read(stream)
        before = self._patience.read(stream)
        owing = owing_since(before, watermark)
        accepted_at = before.accepted_at
        answer = None
        if wants_canary(
            now=now,
            accepted_at=accepted_at,
            watermark=watermark,
            awaited=awaited,
            every=self._canary_every,
        ):
            # Owing from now on whatever SES says: a canary that can't be sent leaves the evidence as stale.
            owing = owing or now
            answer = self._canaries.send(stream)
            if answer.outcome is CanaryOutcome.ACCEPTED:
                accepted_at = now
        after = replace(before, owing_since=owing, accepted_at=accepted_at)
        if after != before:
            self._patience.write(stream, after)
        return _Tended(answer, timedelta(0) if owing is None else now - owing)

    def _tell(self, stream: str, tended: _Tended) -> None:
        self._counts.most(Metric.WATERMARK_SECONDS, stream, max(0, int(tended.age.total_seconds())))
        if tended.answer is None:
            return
        if tended.answer.outcome is CanaryOutcome.ACCEPTED:
            self._counts.add(Metric.CANARIES, stream)
            return
        extra = {"stream": stream, "outcome": tended.answer.outcome.value, "why": tended.answer.why}
        self._logger.warning("canary not accepted", extra=extra)
