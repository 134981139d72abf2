"""The threads of one process. Pure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")


class Threads:
    """A fixed number of threads, made as they are needed and kept for the next batch."""

    def __init__(self, count: int) -> None:
        """Have so many at most."""
        self.count = count
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix="send")

    def begin(self, work: Callable[[Item], Result], item: Item) -> Future[Result]:
        """Begin this work, and return at once."""
        return self._pool.submit(work, item)

    def each(self, work: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Do this work with each, and return when all of it has ended; then raise what one raised."""
        futures = [self._pool.submit(work, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()
