"""The whole of `send` under a clock that nobody waits for: fast rates, overtaking, many processes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from postroad.contract.words import StreamKind
from postroad.governor.grant import Grant
from postroad.sending.memory import MemoryPostponement
from postroad.sending.ports import Rate
from tests.matrix.inline_threads import without_threads
from tests.rate_world import SES_SECONDS, Backlog, JitteryWays, Stage, work
from tests.virtual_time import VirtualTime

pytestmark = pytest.mark.slow

MARKETING, TRANSACTIONAL = StreamKind.MARKETING, StreamKind.TRANSACTIONAL
STORES_SECONDS = 0.02
"""What suppressions, claims and marks of a sub-batch take."""


@pytest.fixture(autouse=True)
def _inline() -> Iterator[None]:
    with without_threads():
        yield


@dataclass
class AfterRequests:
    """`Rate` that is asked once the requests of the last sub-batch have their answers."""

    rate: Rate
    time: VirtualTime

    def take(self, count: int, *, deadline: datetime) -> Grant:
        self.time.pause(STORES_SECONDS + SES_SECONDS)
        return self.rate.take(count, deadline=deadline)


@dataclass
class Walk:
    """A stage whose streams have backlogs, and processes that work them off."""

    rate: float
    time: VirtualTime = field(default_factory=VirtualTime)
    backlogs: dict[StreamKind, Backlog] = field(init=False)
    ses: JitteryWays = field(init=False)
    stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self.ses = JitteryWays(self.time)
        self.stage = Stage(self.ses, self.time, self.time.pause, self.rate)
        self.backlogs = {kind: Backlog(kind, self.time) for kind in StreamKind}

    def begin(self, kind: StreamKind, senders: int, batch: int) -> None:
        for number in range(senders):
            self.time.begin(lambda: self._send(kind, batch), after=number * 0.013)

    def _send(self, kind: StreamKind, batch: int) -> None:
        postponement = MemoryPostponement()
        process = self.stage.process(
            kind, postponement=postponement, rate_of=lambda rate: AfterRequests(rate, self.time)
        )
        while True:
            if not work(process, postponement, self.backlogs[kind], batch, seconds=60):
                self.time.pause(0.1)

    def hold(self) -> None:
        """Hold that nothing went wrong, and that SES would have refused nothing."""
        assert self.stage.errors == []
        assert self.stage.rightings == []
        assert self.ses.refused(self.rate) == 0


@pytest.mark.parametrize("senders", [1, 2, 5, 10])
def test_five_hundred_a_second_are_used_and_nothing_is_throttled(senders: int) -> None:
    walk = Walk(500)
    walk.backlogs[MARKETING].put(8000)
    walk.begin(MARKETING, senders, batch=200)
    walk.time.run(10)

    walk.hold()
    used = len(walk.ses.sent) / 5000
    slots = walk.stage.slots
    mails = len(walk.ses.sent)
    print(f"500/s, {senders} senders: {used:.1%} used, {slots.writes / mails:.3f} writes a mail")  # noqa: T201  for who wants to see
    assert used >= 0.95


@pytest.mark.parametrize(("rate", "senders"), [(14, 1), (14, 10), (100, 2), (100, 10), (500, 10)])
def test_transactional_mail_overtakes_a_backlog_of_ten_thousand_within_two_seconds(
    rate: float, senders: int
) -> None:
    walk = Walk(rate)
    walk.backlogs[MARKETING].put(10_000)
    walk.begin(MARKETING, senders, batch=100)
    walk.begin(TRANSACTIONAL, 1, batch=10)
    put: dict[str, datetime] = {}
    for number in range(9):
        walk.time.run(1.37)
        put[f"now-{number}@example.com"] = walk.time.now()
        walk.backlogs[TRANSACTIONAL].put(1, prefix="now")
    walk.time.run(3)

    walk.hold()
    assert walk.backlogs[MARKETING].waiting, "no backlog is left to overtake"
    waited = [walk.ses.sent[to] - at for to, at in put.items()]
    print(f"{rate}/s, {senders} senders: overtaken within {max(waited).total_seconds():.2f} s")  # noqa: T201  as above
    assert max(waited) < timedelta(seconds=2)


def test_neither_kind_starves_the_other() -> None:
    walk = Walk(100)
    for kind in StreamKind:
        walk.backlogs[kind].put(4000)
        walk.begin(kind, 5, batch=100)
    walk.time.run(30)

    walk.hold()
    done = {kind: sum(kind.value in to for to in walk.ses.sent) / 3000 for kind in StreamKind}
    assert done[TRANSACTIONAL] >= 0.19
    assert done[MARKETING] >= 0.76
    assert sum(done.values()) >= 0.95


def test_a_rate_that_ses_raises_or_lowers_is_held_to_from_the_next_lease_on() -> None:
    walk = Walk(100)
    walk.backlogs[MARKETING].put(4000)
    walk.begin(MARKETING, 3, batch=100)
    sent = [0]
    for rate in (100, 20, 50):
        walk.stage.rate = rate
        walk.stage.__post_init__()
        walk.time.run(2)  # what was leased by the old rate
        before = len(walk.ses.sent)
        walk.time.run(10)
        sent.append(len(walk.ses.sent) - before)
    assert sent[1:] == [pytest.approx(10 * rate, rel=0.06) for rate in (100, 20, 50)]
