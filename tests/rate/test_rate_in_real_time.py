"""The whole of `send`, over memory, against the simulator's account, second by second as they pass."""

import threading
import time
from datetime import timedelta

import pytest

from postroad.clock import SystemClock
from postroad.contract.words import StreamKind
from postroad.local.simulator.account import Account, Knobs
from postroad.sending.limits import limits_of
from postroad.sending.memory import MemoryPostponement
from tests.rate_world import SES_SECONDS, Backlog, Ses, Stage, settings_of, work

pytestmark = pytest.mark.slow

SECONDS = 6.0
AT_THE_END = 2.0
"""In the last seconds of a function's time nothing new is begun: they are no measure of the rate."""


def run(rate: float, senders: int) -> tuple[Ses, Stage, float]:
    """Let so many processes send, with more waiting than they can send; return who took it, and how much."""
    clock = SystemClock()
    ses = Ses(Account(Knobs(rate=rate)), clock, answers=lambda: time.sleep(SES_SECONDS))
    stage = Stage(mailer=ses, clock=clock, pause=time.sleep, rate=rate)
    backlog = Backlog(StreamKind.MARKETING, clock)
    batch = max(10, int(rate / 4))
    backlog.put(int(rate * SECONDS * 3) + senders * batch)
    began = clock.now()
    end = time.monotonic() + SECONDS + AT_THE_END

    def send() -> None:
        postponement = MemoryPostponement()
        process = stage.process(StreamKind.MARKETING, postponement=postponement)
        request = limits_of(settings_of(StreamKind.MARKETING)).request.total_seconds()
        while (left := end - time.monotonic()) > AT_THE_END / 2:
            assert work(process, postponement, backlog, batch, left + request), "nothing waits"

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    within = [at for at, _ in ses.taken if at < began + timedelta(seconds=SECONDS)]
    return ses, stage, len(within) / (rate * SECONDS)


@pytest.mark.parametrize("senders", [1, 2, 5, 10])
@pytest.mark.parametrize("rate", [14, 100])
def test_the_rate_is_used_and_nothing_is_throttled(rate: float, senders: int) -> None:
    ses, stage, used = run(rate, senders)
    mails = len(ses.taken)
    print(  # noqa: T201  the numbers are what one wants to see
        f"{rate}/s, {senders} senders: {used:.1%} used, {ses.refused} throttled, {ses.late} late, "
        f"{stage.slots.writes / mails:.3f} writes and {stage.slots.reads / mails:.3f} reads a mail"
    )
    assert stage.errors == []
    assert ses.refused == 0
    assert used >= 0.95
