"""Asks Postroad's tables sparingly: the emulated cloud is slow, and its first duty is to the stack.

Answers are remembered for some seconds, failures too, and no page waits long for one.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from postroad.local.simulator.records import Examined, Records, RecordsUnavailableError, newest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from postroad.ledger.row import Row
    from postroad.suppression.model import Suppression

FRESH_SECONDS = 2.0
SCAN_EVERY_SECONDS = 4.0
SCAN_RESTS = 4
"""How many times as long as it took a look at the whole table rests: a slow cloud has other work to do."""
LONGEST_REST_SECONDS = 60.0
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


@dataclass(frozen=True, slots=True)
class _Look:
    """How a look at the whole table went, and from when on (by `seconds`) another may follow."""

    found: Examined | None
    trouble: str
    again_at: float


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
        self._scan_again_at = -math.inf
        self._scan: Future[_Look] | None = None
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
        self._take_look()
        if self._scan is None and self._seconds() >= self._scan_again_at:
            self._scan = self._threads.submit(self._look)
        if self._scan is not None:
            # Not cancelled: a look that takes longer than this page waits serves the next one.
            await asyncio.wait([asyncio.wrap_future(self._scan)], timeout=self._patience)
            self._take_look()
        return self._not_sent if self._scan is None else replace(self._not_sent, trouble=SLOW)

    async def suppression(self, address_key: str) -> tuple[Suppression | None, str]:
        """Return what stops an address, and what kept it from being read."""
        return await self._ask(lambda: self._records.suppression(address_key))

    def templates(self) -> list[str]:
        """Name the templates that have been seen, in order."""
        return sorted({row.template for _, row in self._rows.values() if row is not None and row.template})

    def close(self) -> None:
        """Begin nothing more: what waits for a thread is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> _Look:
        """Look at the whole table, in a thread."""
        began, found, trouble = self._seconds(), None, ""
        try:
            found = self._records.not_sent()
        except RecordsUnavailableError as why:
            trouble = str(why)
        ended = self._seconds()
        rest = min(LONGEST_REST_SECONDS, max(SCAN_EVERY_SECONDS, SCAN_RESTS * (ended - began)))
        return _Look(found, trouble, ended + rest)

    def _take_look(self) -> None:
        """Take over what a finished look has found, if there is one."""
        if self._scan is None or not self._scan.done():
            return
        scan, self._scan = self._scan, None
        look = scan.result()
        self._scan_again_at = look.again_at
        if look.found is None:
            self._not_sent = replace(self._not_sent, trouble=look.trouble)
            return
        rows = newest_first(look.found.rows)
        self._remember({row.message_id: row for row in rows[:MOST_REMEMBERED]})
        self._not_sent = NotSent(rows[: self._most_listed], self._cut(rows, whole=look.found.whole))

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
        answer = self._threads.submit(call)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(answer)), self._patience), ""
        except TimeoutError:
            trouble = SLOW
        except RecordsUnavailableError as why:
            trouble = str(why)
        finally:
            answer.cancel()  # if it still waits for a thread: nobody waits for its answer any more
        self._trouble, self._trouble_until = trouble, self._seconds() + COOL_OFF_SECONDS
        return None, trouble
