import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from postroad.ledger.row import Row
from postroad.local.simulator.records import Examined, MemoryRecords, latest_time, newest_first
from postroad.local.simulator.web.watched import (
    COOL_OFF_SECONDS,
    FRESH_SECONDS,
    SCAN_EVERY_SECONDS,
    SLOW,
    THREADS,
    WatchedRecords,
)
from tests.unit.simulator.inbox_world import NOW, refused_row, sent_row

Look = tuple[str, list[Row]]


class Watch:
    """Records behind a clock that a test moves."""

    def __init__(self, records: MemoryRecords | None = None, *, patience: float = 5.0) -> None:
        self.records = records or MemoryRecords()
        self.seconds = 100.0
        self.watched = WatchedRecords(self.records, seconds=lambda: self.seconds, patience=patience)

    def rows(self, *ids: str, fresh: bool = True) -> list[str]:
        return sorted(asyncio.run(self.watched.rows(ids, fresh=fresh)).rows)

    def trouble(self, *ids: str) -> str:
        return asyncio.run(self.watched.rows(ids)).trouble


def test_a_row_is_read_again_after_two_seconds() -> None:
    watch = Watch()
    watch.records.add(sent_row(1))
    for _ in range(5):
        assert watch.rows("order-1") == ["order-1"]
    assert watch.records.calls == 1
    watch.seconds += FRESH_SECONDS
    watch.rows("order-1")
    assert watch.records.calls == 2
    watch.seconds += FRESH_SECONDS
    watch.rows("order-1", fresh=False)
    assert watch.records.calls == 2, "its template does not change"


def test_a_row_that_was_missing_is_looked_for_again() -> None:
    watch = Watch()
    assert watch.rows("order-1") == []
    watch.records.add(sent_row(1))
    assert watch.rows("order-1", fresh=False) == []
    watch.seconds += FRESH_SECONDS
    assert watch.rows("order-1", fresh=False) == ["order-1"]


def test_mails_of_nobody_ask_for_nothing() -> None:
    watch = Watch()
    assert watch.rows("", "") == []
    assert watch.records.calls == 0


def test_trouble_is_told_and_not_asked_for_again_at_once() -> None:
    watch = Watch(MemoryRecords(trouble="They are gone."))
    assert [watch.trouble("order-1") for _ in range(3)] == ["They are gone."] * 3
    assert watch.records.calls == 1
    watch.records.trouble = ""
    watch.seconds += COOL_OFF_SECONDS
    assert watch.trouble("order-1") == ""


def test_thousands_of_templates_are_looked_up_in_parts() -> None:
    watch = Watch()
    watch.records.add(*(sent_row(number) for number in range(2500)))
    ids = [f"order-{number}" for number in range(2500)]
    assert watch.rows(*ids, fresh=False) == sorted(ids[:1000])
    assert "look again" in asyncio.run(watch.watched.rows(ids, fresh=False)).trouble
    assert watch.rows(*ids, fresh=False) == sorted(ids)


async def looks(look: Callable[[], Awaitable[Look]]) -> AsyncIterator[Look]:
    """Look again and again."""
    for _ in range(500):
        yield await look()
        await asyncio.sleep(0.01)


class Slow(MemoryRecords):
    """Answers when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def not_sent(self) -> Examined:
        self.go_on.wait(10)
        return super().not_sent()


def test_a_slow_table_keeps_no_page_waiting_and_is_asked_once() -> None:
    slow = Slow()
    slow.add(refused_row(1))
    watch = Watch(slow, patience=0.05)

    async def look() -> Look:
        found = await watch.watched.not_sent()
        return found.trouble, list(found.rows)

    async def story() -> None:
        assert await look() == (SLOW, [])
        assert await look() == (SLOW, [])
        slow.go_on.set()
        assert await anext(found async for found in looks(look) if not found[0]) == ("", [refused_row(1)])
        assert slow.calls == 1

    asyncio.run(story())


def test_a_look_that_outlasts_its_page_serves_the_next() -> None:
    slow = Slow()
    slow.add(refused_row(1), sent_row(2))
    watch = Watch(slow, patience=0.05)

    async def story() -> None:
        assert (await watch.watched.not_sent()).trouble == SLOW
        assert (await watch.watched.rows(["order-2"])).trouble == "", "one slow look stops no other question"
        slow.go_on.set()
        look = watch.watched._scan
        assert look is not None
        await asyncio.wrap_future(look)
        assert (await watch.watched.not_sent()).rows == [refused_row(1)]
        assert slow.calls == 2

    asyncio.run(story())


def test_a_look_that_fails_is_not_tried_again_at_once() -> None:
    watch = Watch(MemoryRecords(trouble="They are gone."))
    for _ in range(5):
        assert asyncio.run(watch.watched.not_sent()).trouble == "They are gone."
    assert watch.records.calls == 1
    watch.records.trouble = ""
    watch.seconds += SCAN_EVERY_SECONDS
    assert asyncio.run(watch.watched.not_sent()).trouble == ""


def test_a_long_look_rests_longer() -> None:
    watch = Watch()
    watch.records = watch.watched._records = TakesSeconds(watch)
    asyncio.run(watch.watched.not_sent())
    watch.seconds += 2 * SCAN_EVERY_SECONDS
    asyncio.run(watch.watched.not_sent())
    assert watch.records.calls == 1
    watch.seconds += 2 * SCAN_EVERY_SECONDS
    asyncio.run(watch.watched.not_sent())
    assert watch.records.calls == 2


class TakesSeconds(MemoryRecords):
    """Looks for four seconds by the clock of a test."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def not_sent(self) -> Examined:
        self.watch.seconds += 4
        return super().not_sent()


class Stuck(MemoryRecords):
    """Answers no question about rows until a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def rows(self, message_ids: Sequence[str]) -> Mapping[str, Row]:
        self.go_on.wait(10)
        return super().rows(message_ids)


def test_questions_that_nobody_waits_for_are_not_asked() -> None:
    stuck = Stuck()
    watch = Watch(stuck, patience=0.1)

    async def story() -> None:
        await asyncio.gather(*(watch.watched.rows([f"order-{number}"]) for number in range(50)))

    asyncio.run(story())
    stuck.go_on.set()
    watch.watched._threads.shutdown()
    assert stuck.calls == THREADS


def test_nothing_begins_after_the_end() -> None:
    stuck = Stuck()
    watch = Watch(stuck, patience=5)

    async def story() -> None:
        asked = [asyncio.create_task(watch.watched.rows([f"order-{number}"])) for number in range(50)]
        await asyncio.sleep(0.05)
        watch.watched.close()
        stuck.go_on.set()
        await asyncio.wait(asked)

    asyncio.run(story())
    assert stuck.calls == THREADS


def test_rows_without_times_come_last() -> None:
    timeless = refused_row(9, times={})
    assert newest_first([timeless, refused_row(1), refused_row(2)]) == [
        refused_row(2),
        refused_row(1),
        timeless,
    ]
    assert latest_time(timeless) is None
    assert latest_time(refused_row(0)) == NOW
