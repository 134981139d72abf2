"""A stream's whole outage over fakes: send trips, dispatch disables, canaries probe, the mail goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.account.ports import Quota
from postroad.circuit import deciding
from postroad.circuit.breaking import StreamBreaker
from postroad.circuit.mapping import MappingState
from postroad.circuit.memory import MemoryMappings
from postroad.circuit.switch import Flow
from postroad.cli.stream_state import MEANINGS
from postroad.contract.words import StopReason
from postroad.errors import UnknownOutcomeError
from postroad.records import Record
from postroad.sending.canary import ADDRESS, Canary
from postroad.sending.decisions import Why
from postroad.sending.errors import SesUnusableError
from postroad.sending.limits import limits_of
from postroad.sending.tripping import AT_ONCE, SILENCE, SOME
from tests.circuit_world import MINUTE, CircuitWorld
from tests.sending_world import NOW, SETTINGS, World, make_message

if TYPE_CHECKING:
    from postroad.evidence.canary import CanaryAnswer
    from postroad.sending.batch import SendBatch
    from postroad.sending.mail import Mail

STREAM = SETTINGS.stream
BATCH = 10
VISIBILITY = timedelta(minutes=6)
SECOND = timedelta(seconds=1)


@dataclass
class Copy:
    """A message on the queue."""

    record: Record
    visible: datetime = NOW
    receives: int = 0


@dataclass
class Story:
    """One stream from its queue to SES, second by second, with dispatch each minute and when it is woken."""

    send: World = field(default_factory=World)
    circuit: CircuitWorld = field(default_factory=CircuitWorld)
    queue: dict[str, Copy] = field(default_factory=dict)
    asked_of_ses: list[str] = field(default_factory=list)
    trouble: Exception | None = None
    receives: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.circuit.stream = STREAM
        self.send.mailer.on_send = self._ses
        breaker = StreamBreaker(
            self.circuit.switches, STREAM, wake=lambda _: self.circuit.tend(self.send.clock.now())
        )
        self.send.breaker = breaker  # type: ignore[assignment]  # the real one in the place of the fake
        self.processes: list[SendBatch] = [self.send.batch(), self.send.batch()]
        self._canary = Canary(
            mailer=self.send.mailer, rate=self.send.rate, clock=self.send.clock, limits=limits_of(SETTINGS),
            sender=SETTINGS.from_address, configuration_set=SETTINGS.configuration_set,
        )  # fmt: skip
        self.circuit.ses.send = self._send_canary  # type: ignore[method-assign]  # send's own canary

    def _send_canary(self, stream: str) -> CanaryAnswer:
        assert stream == STREAM
        return self._canary.send(deadline=self.send.clock.now() + MINUTE)

    def _ses(self, mail: Mail) -> None:
        self.asked_of_ses.append(mail.to)
        if self.trouble is not None:
            raise self.trouble

    def enqueue(self, count: int) -> None:
        for number in range(len(self.queue), len(self.queue) + count):
            record = self.send.record(make_message(f"m-{number}"), number)
            self.queue[record.sqs_id] = Copy(record)

    def pass_time(self, minutes: float) -> None:
        for second in range(int(minutes * 60)):
            if second % 60 == 0:
                self.circuit.tend(self.send.clock.now())
            if self.circuit.mapping in {MappingState.ENABLED, MappingState.DISABLING}:
                self._work(self.processes[second % 2])
            self.send.clock.at += SECOND

    def _work(self, process: SendBatch) -> None:
        now = self.send.clock.now()
        taken = [copy for copy in self.queue.values() if copy.visible <= now][:BATCH]
        if not taken:
            return
        for copy in taken:
            copy.receives += 1
            copy.visible = now + VISIBILITY
        self.send.postponement.until.clear()
        report = process.send_batch([copy.record for copy in taken], deadline=now + MINUTE)
        for sqs_id, until in self.send.postponement.until.items():
            self.queue[sqs_id].visible = until
        for copy in taken:
            if copy.record.sqs_id not in report.failures:
                self.receives.append(self.queue.pop(copy.record.sqs_id).receives)

    @property
    def mails(self) -> list[str]:
        """Return who was mailed, without the canaries."""
        return [mail.to for mail in self.send.mailer.mails if mail.to != ADDRESS]

    @property
    def canaries(self) -> int:
        return self.asked_of_ses.count(ADDRESS)

    @property
    def refused(self) -> int:
        """Return how many mails SES was bothered with in vain."""
        return len(self.asked_of_ses) - len(self.mails) - self.canaries


def hold_that_all_were_sent_once(story: Story, count: int) -> None:
    assert sorted(story.mails) == sorted(f"m-{number}@example.com" for number in range(count))
    assert story.queue == {}
    assert story.send.dead_letters.copies == []
    assert story.send.errors == []


@pytest.mark.parametrize("lag", [0, 30])
@pytest.mark.parametrize("why", sorted(AT_ONCE | SOME))
def test_an_outage_costs_no_mail_few_requests_and_few_receives(why: Why, lag: int) -> None:
    story = Story(circuit=CircuitWorld(mappings=MemoryMappings(lag=lag)))
    story.enqueue(100)
    story.trouble = SesUnusableError(why, "no")
    story.pass_time(40)
    assert story.mails == []
    assert story.circuit.mapping is MappingState.DISABLED
    assert story.refused <= 10
    story.trouble = None
    story.pass_time(30)
    hold_that_all_were_sent_once(story, 100)
    assert max(story.receives) <= 4
    assert story.canaries <= 10
    assert story.circuit.told() == ["open", "running"]
    (stopped, _) = sorted(story.circuit.bus.events, key=lambda event: event.at)
    assert stopped.why == why


def test_a_mapping_that_stays_enabled_burns_no_mail() -> None:
    story = Story()
    story.circuit.mappings.ask = lambda *_, **__: MappingState.ENABLED  # type: ignore[method-assign]  # stuck
    story.enqueue(10)
    story.trouble = SesUnusableError(Why.SENDING_PAUSED, "no")
    story.pass_time(120)
    story.trouble = None
    story.pass_time(90)
    hold_that_all_were_sent_once(story, 10)
    assert max(story.receives) <= 10
    assert story.refused <= 10


def test_a_quota_that_is_used_up_is_waited_for() -> None:
    story = Story()
    story.enqueue(20)
    story.trouble = SesUnusableError(Why.QUOTA_EXHAUSTED, "no")
    story.circuit.account.quota = Quota(max_24_hours=200, per_second=1, sent_24_hours=200)
    story.pass_time(20)
    assert story.canaries == 0
    story.trouble = None
    story.circuit.account.quota = Quota(max_24_hours=200, per_second=1, sent_24_hours=100)
    story.pass_time(20)
    assert story.canaries == 1
    hold_that_all_were_sent_once(story, 20)


def test_a_silent_ses_is_asked_little_and_nothing_is_sent_twice() -> None:
    story = Story()
    story.enqueue(100)
    story.trouble = UnknownOutcomeError("no answer")
    story.pass_time(20)
    assert story.circuit.switch.why == Why.NO_ANSWER
    assert story.refused <= 2 * BATCH
    story.trouble = None
    story.pass_time(20)
    # What got no answer waits for evidence in the schedule; everything else is sent.
    waiting = [row for row in story.send.ledger.rows() if row.evidence_after is not None]
    assert len(story.mails) == 100 - len(waiting)
    assert len(set(story.mails)) == len(story.mails)


def test_a_pause_in_the_middle_stops_the_mail_and_a_resumption_sends_the_rest() -> None:
    story = Story()
    story.enqueue(100)
    story.pass_time(4 / 60)
    story.circuit.turn(lambda switch: deciding.paused(switch, "", by="operator:ana", now=NOW))
    before = len(story.mails)
    assert 0 < before < 100
    story.pass_time(60)
    assert len(story.mails) == before
    story.circuit.turn(lambda switch: deciding.resumed(switch, by="operator:ana", now=NOW))
    story.pass_time(5)
    hold_that_all_were_sent_once(story, 100)
    assert story.canaries == 0


def test_a_pause_outlasts_the_outage_that_it_took_over() -> None:
    story = Story()
    story.enqueue(20)
    story.trouble = SesUnusableError(Why.SENDING_PAUSED, "no")
    story.pass_time(5)
    story.circuit.turn(lambda switch: deciding.paused(switch, "", by="operator:ana", now=NOW))
    story.trouble = None
    story.pass_time(30)
    assert story.mails == []
    assert story.circuit.switch.flow is Flow.PAUSED


def test_an_operator_who_resumes_too_early_costs_no_mail() -> None:
    story = Story()
    story.enqueue(20)
    story.trouble = SesUnusableError(Why.ACCOUNT_SUSPENDED, "no")
    story.pass_time(5)
    story.circuit.turn(lambda each: deciding.resumed(each, by="operator:ana", now=NOW + 5 * MINUTE))
    story.pass_time(10)
    assert story.circuit.switch.is_open
    story.trouble = None
    story.pass_time(40)
    hold_that_all_were_sent_once(story, 20)
    assert story.circuit.told() == ["open", "running", "open", "running"]


def test_whatever_opens_a_circuit_is_a_published_word_with_a_sentence_for_operators() -> None:
    assert {why.value for why in AT_ONCE | SOME | SILENCE} == set(StopReason) == set(MEANINGS)
