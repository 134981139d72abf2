"""Watches what becomes of the messages of a load test: asks the ledger until all have come to rest."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.contract.words import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row

AT_A_TIME = 1000
"""Rows of one look: ten BatchGetItem requests. What was enqueued first comes to rest first, as a rule."""
PAUSE_SECONDS = 1.0
NO_ROW = "on its queue"


@dataclass(slots=True)
class Seen:
    """What became of one stream's messages.

    `waited` holds the seconds from the queue to SES of each mail that was sent and not scheduled; the first
    and the last are of these too.
    """

    by_status: Counter[str] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)
    first_sent: datetime | None = None
    last_sent: datetime | None = None

    @property
    def sent_per_second(self) -> float | None:
        """The mails between the first and the last that SES took, by the second; None where it was one."""
        if self.first_sent is None or self.last_sent is None or self.last_sent == self.first_sent:
            return None
        return (len(self.waited) - 1) / (self.last_sent - self.first_sent).total_seconds()

    def waited_at(self, share: float) -> float | None:
        """Return the seconds within which this share of the mails was sent; None if none was."""
        if not self.waited:
            return None
        ordered = sorted(self.waited)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass(slots=True)
class Watched:
    """What became of them all, by stream; `otherwise` counts those that ended as nobody wanted."""

    streams: dict[str, Seen] = field(default_factory=dict)
    otherwise: Counter[str] = field(default_factory=Counter)
    under_way: int = 0


def watch(
    ledger: Ledger,
    expected: Mapping[str, Status],
    *,
    under_way: Collection[Status],
    until: Callable[[float], bool],
    now: Callable[[], float],
    pause: Callable[[float], object],
    show: Callable[[int], object],
) -> Watched:
    """Ask for the rows until no message is `under_way` any more; `show` is told how many have come to rest.

    Gives up when `until` says so of the moment (by `now`) at which a message last came to rest. How a message
    should end is `expected` by its id. Raises the ledger's errors.
    """
    waiting = deque(expected)
    last_change = now()
    found = Watched()
    latest: dict[str, Row] = {}
    while waiting:
        asked = [waiting.popleft() for _ in range(min(AT_A_TIME, len(waiting)))]
        rows = ledger.get_many(asked)
        resting = [row for row in rows.values() if row.status not in under_way]
        for row in resting:
            _note(found, row, expected[row.message_id])
            latest.pop(row.message_id, None)
        done = {row.message_id for row in resting}
        latest.update((each, rows[each]) for each in asked if each in rows and each not in done)
        waiting.extend(each for each in asked if each not in done)
        show(len(expected) - len(waiting))
        if done:
            last_change = now()
        elif until(last_change):
            break
        if waiting and len(done) < len(asked) / 2:
            pause(PAUSE_SECONDS)
    _note_rest(found, waiting, latest)
    return found


def _note(found: Watched, row: Row, expected: Status) -> None:
    _count(found, row)
    if row.status is not expected:
        reason = f" ({row.reason})" if row.reason else ""
        found.otherwise[f"{row.status}{reason} instead of {expected}"] += 1


def _note_rest(found: Watched, waiting: Sequence[str], latest: Mapping[str, Row]) -> None:
    """Count what has not come to rest, as it was last seen."""
    found.under_way = len(waiting)
    for message_id in waiting:
        row = latest.get(message_id)
        if row is not None:
            _count(found, row)
        found.otherwise[f"still {row.status if row is not None else NO_ROW}"] += 1


def _count(found: Watched, row: Row) -> None:
    seen = found.streams.setdefault(row.stream, Seen())
    seen.by_status[row.status.value] += 1
    sent, accepted = row.times.get(Status.SENT), row.times.get("accepted")
    # What was scheduled waits on purpose: its time would say nothing of the stage.
    if sent is None or accepted is None or Status.SCHEDULED in row.times:
        return
    seen.waited.append((sent - accepted).total_seconds())
    seen.first_sent = sent if seen.first_sent is None else min(seen.first_sent, sent)
    seen.last_sent = sent if seen.last_sent is None else max(seen.last_sent, sent)
