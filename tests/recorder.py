"""What the simulator published, in a test: the events, and nobody who is told of them."""

from collections.abc import Iterable
from concurrent.futures import Future

from postroad.local.simulator.mail import SesEvent


class Recorder:
    """Stands in for the publisher."""

    def __init__(self) -> None:
        self.events: list[SesEvent] = []

    def submit(self, events: Iterable[SesEvent]) -> "Future[int]":
        self.events.extend(events)
        done: Future[int] = Future()
        done.set_result(0)
        return done

    def counts(self) -> dict[str, int]:
        return {"published": len(self.events), "waiting": 0, "retried": 0, "given_up": 0}
