"""What the listeners need of whatever publishes events."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from postroad.local.simulator.deployed import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postroad.local.simulator.deployed import EventPath
    from postroad.local.simulator.mail import SesEvent


class EventPublisher(Protocol):
    """Publishes each event to the destinations that asked for it, when it is due, and keeps no caller."""

    def submit(self, events: Iterable[SesEvent]) -> Future[int]:
        """Queue events; the future ends, with the number given up, once all are settled."""
        ...

    def counts(self) -> dict[str, int]:
        """Tell how many were published, wait, were retried, and were given up, by these words.

        An event that two destinations asked for counts twice.
        """
        ...


class ByPath:
    """Hands each event to the publisher of the path that leads to its destination."""

    def __init__(self, publishers: Mapping[EventPath, EventPublisher]) -> None:
        """Take one publisher for each path."""
        self._publishers = publishers

    def submit(self, events: Iterable[SesEvent]) -> Future[int]:
        """Queue events on each path; the future ends once they are settled on all of them."""
        made = [*events]
        futures = [
            publisher.submit(on_path(made, path))  # only what this path carries
            for path, publisher in self._publishers.items()
        ]
        return _all_of(futures)

    def counts(self) -> dict[str, int]:
        """Add up what the paths count."""
        words = ("published", "waiting", "retried", "given_up")
        every = [publisher.counts() for publisher in self._publishers.values()]
        return {word: sum(counts[word] for counts in every) for word in words}


def on_path(events: Iterable[SesEvent], path: EventPath) -> list[SesEvent]:
    """Return the events that this path carries, each with its destinations there alone."""
    narrowed = [
        replace(event, destinations=tuple(each for each in event.destinations if path_of(each) is path))
        for event in events
    ]
    return [event for event in narrowed if event.destinations]


def _all_of(futures: Sequence[Future[int]]) -> Future[int]:
    """Return a future that ends with the sum of these."""
    whole: Future[int] = Future()
    left, lock = len(futures), threading.Lock()

    def one_more(_: Future[int]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = not left
        if last:
            whole.set_result(sum(each.result() for each in futures))

    for each in futures:
        each.add_done_callback(one_more)
    return whole
