"""What the rate grants bounds when a request may leave, and what it refuses is told apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from postroad.errors import TransientError
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.governor.grant import Grant, Shortage
from postroad.ledger.row import Row
from postroad.rendering.ports import Rendered
from postroad.sending.canary import Canary
from postroad.sending.decisions import Later, Why
from postroad.sending.errors import TooLateError
from postroad.sending.limits import limits_of
from postroad.sending.mail import Mail
from postroad.sending.memory import MemoryRate
from postroad.sending.window import FRESH, Window
from tests.sending_world import NOW, EchoRenderer, World, make_message

SECOND = timedelta(seconds=1)
HALF = SECOND / 2


def messages(count: int) -> list[dict[str, object]]:
    return [make_message(f"m-{index}") for index in range(count)]


class SmallGrants(MemoryRate):
    """Grants no more than so many at once."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def take(self, count: int, *, deadline: datetime) -> Grant:
        granted = super().take(count, deadline=deadline)
        return replace(granted, count=min(granted.count, self.most))


def test_the_rest_is_asked_for_again_beside_what_comes_next(world: World) -> None:
    world.rate = SmallGrants(3)
    assert world.send(*messages(8)).summary() == {"sent": 8}
    # What was granted makes room for as many new ones.
    assert world.rate.asked == [4, 4, 2]


def test_what_waits_for_the_rate_is_prepared_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    render = EchoRenderer.render

    def note(
        renderer: EchoRenderer, template: str, *, locale: str | None, data: Mapping[str, object]
    ) -> Rendered:
        rendered.append(str(data["word"]))
        return render(renderer, template, locale=locale, data=data)

    monkeypatch.setattr(EchoRenderer, "render", note)
    world.rate = SmallGrants(1)
    bodies = [make_message(f"m-{index}", data={"word": str(index)}) for index in range(6)]
    assert world.send(*bodies).summary() == {"sent": 6}
    assert rendered == ["0", "1", "2", "3", "4", "5"]


def test_a_run_that_is_out_of_rate_asks_and_prepares_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[object] = []

    def note(*_: object, **__: object) -> Rendered:
        rendered.append(None)
        return Rendered(subject="", text="", html=None, locale="")

    monkeypatch.setattr(EchoRenderer, "render", note)
    world.rate.room = 0
    assert world.send(*messages(20)).summary() == {"later:no_rate": 20}
    assert world.rate.asked == [4]
    assert len(rendered) == 4


def test_mail_without_rate_comes_back_ever_later(world: World) -> None:
    """SQS gives up at the hundredth receive."""
    world.rate.room = 0
    began = world.clock.now()
    for receives in range(1, 100):
        world.send(make_message("m-1"), receives=receives)
        world.clock.at = world.postponement.until["sqs-0"]
    assert world.clock.now() - began > timedelta(hours=20)


def test_a_spent_quota_opens_the_circuit_and_nothing_is_claimed(world: World) -> None:
    world.rate.room = 4
    world.rate.shortage = Shortage.QUOTA
    report = world.send(*messages(20))

    assert report.summary() == {"sent": 4, "later:stream_stopped": 16}
    assert world.breaker.trips == ["quota_exhausted"]
    assert world.rate.asked == [4, 4]
    assert len(world.ledger) == 4
    assert all(
        decision.at >= NOW + timedelta(minutes=1)
        for decision in report.decisions.values()
        if isinstance(decision, Later)
    )


def test_a_shortage_of_time_opens_no_circuit(world: World) -> None:
    world.rate.room = 0
    world.send(*messages(4))
    assert world.breaker.trips == []


@pytest.mark.parametrize("error", [TransientError(), ZeroDivisionError()])
def test_nothing_leaves_whatever_is_wrong_with_the_rate(
    world: World, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Grant:
        raise error

    monkeypatch.setattr(world.rate, "take", fail)
    assert world.send(*messages(6), receives=90).summary() == {"later:store_unavailable": 6}
    assert len(world.ledger) == 0, "it is no fault of these messages"
    assert world.errors == [error] * 2


def test_a_grant_that_ended_before_the_claim_leaves_no_trace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rate.until = NOW + HALF
    find = world.suppressions.find

    def be_slow(keys: list[str]) -> object:
        world.clock.at += HALF
        return find(keys)

    monkeypatch.setattr(world.suppressions, "find", be_slow)
    assert world.send(make_message("m-1")).summary() == {"later:no_rate": 1}
    assert len(world.ledger) == 0
    assert world.mailer.mails == []
    assert world.clock.at < NOW + 60 * SECOND, "it went on past its time"


class Turns(MemoryRate):
    """Grants a turn of half a second from now on, each time."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def take(self, count: int, *, deadline: datetime) -> Grant:
        self.until = self._world.clock.at + HALF
        return super().take(count, deadline=deadline)


def test_a_turn_that_was_missed_before_the_claim_is_asked_for_again_in_the_same_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rate = rate = Turns(world)
    find = world.suppressions.find
    slow = [HALF]

    def be_slow_once(keys: list[str]) -> object:
        world.clock.at += slow.pop() if slow else SECOND * 0
        return find(keys)

    monkeypatch.setattr(world.suppressions, "find", be_slow_once)
    assert world.send(*messages(4)).summary() == {"sent": 4}
    assert rate.asked == [4, 2, 2]


def test_fewer_mails_go_together_where_claiming_them_takes_too_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settings = replace(world.settings, threads=16)
    world.rate = rate = Turns(world)
    insert = world.ledger.insert_many

    def be_slow(rows: list[Row]) -> object:
        world.clock.at += len(rows) * SECOND / 10
        return insert(rows)

    monkeypatch.setattr(world.ledger, "insert_many", be_slow)
    batch = world.batch()

    def run(ids: range) -> dict[str, int]:
        records = [world.record(make_message(f"m-{index}"), index) for index in ids]
        return batch.send_batch(records, deadline=world.clock.at + 60 * SECOND).summary()

    assert run(range(24)) == {"later:no_rate": 24}, "16 took 1.6 s, 8 took 0.8"
    assert run(range(24, 40)) == {"sent": 8, "later:no_rate": 8}, "4 fit, and then 8 are tried again"
    assert rate.asked == [16, 8, 4, 8, 4]


def test_a_grant_that_ended_after_the_claim_leaves_it_open_and_unsent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rate.until = NOW + HALF
    insert = world.ledger.insert

    def be_slow(row: Row) -> Row | None:
        world.clock.at += HALF
        return insert(row)

    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "insert", be_slow)
        assert world.send(make_message("m-1")).summary() == {"later:no_rate": 1}
    assert world.mailer.mails == []
    row = world.row("m-1")
    assert (row.owner, row.failures) == ("", 0)
    assert row.notes == ("attempt 1 was not sent: its turn was over",)

    world.rate.until = None
    assert world.send(make_message("m-1"), receives=2).summary() == {"sent": 1}
    assert world.row("m-1").attempt == 2


def test_no_byte_leaves_once_the_grant_has_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rate.until = NOW + HALF
    deadlines: list[datetime] = []

    def be_late(_: Mail, *, deadline: datetime) -> str:
        deadlines.append(deadline)
        world.clock.at += HALF
        raise TooLateError

    monkeypatch.setattr(world.mailer, "send", be_late)
    assert world.send(make_message("m-1")).summary() == {"later:no_rate": 1}
    assert deadlines == [NOW + HALF]
    assert world.row("m-1").owner == ""


def test_a_canary_keeps_to_its_grant(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rate.until = NOW + HALF
    deadlines: list[datetime] = []

    def note(_: Mail, *, deadline: datetime) -> str:
        deadlines.append(deadline)
        return "ses-1"

    monkeypatch.setattr(world.mailer, "send", note)
    canary = Canary(
        mailer=world.mailer,
        rate=world.rate,
        clock=world.clock,
        limits=limits_of(world.settings),
        sender="a@shop.example",
        configuration_set="test",
    )
    assert canary.send(deadline=NOW + timedelta(seconds=30)) == CanaryAnswer(CanaryOutcome.ACCEPTED)
    assert deadlines == [NOW + HALF]

    world.rate.room = 0
    world.rate.shortage = Shortage.QUOTA
    answer = canary.send(deadline=NOW + timedelta(seconds=30))
    assert answer == CanaryAnswer(CanaryOutcome.UNUSABLE, "quota_exhausted")


WINDOW = Window(deadline=NOW + 60 * SECOND, request=11 * SECOND, checked_at=NOW)


@pytest.mark.parametrize(
    ("window", "lease_until", "closes_at"),
    [
        (WINDOW, None, NOW + FRESH),
        (replace(WINDOW, deadline=NOW + 13 * SECOND), None, NOW + 2 * SECOND),
        (WINDOW, NOW + 12 * SECOND, NOW + SECOND),
        (replace(WINDOW, granted_until=NOW + HALF), NOW + 12 * SECOND, NOW + HALF),
        (replace(WINDOW, granted_until=NOW + 7 * SECOND), None, NOW + FRESH),
    ],
)
def test_a_window_closes_with_whatever_ends_first(
    window: Window, lease_until: datetime | None, closes_at: datetime
) -> None:
    moment = timedelta(microseconds=1)
    assert window.closes_at(lease_until) == closes_at
    assert window.refuses(closes_at - moment, lease_until=lease_until) is None
    why = Why.NO_RATE if closes_at == window.granted_until else Why.NO_TIME_LEFT
    assert window.refuses(closes_at, lease_until=lease_until) is why


def test_a_check_of_unknown_age_opens_no_window() -> None:
    assert WINDOW.refuses(NOW - FRESH) is Why.NO_TIME_LEFT
    assert WINDOW.refuses(NOW - SECOND) is None
