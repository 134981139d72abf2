"""SES takes no mail: the circuit opens by a rule, and what is left of the batch stays on its queue."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.circuit.errors import SwitchesUnavailableError
from postroad.contract.words import Reason
from postroad.errors import UnknownOutcomeError
from postroad.explaining.decision_record import record_lines
from postroad.sending.decisions import Later, Sent, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError
from postroad.sending.mail import Mail
from postroad.sending.ses_answers import error_of_answer
from postroad.sending.tripping import AT_ONCE, IN_A_ROW, SILENCES, SOME, WITHIN, Tally, heard
from tests.sending_world import World, make_message

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def trips(answers: Sequence[Why | None], step: timedelta = SECOND) -> list[bool]:
    """Say after each of these answers whether the circuit is to open."""
    tally = Tally()
    opened = []
    for number, why in enumerate(answers):
        tally, is_open = heard(tally, why, now=NOW + number * step)
        opened.append(is_open)
    return opened


@pytest.mark.parametrize("why", sorted(AT_ONCE))
def test_what_concerns_the_account_opens_it_at_once(why: Why) -> None:
    assert trips([why]) == [True]


@pytest.mark.parametrize("why", sorted(SOME))
def test_what_may_concern_one_mail_opens_it_after_some_in_a_row(why: Why) -> None:
    assert trips([why] * IN_A_ROW) == [False, False, True]
    assert not any(trips([why, why, None] * 5))
    assert trips([why, Why.THROTTLED, why, Why.THROTTLED, why])[-1], "a throttle says nothing of the mail"


@pytest.mark.parametrize("why", [Why.NO_ANSWER, Why.SES_UNREACHABLE])
def test_several_silences_within_seconds_open_it(why: Why) -> None:
    assert trips([why] * SILENCES) == [False, False, False, False, True]
    assert trips([why, None] * SILENCES)[-2], "whatever was taken in between"
    assert not any(trips([why] * 20, step=WITHIN / (SILENCES - 2)))


def test_throttles_and_refusals_of_mails_never_open_it() -> None:
    assert not any(trips([Why.THROTTLED, None] * 50))


def paused(_: Mail) -> None:
    raise SesUnusableError(Why.SENDING_PAUSED, "SendingPausedException")


def denied(_: Mail) -> None:
    raise SesUnusableError(Why.ACCESS_DENIED, "AccessDenied")


def silent(_: Mail) -> None:
    raise UnknownOutcomeError("no answer from SES (ReadTimeoutError)")


def unreachable(_: Mail) -> None:
    raise SesBusyError(Why.SES_UNREACHABLE, "EndpointConnectionError")


def messages(count: int) -> list[dict[str, object]]:
    return [make_message(f"m-{index}") for index in range(count)]


@pytest.mark.parametrize(
    ("answer", "why", "most"),
    [
        (paused, "sending_paused", 1),
        (denied, "access_denied", IN_A_ROW),
        (silent, "no_answer", SILENCES),
        (unreachable, "ses_unreachable", SILENCES),
    ],
)
def test_the_rest_of_the_batch_is_left_unclaimed(
    world: World, answer: Callable[[Mail], None], why: str, most: int
) -> None:
    world.settings = replace(world.settings, threads=1)
    world.mailer.on_send = answer
    report = world.send(*messages(20))

    assert world.breaker.trips == [why]
    assert len(world.ledger) == most
    stopped = [
        decision
        for decision in report.decisions.values()
        if isinstance(decision, Later) and decision.why is Why.STREAM_STOPPED
    ]
    assert len(stopped) == 20 - most
    assert all(decision.at >= world.clock.now() + timedelta(seconds=60) for decision in stopped)


def test_the_row_and_the_log_name_the_code_of_what_ses_answered(world: World) -> None:
    """An answer that nobody expected is only known by its code."""

    def answer(_: Mail) -> None:
        raise error_of_answer("SomethingNewException", "ana@example.com is odd", 400)

    world.settings = replace(world.settings, threads=1)
    world.mailer.on_send = answer
    report = world.send(*messages(IN_A_ROW + 2))

    assert report.summary() == {
        "later:unexpected_answer:SomethingNewException": IN_A_ROW,
        "later:stream_stopped": 2,
    }
    row, *_ = world.ledger.rows()
    assert row.notes == ("attempt 1 was not sent: unexpected answer (SomethingNewException)",)
    assert f"    - {row.notes[0]}" in record_lines(row, now=world.clock.now())


def test_a_refused_mail_shows_that_ses_works(world: World) -> None:
    answers = iter([denied, denied, None, denied, denied])

    def answer(mail: Mail) -> None:
        if (happens := next(answers)) is None:
            raise RefusedBySesError(Reason.MESSAGE_REJECTED, "MessageRejected")
        happens(mail)

    world.settings = replace(world.settings, threads=1)
    world.mailer.on_send = answer
    world.send(*messages(5))
    assert world.breaker.trips == []


def test_small_batches_of_one_process_are_counted_together(world: World) -> None:
    world.mailer.on_send = denied
    process = world.batch()
    for index in range(IN_A_ROW):
        assert world.breaker.trips == []
        process.send_batch(
            [world.record(make_message(f"m-{index}"))], deadline=world.clock.now() + timedelta(seconds=60)
        )
    assert world.breaker.trips == ["access_denied"]


@pytest.mark.parametrize("body", [make_message("m-1"), make_message("m-1", data={}), "no JSON"])
def test_while_the_stream_is_stopped_nothing_is_claimed_or_refused(
    world: World, body: dict[str, object] | str
) -> None:
    world.breaker.trip("sending_paused", now=world.clock.now())
    report = world.send(body)

    assert report.failures == ["sqs-0"]
    assert len(world.ledger) == 0
    assert world.dead_letters.copies == []
    assert world.rate.asked == []
    world.breaker.close()
    assert world.send(make_message("m-1")).decisions == {"sqs-0": Sent("ses-1")}


def test_a_switch_that_can_t_be_read_leaves_the_mail_on_its_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*, now: datetime) -> datetime | None:
        raise SwitchesUnavailableError(str(now))

    monkeypatch.setattr(world.breaker, "closed_again_at", fail)
    report = world.send(*messages(3))

    assert report.summary() == {"later:store_unavailable": 3}
    assert len(world.ledger) == 0
    assert world.postponement.until.keys() == {"sqs-0", "sqs-1", "sqs-2"}


def test_the_switch_is_read_once_a_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def note(*, now: datetime) -> None:
        asked.append(now)

    monkeypatch.setattr(world.breaker, "closed_again_at", note)
    world.send(*messages(20))
    assert len(asked) == 1
