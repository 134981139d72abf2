"""How far the watermark may go, by the objects that exist and those that have been applied. Pure.

An object counts only when every object whose key's time isn't later than its own is applied: keys of one
second sort at random, so those of its own second are taken for predecessors. Objects overlap in time, since
Firehose fills several at once: so no watermark passes the time of the oldest object that is not applied, as
its records arrived at that time or later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.evidence.object_keys import time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What the objects allow.

    `watermarks` maps a stream to the Send time up to which its events are applied. `frontier` is the time of
    the newest object that counts, None if none does. `unapplied` are the objects that hold the rest back,
    with their times, oldest first.
    """

    watermarks: Mapping[str, datetime]
    frontier: datetime | None
    unapplied: tuple[tuple[datetime, str], ...]


def judge(
    keys: Iterable[str], applied: Mapping[str, Mapping[str, datetime]], *, since: datetime | None
) -> Advance:
    """Judge the objects whose key's time is `since` or later; `applied` holds each one's newest Send times.

    Keys without a time aren't Firehose's, and say nothing.
    """
    timed = sorted((at, key) for key in keys if (at := time_of(key)) is not None)
    timed = [(at, key) for at, key in timed if since is None or at >= since]
    unapplied = tuple((at, key) for at, key in timed if key not in applied)
    oldest = unapplied[0][0] if unapplied else None
    counting = [(at, key) for at, key in timed if oldest is None or at < oldest]
    watermarks: dict[str, datetime] = {}
    for _, key in counting:
        for stream, newest in applied[key].items():
            allowed = newest if oldest is None else min(newest, oldest)
            watermarks[stream] = max(allowed, watermarks.get(stream, allowed))
    return Advance(
        watermarks=watermarks,
        frontier=counting[-1][0] if counting else None,
        unapplied=unapplied,
    )
