"""A daily quota that a campaign uses up at noon: it waits for the next day, transactional mail doesn't."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from postroad.account.ports import Quota
from postroad.circuit.breaking import StreamBreaker
from postroad.circuit.mapping import MappingState
from postroad.circuit.memory import MemoryMappings, MemoryStreamBus, MemorySwitches
from postroad.circuit.switch import Flow
from postroad.circuit.switching import Switching
from postroad.contract.words import StopReason, StreamKind
from postroad.evidence.canary import CanaryAnswer
from postroad.governor import reading
from postroad.governor.allowance import Allowance
from postroad.governor.governed_rate import GovernedRate
from postroad.governor.leasing import terms_of
from postroad.governor.state import lane_of
from postroad.local.simulator.account import Account, Knobs
from postroad.observability import Counts, make_logger
from postroad.sending.canary import Canary
from postroad.sending.limits import limits_of
from postroad.sending.memory import MemoryPostponement
from tests.matrix.inline_threads import without_threads
from tests.rate_world import Backlog, Ses, Stage, settings_of, work
from tests.virtual_time import VirtualTime

pytestmark = pytest.mark.slow

MARKETING, TRANSACTIONAL = StreamKind.MARKETING, StreamKind.TRANSACTIONAL
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RATE, QUOTA, RESERVE = 14.0, 3000.0, 0.1
BEYOND_RESERVE = QUOTA * (1 - RESERVE)


@pytest.fixture(autouse=True)
def _inline() -> Iterator[None]:
    with without_threads():
        yield


@dataclass
class Day:
    """Two streams of one stage, their processes, and dispatch each minute."""

    time: VirtualTime = field(default_factory=lambda: VirtualTime(NOON - timedelta(minutes=4)))
    switches: MemorySwitches = field(default_factory=MemorySwitches)
    mappings: MemoryMappings = field(default_factory=MemoryMappings)
    ses: Ses = field(init=False)
    stage: Stage = field(init=False)
    backlogs: dict[StreamKind, Backlog] = field(init=False)

    def __post_init__(self) -> None:
        self.ses = Ses(Account(Knobs(rate=RATE, quota=QUOTA)), self.time)
        self.stage = Stage(self.ses, self.time, self.time.pause, RATE)
        self.backlogs = {kind: Backlog(kind, self.time) for kind in StreamKind}
        self.time.begin(self._dispatch)
        for kind in (MARKETING, MARKETING, TRANSACTIONAL):
            self.time.begin(lambda kind=kind: self._send(kind), after=1)  # type: ignore[misc]  # mypy can't infer it

    def read(self) -> Quota:
        """Answer as SES does."""
        now = self.time.now()
        return Quota(
            max_24_hours=QUOTA, per_second=RATE, sent_24_hours=self.ses.account.sent_last_24_hours(now)
        )

    def send(self, stream: str) -> CanaryAnswer:
        """Send a canary by the stream's process."""
        settings = settings_of(StreamKind(stream))
        rate = GovernedRate(
            self.stage.slots,
            terms_of(StreamKind(stream), transactional_share=0.2, rate=1.0),
            clock=self.time,
            pause=self.time.pause,
            chance=lambda: 0.0,
            on_righting=self.stage.rightings.append,
        )
        canary = Canary(
            mailer=self.ses,
            rate=rate,
            clock=self.time,
            limits=limits_of(settings),
            sender=settings.from_address,
            configuration_set=settings.configuration_set,
        )
        return canary.send(deadline=self.time.now() + timedelta(minutes=1))

    def _dispatch(self) -> None:
        allowance = Allowance(
            account=self,
            slots=self.stage.slots,
            clock=self.time,
            stage=reading.Stage(share=1, rate=0, reserve=RESERVE),
            lanes={kind.value: lane_of(kind) for kind in StreamKind},
        )
        switching = Switching(
            switches=self.switches,
            mappings=self.mappings,
            canaries=self,
            room=allowance,
            bus=MemoryStreamBus(),
            counts=Counts("test"),
            logger=make_logger("dispatch"),
        )
        while True:
            allowance.learn()
            switching.tend([kind.value for kind in StreamKind], self.time.now())
            self.time.pause(60)

    def _send(self, kind: StreamKind) -> None:
        postponement = MemoryPostponement()
        breaker = StreamBreaker(self.switches, kind.value, wake=lambda _: None)
        process = self.stage.process(kind, breaker=breaker, postponement=postponement)
        while True:
            runs = self.mappings.read(kind.value) is MappingState.ENABLED
            if not (runs and work(process, postponement, self.backlogs[kind], 50, seconds=60)):
                self.time.pause(5)

    def sent(self, kind: StreamKind) -> dict[str, datetime]:
        return {to: at for at, to in self.ses.taken if to.startswith(kind.value)}


def test_marketing_waits_for_the_next_day_and_transactional_mail_lives_on_the_reserve() -> None:
    day = Day()
    day.backlogs[MARKETING].put(5000)
    put: dict[str, datetime] = {}
    # From four minutes to noon until noon of the next day, a transactional mail each ten minutes.
    for number in range(24 * 6):
        put[f"transactional-{number}@example.com"] = day.time.now()
        day.backlogs[TRANSACTIONAL].put(1)
        day.time.run(600)
        if number == 6:
            at_one = len(day.sent(MARKETING))
            stopped = day.switches.read(MARKETING.value)
            assert (stopped.flow, stopped.why) == (Flow.OPEN, StopReason.QUOTA_EXHAUSTED)
            assert stopped.since is not None
            assert abs(stopped.since - NOON) < timedelta(minutes=2)
            assert BEYOND_RESERVE - 50 <= at_one <= BEYOND_RESERVE
            assert day.mappings.read(MARKETING.value) is MappingState.DISABLED
        elif number == 24 * 6 - 6:
            # Nothing of yesterday's has left the last 24 hours yet.
            assert len(day.sent(MARKETING)) == at_one
    transactional = day.sent(TRANSACTIONAL)
    assert transactional.keys() == put.keys()
    assert max(transactional[to] - at for to, at in put.items()) < timedelta(seconds=10)

    day.time.run(3600)
    assert len(day.sent(MARKETING)) == 5000
    assert (day.ses.refused, day.stage.errors, day.stage.rightings) == (0, [], [])
    assert all(day.switches.read(kind.value).is_running for kind in StreamKind)
    assert max(at for at in day.sent(MARKETING).values()) < NOON + timedelta(days=1, minutes=30)
