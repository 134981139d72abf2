"""Asks Postroad's tables sparingly: the emulated cloud is slow, and its first duty is to the stack.

Answers are remembered for some seconds, failures too, and no page waits long for one.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from postroad.local.simulator.records import Examined, Records, RecordsUnavailableError, newest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from postroad.ledger.row import Row
    from postroad.suppression.model import Suppression

FRESH_SECONDS = 2.0
SCAN_EVERY_SECONDS = 4.0
COOL_OFF_SECONDS = 3.0
PATIENCE_SECONDS = 2.5
MOST_REMEMBERED = 20_000
MOST_TEMPLATES_ASKED = 1000
MOST_LISTED = 1000
SLOW = "Postroad's tables have not answered yet."
THREADS = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """Rows by message id; `trouble` says in one line why there may be fewer than there are."""

    rows: Mapping[str, Row]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """What was not sent, newest first; `cut` says in one line why there may be more."""

    rows: Sequence[Row] = ()
    cut: str = ""
    trouble: str = ""


class WatchedRecords:
    """What pages ask for. It raises nothing: what can't be read is missing, and `trouble` says why."""

    def __init__(
        self,
        records: Records,
        *,
        seconds: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
        most_listed: int = MOST_LISTED,
    ) -> None:
        """Keep threads of its own, so that a slow table never keeps the SES endpoint waiting."""
        self._records = records
        self._seconds = seconds
        self._patience = patience
        self._most_listed = most_listed
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="inbox-records")
        self._rows: OrderedDict[str, tuple[float, Row | None]] = OrderedDict()
        self._not_sent = NotSent()
        self._scanned_at = -SCAN_EVERY_SECONDS
        self._scan: Future[Examined] | None = None
        self._trouble = ""
        self._trouble_until = 0.0

    async def rows(self, message_ids: Iterable[str], *, fresh: bool = True) -> Known:
        """Return what is known of these messages: read anew if it is older than two seconds.

        With `fresh` False, what was ever found is good enough: a message's template and stream never change.
        """
        wanted = [each for each in dict.fromkeys(message_ids) if each]
        now = self._seconds()
        asked = [each for each in wanted if self._is_stale(each, now, fresh=fresh)]
        asked, more = asked[:MOST_TEMPLATES_ASKED], len(asked) > MOST_TEMPLATES_ASKED
        trouble = "Not all messages could be looked up at once; look again." if more else ""
        if asked:
            found, trouble_now = await self._ask(lambda: self._records.rows(asked))
            trouble = trouble_now or trouble
            if found is not None:
                self._remember({each: found.get(each) for each in asked})
        known = {each: row for each in wanted if (row := self._rows.get(each, (0.0, None))[1]) is not None}
        return Known(known, trouble)

    async def not_sent(self) -> NotSent:
        """Return what was not sent, looked up at most every few seconds, by one look at a time."""
        if self._seconds() - self._scanned_at >= SCAN_EVERY_SECONDS:
            if self._scan is None or self._scan.done():
                self._scan = self._threads.submit(self._records.not_sent)
            looking = self._wait(self._scan)
            found, trouble = await looking
            if found is None:
                return NotSent(self._not_sent.rows, self._not_sent.cut, trouble)
            self._scanned_at = self._seconds()
            rows = newest_first(found.rows)
            self._remember({row.message_id: row for row in rows[:MOST_REMEMBERED]})
            self._not_sent = NotSent(rows[: self._most_listed], self._cut(rows, whole=found.whole))
        return self._not_sent

    async def suppression(self, address_key: str) -> tuple[Suppression | None, str]:
        """Return what stops an address, and what kept it from being read."""
        return await self._ask(lambda: self._records.suppression(address_key))

    def templates(self) -> list[str]:
        """Name the templates that have been seen, in order."""
        return sorted({row.template for _, row in self._rows.values() if row is not None and row.template})

    def _cut(self, rows: Sequence[Row], *, whole: bool) -> str:
        if not whole:
            return "The table holds more messages than are looked at here: use `postroad why` for the others."
        if len(rows) > self._most_listed:
            return f"Only the newest {self._most_listed:,} of {len(rows):,} are listed."
        return ""

    def _is_stale(self, message_id: str, now: float, *, fresh: bool) -> bool:
        if message_id not in self._rows:
            return True
        read_at, row = self._rows[message_id]
        return (fresh or row is None) and now - read_at >= FRESH_SECONDS

    def _remember(self, found: Mapping[str, Row | None]) -> None:
        now = self._seconds()
        for message_id, row in found.items():
            self._rows[message_id] = (now, row)
            self._rows.move_to_end(message_id)
        while len(self._rows) > MOST_REMEMBERED:
            self._rows.popitem(last=False)

    async def _ask(self, call: Callable[[], T]) -> tuple[T | None, str]:
        if self._seconds() < self._trouble_until:
            return None, self._trouble
        return await self._wait(self._threads.submit(call))

    async def _wait(self, answer: Future[T]) -> tuple[T | None, str]:
        try:
            # Shielded: a look that takes longer than this page waits may still serve the next one.
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), self._patience), ""
        except TimeoutError:
            trouble = SLOW
        except RecordsUnavailableError as why:
            trouble = str(why)
        self._trouble, self._trouble_until = trouble, self._seconds() + COOL_OFF_SECONDS
        return None, trouble
