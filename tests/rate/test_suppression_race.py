"""A bounce is applied while 500 mails to its address wait: it stops each whose check starts after the write.

The write is the real one of `feedback`, and the mails go through the real `send`. First the bounce is put at
every other check, on either side of its reading; then processes and feedback race in threads.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from postroad.contract.words import Reason, Status
from postroad.feedback.applying import Applying
from postroad.feedback.reading import read_event
from postroad.ledger.memory import MemoryLedger
from postroad.observability import Counts
from postroad.suppression.memory import MemorySuppressions
from tests.sending_world import SECRET, SETTINGS, World, make_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postroad.errors import TransientError
    from postroad.ledger.row import Row
    from postroad.suppression.model import Suppression

pytestmark = pytest.mark.slow

MAILS = 500
BATCH = 100
AT_ONCE = 20
CHECKS = MAILS // AT_ONCE
EMAIL = "ana.ruiz@example.com"
BOUNCE = (Path(__file__).parents[1] / "events" / "bounce_permanent_general.json").read_text("utf-8")


class Ticks:
    """Numbers what happens, in the one order in which it happened."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def tick(self) -> int:
        with self._lock:
            return next(self._numbers)


class Watched(MemorySuppressions):
    """Suppressions that note when a check starts and when the bounce's write is done.

    `before` and `after` are called with the number of the check: before it reads, and when it has read.
    """

    def __init__(self, ticks: Ticks) -> None:
        super().__init__()
        self._ticks = ticks
        self._own = threading.local()
        self._checks = itertools.count(1)
        self.written: int | None = None
        self.before: Callable[[int], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None

    @property
    def last_check(self) -> int:
        """When this thread's latest check started."""
        started: int = self._own.started
        return started

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        if not threading.current_thread().name.startswith("sender"):
            return super().find(address_keys)
        number = next(self._checks)
        self.before(number)
        self._own.started = self._ticks.tick()
        found = super().find(address_keys)
        self.after(number)
        return found

    def note_written(self) -> None:
        self.written = self._ticks.tick()


class CheckedLedger(MemoryLedger):
    """Notes of each message when the check started on which its row was entered."""

    def __init__(self, suppressions: Watched) -> None:
        super().__init__()
        self._suppressions = suppressions
        self.checked: dict[str, int] = {}

    def insert_many(self, rows: Sequence[Row]) -> list[Row | TransientError | None]:
        self.checked |= dict.fromkeys((row.message_id for row in rows), self._suppressions.last_check)
        return super().insert_many(rows)


@dataclass
class Race:
    """500 mails to one address, and feedback with a bounce of an earlier one."""

    def __post_init__(self) -> None:
        self.suppressions = Watched(Ticks())
        self.ledger = CheckedLedger(self.suppressions)
        self.settings = replace(SETTINGS, threads=AT_ONCE)
        self.world = World(settings=self.settings, ledger=self.ledger, suppressions=self.suppressions)

    def bounce(self) -> None:
        """Apply the bounce as the function `feedback` does."""
        applying = Applying(
            ledger=self.ledger,
            suppressions=self.suppressions,
            address_secret=SECRET,
            counts=Counts("test"),
            logger=Logger(service=f"feedback-{uuid4().hex}", stream=StringIO()),
            threads=1,
        )
        # In a thread of its own, for its reading is no sender's check.
        results: list[list[Exception | None]] = []
        events = read_event(json.loads(BOUNCE))
        thread = threading.Thread(target=lambda: results.append(applying.apply(events)), name="feedback")
        thread.start()
        thread.join()
        assert results == [[None]]
        self.suppressions.note_written()

    def send(self, numbers: range) -> None:
        """Send mails of these numbers, batch by batch, in a thread that counts as a process."""
        world = replace(self.world)
        for first in range(numbers.start, numbers.stop, BATCH):
            batch = range(first, min(first + BATCH, numbers.stop))
            messages = [make_message(f"mail-{number}", to={"email": EMAIL}) for number in batch]
            world.send(*messages)

    def in_threads(self, *work: Callable[[], None]) -> None:
        errors: list[BaseException] = []

        def guarded(one: Callable[[], None]) -> None:
            try:
                one()
            except BaseException as error:  # noqa: BLE001 - told by the thread that waits
                errors.append(error)

        threads = [
            threading.Thread(target=guarded, args=[one], name=f"sender-{number}")
            for number, one in enumerate(work)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []

    def judge(self) -> Counter[Status]:
        """Hold that each mail ended as its check says: stopped exactly if it started after the write."""
        written = self.suppressions.written
        assert self.world.errors == []
        assert written is not None, "the bounce was never applied"
        rows = [self.world.row(f"mail-{number}") for number in range(MAILS)]
        late = {row.message_id for row in rows if self.ledger.checked[row.message_id] > written}
        stopped = {row.message_id for row in rows if row.status is Status.SUPPRESSED}
        assert late <= stopped, "a check started after the write, and the mail was sent"
        assert {row.reason for row in rows if row.message_id in stopped} <= {Reason.HARD_BOUNCE}
        sent = len(self.world.mailer.mails)
        assert sent == MAILS - len(stopped) == sum(row.status is Status.SENT for row in rows)
        return Counter(row.status for row in rows)


@pytest.mark.parametrize("place", range(1, CHECKS + 1, 2))
def test_at_every_check_the_bounce_stops_that_one_and_all_after_it(place: int) -> None:
    race = Race()
    race.suppressions.before = lambda number: race.bounce() if number == place else None
    race.in_threads(lambda: race.send(range(MAILS)))
    found = race.judge()
    assert found[Status.SENT] == (place - 1) * AT_ONCE
    assert found[Status.SUPPRESSED] == MAILS - found[Status.SENT]


@pytest.mark.parametrize("place", range(1, CHECKS + 1, 2))
def test_right_after_a_reading_it_stops_all_but_that_one(place: int) -> None:
    race = Race()
    race.suppressions.after = lambda number: race.bounce() if number == place else None
    race.in_threads(lambda: race.send(range(MAILS)))
    assert race.judge()[Status.SENT] == place * AT_ONCE


@pytest.mark.parametrize("turn", range(5))
def test_among_processes_at_once_no_check_that_starts_after_the_write_lets_a_mail_go(turn: int) -> None:
    race = Race()
    begun = threading.Event()
    race.suppressions.before = lambda number: begun.set() if number > turn else None

    def feedback() -> None:
        begun.wait(10)
        race.bounce()

    half = MAILS // 2
    race.in_threads(feedback, lambda: race.send(range(half)), lambda: race.send(range(half, MAILS)))
    found = race.judge()
    assert found[Status.SENT] >= turn
    assert found.total() == MAILS
