"""How many copies of send, batches of which size, and threads: what follows from the account's rate. Pure.

The arithmetic, for a stage whose rate is R mails a second (the account's, times `account_share`):

    copies  = R / what one copy is planned to send, at least 2          Lambda's least MaximumConcurrency is 2
    share   = what a stream is sure of while all have a backlog         see `shares`
    batch   = 30 s × share / copies, at most 100                        copies × batch / share ≤ 30 s
    threads = R × 0.5 s, from 10 to 50, at most the batch               what is granted leaves within 0.5 s
    memory  = the CPU that R / copies mails a second take, twice        1,769 MB are one vCPU

Messages in a run wait in place for their turn. The third line keeps them from waiting longer than 30 seconds,
or than the function's timeout leaves: those whose turn doesn't come go back to the queue, and each way back
is one of the 100 receives after which SQS calls a message dead. Sources: "Using Lambda with Amazon SQS" in
Lambda's guide (concurrency 2 to 1,000; a batch over 10 needs a window of 1 second), "Configure memory".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import TYPE_CHECKING

from postroad.governor.pace import SECOND, USUAL_WINDOW, pace_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FROM_THE_RATE = "from the rate"
"""What the reference calls the default of a key that is decided here; `doctor limits` has numbers."""
ASSUMED_RATE = 1.0
"""Mails a second where `aws.ses_rate_per_second` is not set: a new account's, in the sandbox. Small batches
work at any rate, and large ones at a small rate don't."""
WAIT_SECONDS = 30.0
"""The longest that a message waits in place, by construction."""
ABOUT = 1.001
"""What is asked of 30 seconds: slots are reckoned in whole microseconds, rounded up."""
START_SECONDS = 2.0
"""Of a run, before its first mail: imports at a cold start, and reading the stream's state."""
LEAST_ROOM_SECONDS = 5.0
"""For waiting: with less hardly a message has its turn; with none each goes to the dead letters unsent."""
AROUND_A_REQUEST_SECONDS = 1.0
"""What `sending.limits` adds to SES's two timeouts: no request begins later than that before a run's end."""

LEAST_COPIES, MOST_COPIES = 2, 1000
MOST_IN_A_BATCH = 100
"""More saves next to nothing: what is asked once for a batch is shared by 100 already."""
MOST_WITHOUT_WINDOW = 10
LEAST_THREADS, MOST_THREADS = 10, 50
"""Several at any rate, so that one slow answer keeps nobody waiting; past fifty a copy lacks CPU."""
SURE = 0.7
"""The part of their share that streams are sure of beside transactional ones, who borrow more than they lend.
With both at work without end, two copies each, they had 0.72 to 0.83 of it at 1 to 50 mails a second."""
BLOCK_SECONDS = USUAL_WINDOW / SECOND
"""What is granted leaves within about this time or not at all: more threads would find nothing to do."""

WALKS_PER_COPY = 25.0
"""Events, and walks that are due, which a copy of journeys is planned to take a second."""
MAIL_SECONDS = 0.1
"""A thread's time for a mail: SES answers in 40 to 60 ms, and claims and marks around it take the rest."""
MAIL_CPU_SECONDS = 0.003
"""Of one vCPU, for a mail; docs/reference/cost.md has what is measured."""
PLANNED = 0.5
"""The part of what a copy could do that it is planned for: gaps between runs, slow answers, other cores."""
EVENTS_OF_MAILS = 100
"""Mails a second whose events one copy of feedback is planned to apply, on each of its two ways."""
VCPU_MEBIBYTES = 1769
"""The memory that comes with one vCPU. Python uses no second one."""
LEAST_MEBIBYTES = 768
"""Python, the layer and templates take 100; attachments in flight 75, and thrice that as they are sent."""
MEMORY_STEP = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a stream's section says of itself; None is for the rate to decide."""

    is_transactional: bool
    maximum_concurrency: int | None = None
    batch_size: int | None = None
    batching_window_seconds: int | None = None
    threads: int | None = None

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The keys that are set."""
        return tuple(
            key
            for key in ("maximum_concurrency", "batch_size", "batching_window_seconds", "threads")
            if getattr(self, key) is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """A stream's function and its event source. `share` is in mails a second, with all streams at work."""

    maximum_concurrency: int
    batch_size: int
    batching_window_seconds: int
    threads: int
    memory_mebibytes: int
    share: float

    @property
    def in_flight(self) -> int:
        """The most messages in all copies together."""
        return self.maximum_concurrency * self.batch_size

    @property
    def wait_seconds(self) -> float:
        """How long the last of them waits for its turn; infinite where the stream has no share."""
        return waiting(self.in_flight, self.share)

    @property
    def most_per_second(self) -> float:
        """What all copies together are planned to send, whatever the rate allows."""
        return self.maximum_concurrency * copy_per_second(self.threads, self.memory_mebibytes)


def room_seconds(*, timeout: float, connect_timeout: float, read_timeout: float) -> float:
    """Return how long messages may wait in a run of that timeout: 30 seconds, if it leaves as much."""
    left = timeout - START_SECONDS - (connect_timeout + read_timeout + AROUND_A_REQUEST_SECONDS)
    return max(0.0, min(WAIT_SECONDS, left))


def waiting(in_flight: int, share: float) -> float:
    """Return the seconds until so many messages have left at `share` a second."""
    return in_flight / share if share > 0 else inf


def copy_per_second(threads: int, memory_mebibytes: int) -> float:
    """Return the mails a second that one copy is planned to send: threads or CPU, whichever is less."""
    vcpu = min(1.0, memory_mebibytes / VCPU_MEBIBYTES)
    return PLANNED * min(threads / MAIL_SECONDS, vcpu / MAIL_CPU_SECONDS)


def usable(rate: float) -> float:
    """Return what the governor grants of a rate: all of it from 1.7 a second on, and some less below."""
    pace = pace_of(rate)
    return pace.most * SECOND / pace.longest


def shares(
    copies: Mapping[str, int], transactional: frozenset[str], *, rate: float, transactional_share: float
) -> dict[str, float]:
    """Return what each stream is sure of, a second, while all have a backlog.

    Transactional streams have their share of the rate, all others most of the rest, and whoever is alone has
    all of it. Within a share it goes copy for copy. What somebody doesn't use the others have on top.
    """
    first = sum(copies[name] for name in transactional)
    others = sum(copies.values()) - first
    own = transactional_share if others else 1.0
    rest = (1 - transactional_share) * SURE if first else 1.0
    whole = usable(rate)
    return {
        name: whole * (own * count / first if name in transactional else rest * count / others)
        for name, count in copies.items()
    }


def sizes(
    streams: Mapping[str, Wanted], *, rate: float, transactional_share: float, room: float
) -> dict[str, Sizing]:
    """Size the streams of a stage that has `rate` mails a second and `room` seconds to wait in a run.

    What a section sets is taken as it is, even where it breaks the arithmetic: `sizing_rules` judges that.
    """
    copies = {name: wanted.maximum_concurrency or _copies(rate) for name, wanted in streams.items()}
    transactional = frozenset(name for name, wanted in streams.items() if wanted.is_transactional)
    each = shares(copies, transactional, rate=rate, transactional_share=transactional_share)
    return {
        name: _size(wanted, copies[name], rate=rate, share=each[name], room=room)
        for name, wanted in streams.items()
    }


def fits(wait: float, room: float) -> bool:
    """Say whether messages that wait so long have their turn within `room`."""
    return wait <= room * ABOUT


def most_in_a_batch(copies: int, share: float, room: float) -> int:
    """Return the batch that copies can send within `room`; 1 at least, for there is no smaller one."""
    return max(1, floor(room * ABOUT * share / copies))


def feedback_copies(rate: float) -> int:
    """Return how many copies of feedback apply the events of so many mails a second, on either way."""
    return _within_lambda(rate / EVENTS_OF_MAILS)


def journeys_copies(rate: float) -> int:
    """Return how many copies of journeys lead walks on as fast as so many mails a second leave."""
    return _within_lambda(rate / WALKS_PER_COPY)


def _copies(rate: float) -> int:
    """Return how many copies send the whole rate: a stream may have it to itself."""
    return _within_lambda(rate / copy_per_second(MOST_THREADS, VCPU_MEBIBYTES))


def _within_lambda(copies: float) -> int:
    return min(MOST_COPIES, max(LEAST_COPIES, ceil(copies)))


def _size(wanted: Wanted, copies: int, *, rate: float, share: float, room: float) -> Sizing:
    batch = wanted.batch_size
    if batch is None:
        batch = min(MOST_IN_A_BATCH, most_in_a_batch(copies, share, room))
        if wanted.batching_window_seconds == 0:
            batch = min(batch, MOST_WITHOUT_WINDOW)
    window = wanted.batching_window_seconds
    if window is None:
        window = 1 if batch > MOST_WITHOUT_WINDOW else 0
    threads = wanted.threads
    if threads is None:
        threads = min(batch, max(LEAST_THREADS, min(MOST_THREADS, ceil(rate * BLOCK_SECONDS))))
    return Sizing(
        maximum_concurrency=copies,
        batch_size=batch,
        batching_window_seconds=window,
        threads=threads,
        memory_mebibytes=_memory(rate / copies),
        share=share,
    )


def _memory(mails_per_second: float) -> int:
    """Return the memory whose CPU sends so much: less makes runs longer, more costs while they wait."""
    needed = mails_per_second * MAIL_CPU_SECONDS / PLANNED * VCPU_MEBIBYTES
    stepped = ceil(max(LEAST_MEBIBYTES, needed) / MEMORY_STEP) * MEMORY_STEP
    return min(VCPU_MEBIBYTES, stepped)
