from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

import pytest

from postroad.client import NotEnqueued, NotSent, Receipt
from postroad.contract.words import Status
from postroad.load.enqueueing import Pace, Tally, enqueue
from postroad.load.making import Made


class FakeQueue:
    def __init__(self, refused: frozenset[str] = frozenset()) -> None:
        self.requests: list[list[str]] = []
        self._refused = refused
        self._lock = threading.Lock()

    def enqueue_many(self, messages: Iterable[Mapping[str, object]], /) -> list[Receipt]:
        ids = [str(message["message_id"]) for message in messages]
        with self._lock:
            self.requests.append(ids)
        missing = [
            NotSent(index, each, "SQS refused it: Boom")
            for index, each in enumerate(ids)
            if each in self._refused
        ]
        receipts = [Receipt(each, f"sqs-{each}") for each in ids if each not in self._refused]
        if missing:
            raise NotEnqueued(missing, receipts)
        return receipts


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


def messages(count: int, stream: str = "transactional", prefix: str = "m") -> Iterator[Made]:
    for number in range(count):
        message_id = f"{prefix}{number}"
        yield Made({"message_id": message_id}, message_id, stream, Status.DELIVERED)


def run(
    made: Iterator[Made],
    queues: Mapping[str, FakeQueue],
    *,
    rate: float | None = None,
    time: Time | None = None,
) -> tuple[Tally, list[int]]:
    tally, shown, clock = Tally(), list[int](), time or Time()
    enqueue(
        made,
        queues,
        pace=Pace(rate, clock.now, clock.pause),
        threads=4,
        tally=tally,
        show=shown.append,
    )
    return tally, shown


def test_all_are_enqueued_ten_a_request() -> None:
    queue = FakeQueue()
    tally, shown = run(messages(1234), {"transactional": queue})
    assert sorted(each for request in queue.requests for each in request) == sorted(
        f"m{number}" for number in range(1234)
    )
    assert len(queue.requests) == 124
    assert (tally.messages, tally.copies, tally.not_enqueued, shown[-1]) == (1234, 0, 0, 1234)
    assert set(tally.expected.values()) == {Status.DELIVERED}


def test_each_stream_has_its_queue() -> None:
    queues = {"transactional": FakeQueue(), "marketing": FakeQueue()}
    mixed = [each for pair in zip(messages(30), messages(30, "marketing", "n"), strict=True) for each in pair]
    run(iter(mixed), queues)
    assert {each[0] for request in queues["transactional"].requests for each in request} == {"m"}
    assert {each[0] for request in queues["marketing"].requests for each in request} == {"n"}
    assert [len(request) for request in queues["marketing"].requests] == [10, 10, 10]


@pytest.mark.parametrize("rate", [0.5, 14.0, 100.0, 5000.0])
def test_a_rate_is_kept_evenly(rate: float) -> None:
    time = Time()
    count = max(2, int(rate * 4))
    tally, _ = run(messages(count), {"transactional": FakeQueue()}, rate=rate, time=time)
    # The last turn leaves when those before it have had their time.
    assert time.seconds == pytest.approx(count / rate, abs=max(0.2, 1 / rate))
    assert max(time.pauses) <= max(0.2, 1 / rate) + 1e-9
    assert tally.messages == count


def test_second_copies_are_counted_apart() -> None:
    (first,) = messages(1)
    again = Made(first.message, first.message_id, first.stream, first.expected, again=True)
    tally, _ = run(iter([first, again]), {"transactional": FakeQueue()})
    assert (tally.messages, tally.copies, tally.enqueued, len(tally.expected)) == (1, 1, 2, 1)


def test_what_sqs_does_not_take_is_counted_with_its_reason() -> None:
    tally, _ = run(messages(40), {"transactional": FakeQueue(frozenset({"m3", "m17"}))})
    assert (tally.messages, tally.not_enqueued) == (38, 2)
    assert tally.why == {"SQS refused it: Boom": 2}
    assert not tally.stopped
    assert "m3" not in tally.expected


def test_it_ends_when_a_whole_request_is_refused() -> None:
    everything = frozenset(f"m{number}" for number in range(10_000))
    queue = FakeQueue(everything)
    tally, _ = run(messages(10_000), {"transactional": queue})
    assert tally.stopped
    assert tally.messages == 0
    assert len(queue.requests) < 100


def test_an_interrupt_leaves_the_count_right() -> None:
    queue = FakeQueue()

    def interrupted() -> Iterator[Made]:
        yield from messages(200)
        raise KeyboardInterrupt

    tally = Tally()
    time = Time()
    with pytest.raises(KeyboardInterrupt):
        enqueue(
            interrupted(),
            {"transactional": queue},
            pace=Pace(None, time.now, time.pause),
            threads=2,
            tally=tally,
            show=lambda _done: None,
        )
    assert tally.messages == sum(len(request) for request in queue.requests) == 200
