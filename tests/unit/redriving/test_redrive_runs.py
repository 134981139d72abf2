"""What an operator's run does, step by step, over the fakes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.words import RECEIVES_EXHAUSTED, Reason, Status
from postroad.errors import TransientError, UnknownOutcomeError
from postroad.records import Record
from postroad.redriving.candidate import Letter
from postroad.redriving.judging import Leave, Redrive, Step, WhyLeft
from postroad.redriving.redrive import Interrupted, Moved
from postroad.redriving.selection import Selection
from postroad.sending.errors import RefusedBySesError
from postroad.sending.mail import Mail
from tests.crash_world import fails_after, plain, refuses, spoiled_sending
from tests.redrive_world import OPERATOR, RedriveStores, redrive
from tests.sending_world import NOW, World, make_message
from tests.unit.sending.test_crashes import deliver

JUDGED = Moved(Redrive(Step.NOTE))
REFUSED_ONCE = Moved(Redrive(Step.REOPEN, was_refused=True))
AGO = NOW - timedelta(days=3)


@pytest.fixture
def stores() -> RedriveStores:
    return RedriveStores()


def send(stores: RedriveStores, *bodies: dict[str, Any] | str, gate: Any = plain, **settings: Any) -> None:  # noqa: ANN401  a gate, and settings
    for body in bodies:
        record = World().record(body, len(stores.queue))
        stores.queue[record.sqs_id] = record
    deliver(stores, stores.world(gate, **settings))
    stores.sort_letters()


def letter(body: dict[str, Any] | str, number: int = 1, **fields: Any) -> Letter:  # noqa: ANN401  any field
    values: dict[str, Any] = {
        "reason": RECEIVES_EXHAUSTED,
        "field": "",
        "detail": "",
        "first_sent": AGO,
    } | fields
    text = body if isinstance(body, str) else json.dumps(body)
    return Letter(sqs_id=f"sqs-{number}", receipt=f"r-{number}", body=text, **values)


def put(stores: RedriveStores, *letters: Letter) -> None:
    stores.box.letters |= {each.sqs_id: each for each in letters}


def on_the_queue(stores: RedriveStores) -> list[Record]:
    return list(stores.queue.values())


def hold(stores: RedriveStores, message_id: str = "m-1") -> None:
    send(stores, make_message(message_id), gate=spoiled_sending(fails_after), unknown_outcome="hold")


def test_an_invalid_message_moves_as_it_is_and_its_letter_goes(stores: RedriveStores) -> None:
    body = make_message("m-1", data={})
    send(stores, body)

    assert redrive(stores.operator()) == {"m-1": JUDGED}
    (record,) = on_the_queue(stores)
    assert json.loads(record.body) == body
    assert record.first_sent == NOW
    assert stores.box.letters == {}
    row = stores.ledger.get("m-1")
    assert row is not None
    assert (row.status, row.version) == (Status.INVALID, 2)
    assert OPERATOR in row.notes[-1]


def test_what_is_still_wrong_is_refused_again_with_a_new_letter(stores: RedriveStores) -> None:
    send(stores, make_message("m-1", data={}))
    redrive(stores.operator())
    deliver(stores, stores.world(plain))
    stores.sort_letters()

    assert [each.reason for each in stores.box.letters.values()] == ["template_data"]
    row = stores.ledger.get("m-1")
    assert row is not None
    assert (row.status, row.reason) == (Status.INVALID, "template_data")
    assert OPERATOR in row.notes[0]


def test_what_ses_refused_is_sent_as_the_next_attempt(stores: RedriveStores) -> None:
    def refuse(_: Mail) -> None:
        raise RefusedBySesError(Reason.MESSAGE_REJECTED, "MessageRejected")

    stores.mailer.on_send = refuse
    send(stores, make_message("m-1"))
    stores.mailer.on_send = None

    assert redrive(stores.operator()) == {"m-1": Leave(WhyLeft.REFUSED_BY_SES)}
    assert redrive(stores.operator(), reason="message_rejected") == {"m-1": Leave(WhyLeft.REFUSED_BY_SES)}
    assert on_the_queue(stores) == []
    assert redrive(stores.operator(), status=Status.FAILED) == {"m-1": REFUSED_ONCE}
    deliver(stores, stores.world(plain))
    row = stores.ledger.get("m-1")
    assert row is not None
    assert (row.status, row.reason, row.attempt, dict(row.ses_ids)) == (Status.SENT, "", 2, {"2": "ses-1"})
    assert row.notes[0].endswith("it was failed (message_rejected)")
    assert row.times["failed"] == row.times["reopened"] == NOW


def test_a_refused_mail_whose_body_can_t_be_kept_has_failed_all_the_same(stores: RedriveStores) -> None:
    def gate(name: str, call: Any) -> object:  # noqa: ANN401  a call
        if name == "bodies.put":
            raise TransientError
        if name == "mailer.send":
            raise RefusedBySesError(Reason.MESSAGE_REJECTED, "MessageRejected")
        return call()

    send(stores, make_message("m-1"), gate=gate)
    row = stores.ledger.get("m-1")
    assert row is not None
    assert row.status is Status.FAILED
    assert row.notes == ("its body could not be kept: enqueue it again under a new id",)
    assert redrive(stores.operator(), "m-1") == {"m-1": Leave(WhyLeft.NO_BODY)}


def test_an_attempt_that_ends_late_leaves_the_body_of_what_has_failed_since(stores: RedriveStores) -> None:
    body = make_message("m-1")

    def gate(name: str, call: Any) -> object:  # noqa: ANN401  a call
        if name != "mailer.send":
            return call()
        # While this attempt goes on, it is held, re-opened, and the next one is refused.
        stores.ledger.apply(
            "m-1",
            lambda row: replace(row, status=Status.FAILED, reason="message_rejected", owner="", attempt=2),
        )
        raise UnknownOutcomeError

    send(stores, body, gate=gate)
    assert "m-1" in stores.bodies
    assert redrive(stores.operator(), "m-1") == {"m-1": REFUSED_ONCE}


def test_an_unknown_outcome_is_left_alone_until_somebody_takes_the_risk(stores: RedriveStores) -> None:
    hold(stores)
    assert redrive(stores.operator()) == {"m-1": Leave(WhyLeft.MAY_HAVE_BEEN_SENT)}
    assert on_the_queue(stores) == []

    redrive(stores.operator(), despite_unknown_outcome=True)
    deliver(stores, stores.world(plain))
    row = stores.ledger.get("m-1")
    assert row is not None
    assert (row.status, row.attempt, len(stores.mailer.mails)) == (Status.SENT, 2, 2)


def test_a_risk_that_was_not_shown_is_not_taken(stores: RedriveStores) -> None:
    send(stores, make_message("m-1"), allow=("nobody",))
    operator = stores.operator()
    survey = operator.survey(Selection(stream="transactional", despite_unknown_outcome=True))
    (found,) = survey.to_move
    # Another operator is quicker, and the attempt that he caused is never answered.
    redrive(stores.operator(name="operator:ben"))
    deliver(stores, stores.world(spoiled_sending(fails_after), unknown_outcome="hold"))

    assert operator.carry_out(survey, found) == Leave(WhyLeft.MAY_HAVE_BEEN_SENT)


def test_a_risk_is_taken_of_the_attempt_that_was_shown_and_of_no_later_one(stores: RedriveStores) -> None:
    hold(stores)
    operator = stores.operator()
    survey = operator.survey(Selection(stream="transactional", despite_unknown_outcome=True))
    (found,) = survey.to_move
    # Another operator takes the same risk first, and his attempt is never answered either.
    redrive(stores.operator(name="operator:ben"), despite_unknown_outcome=True)
    deliver(stores, stores.world(spoiled_sending(fails_after), unknown_outcome="hold"))

    assert operator.carry_out(survey, found) == Leave(WhyLeft.MAY_HAVE_BEEN_SENT)


def test_what_was_refused_since_it_was_shown_is_not_sent_again(stores: RedriveStores) -> None:
    send(stores, make_message("m-1"), allow=("nobody",))
    operator = stores.operator()
    survey = operator.survey(Selection(stream="transactional", message_ids=frozenset({"m-1"})))
    (found,) = survey.to_move
    redrive(stores.operator(name="operator:ben"))
    deliver(stores, stores.world(spoiled_sending(refuses)))

    assert operator.carry_out(survey, found) == Leave(WhyLeft.REFUSED_BY_SES)


def test_what_goes_on_by_itself_is_counted_and_not_listed(stores: RedriveStores) -> None:
    send(stores, make_message("later", send_at="2026-11-22T15:00:00Z"))
    send(stores, make_message("unsure"), gate=spoiled_sending(fails_after))
    survey = stores.operator().survey(Selection(stream="transactional", despite_unknown_outcome=True))
    assert (survey.waiting, survey.found) == (2, {})
    assert redrive(stores.operator(), "later", "unsure", despite_unknown_outcome=True) == {
        "later": Leave(WhyLeft.SCHEDULED),
        "unsure": Leave(WhyLeft.AWAITING_EVIDENCE),
    }
    assert on_the_queue(stores) == []


def test_a_dead_letter_of_what_goes_on_by_itself_is_left_alone(stores: RedriveStores) -> None:
    body = make_message("m-1", send_at="2026-11-22T15:00:00Z")
    send(stores, body)
    put(stores, letter(body))
    assert redrive(stores.operator()) == {"m-1": Leave(WhyLeft.SCHEDULED)}
    assert list(stores.box.letters) == ["sqs-1"]


def test_a_lost_body_is_told_as_such(stores: RedriveStores) -> None:
    send(stores, make_message("m-1", send_at="2026-11-22T15:00:00Z"))
    row = stores.ledger.get("m-1")
    assert row is not None
    stores.bodies.delete("m-1", row.fingerprint)
    stores.ledger.apply(
        "m-1", lambda row: replace(row, status=Status.HELD, reason=Reason.BODY_LOST.value, due=None)
    )
    assert redrive(stores.operator(), "m-1") == {"m-1": Leave(WhyLeft.BODY_LOST)}


def test_bodies_are_held_once_and_only_of_what_is_to_move(stores: RedriveStores) -> None:
    put(stores, *(letter(make_message("m-1"), number) for number in range(3)), letter("no JSON", 3))
    put(stores, letter(make_message("m-2", stream="marketing"), 4))
    survey = stores.operator().survey(Selection(stream="transactional"))
    texts = [str(asdict(each)) for each in survey.taken]
    texts += [str(asdict(each)) for each in survey.found.values()]
    assert len(texts) == 8
    assert sum(text.count("postroad.message.v1") for text in texts) == 1
    assert not any("no JSON" in text for text in texts)


def test_a_kept_body_whose_message_was_settled_by_news_is_listed(stores: RedriveStores) -> None:
    hold(stores)
    stores.ledger.apply("m-1", lambda row: replace(row, status=Status.DELIVERED, owner=""))
    survey = stores.operator().survey(Selection(stream="transactional", despite_unknown_outcome=True))
    (left,) = survey.left
    assert left.judgement == Leave(WhyLeft.SETTLED)
    assert left.is_forgotten


def test_a_body_without_its_own_time_carries_the_first_one_along(stores: RedriveStores) -> None:
    body = make_message("m-1")
    del body["created_at"]
    put(stores, letter(body, 1), letter(body, 2, first_sent=NOW))
    redrive(stores.operator())
    (record,) = on_the_queue(stores)
    assert record.first_sent == AGO
    assert stores.box.letters == {}  # both: they are the same message


def test_a_body_that_leaves_no_room_for_its_time_moves_only_if_it_has_one(stores: RedriveStores) -> None:
    large = {"filling": "x" * (1024 * 1024 - 400), "word": "x"}
    timed, timeless = make_message("timed", data=large), make_message("timeless", data=large)
    del timeless["created_at"]
    for body in (timed, timeless):
        assert 0 < 1024 * 1024 - len(json.dumps(body)) < 256
    put(stores, letter(timed, 1), letter(timeless, 2))
    ends = redrive(stores.operator())
    assert ends == {"timed": Moved(Redrive(Step.NONE)), "timeless": Leave(WhyLeft.TOO_LARGE)}
    assert list(stores.box.letters) == ["sqs-2"]


def test_a_body_that_was_too_large_for_the_queue_is_found_where_it_is_kept(stores: RedriveStores) -> None:
    body = make_message("m-1")
    stores.bodies.put("!sqs-9", "f", json.dumps(body), first_sent=AGO, until=NOW)
    put(stores, letter("{}", 1, kept_under="!sqs-9"), letter("{}", 2, kept_under="!gone"))
    ends = redrive(stores.operator())
    assert ends == {"m-1": Moved(Redrive(Step.NONE)), "!sqs-2": Leave(WhyLeft.UNREADABLE)}
    assert json.loads(on_the_queue(stores)[0].body) == body


@pytest.mark.parametrize("body", ["no JSON", "[1]", '{"message_id": "m-1"}'])
def test_what_is_no_message_is_left_alone_and_visible(stores: RedriveStores, body: str) -> None:
    put(stores, letter(body))
    (end,) = redrive(stores.operator()).values()
    assert end == Leave(WhyLeft.UNREADABLE)
    assert on_the_queue(stores) == []
    assert stores.box.letters
    assert stores.box.hidden == set()


def test_a_message_of_another_stream_is_left_alone(stores: RedriveStores) -> None:
    put(stores, letter(make_message("m-1", stream="marketing")))
    assert redrive(stores.operator()) == {"m-1": Leave(WhyLeft.OTHER_STREAM)}


def test_the_second_body_under_an_id_is_left_alone(stores: RedriveStores) -> None:
    send(stores, make_message("m-1"), make_message("m-1", data={"word": "other"}))
    assert redrive(stores.operator()) == {"m-1": Leave(WhyLeft.OTHER_BODY)}


def test_only_what_is_meant_is_touched_or_named(stores: RedriveStores) -> None:
    send(stores, make_message("bad", data={}), make_message("bad-too", template="none"))
    send(stores, make_message("stranger"), allow=("nobody",))
    hold(stores, "unknown")
    assert redrive(stores.operator(), reason="unknown_template") == {"bad-too": JUDGED}
    assert redrive(stores.operator(), status=Status.HELD) == {
        "stranger": Moved(Redrive(Step.REOPEN)),
        "unknown": Leave(WhyLeft.MAY_HAVE_BEEN_SENT),
    }
    assert redrive(stores.operator(), status=Status.FAILED) == {
        # Re-opened and not sent yet: whatever it was, another run moves it again.
        "stranger": Moved(Redrive(Step.NONE)),
    }
    assert redrive(stores.operator(), "bad", "nobody-knows") == {
        "bad": JUDGED,
        "nobody-knows": Leave(WhyLeft.NOT_FOUND),
    }


def test_of_another_stream_nothing_is_touched(stores: RedriveStores) -> None:
    hold(stores)
    survey = stores.operator().survey(Selection(stream="marketing", despite_unknown_outcome=True))
    assert not survey.found


def test_the_limit_ends_the_search_and_says_so(stores: RedriveStores) -> None:
    put(stores, *(letter(make_message(f"m-{number}"), number) for number in range(5)))
    operator = stores.operator()
    survey = operator.survey(Selection(stream="transactional", limit=3))
    assert (len(survey.to_move), survey.more) == (3, True)
    operator.end(survey)
    assert stores.box.hidden == set()
    assert not operator.survey(Selection(stream="transactional", limit=5)).more


def test_progress_is_told_for_each_that_was_looked_at(stores: RedriveStores) -> None:
    put(stores, *(letter(make_message(f"m-{number}"), number) for number in range(3)))
    told: list[int] = []
    stores.operator().survey(Selection(stream="transactional"), on_progress=told.append)
    assert told == [1, 2, 3]


def test_what_did_not_answer_is_told_as_not_finished_and_the_others_go_on(stores: RedriveStores) -> None:
    put(stores, *(letter(make_message(f"m-{number}"), number) for number in range(2)))
    puts: list[str] = []

    def gate(name: str, call: Any) -> object:  # noqa: ANN401  a call
        if name == "queue.put":
            puts.append(name)
            if len(puts) == 1:
                raise TransientError("SQS didn't answer")
        return call()

    ends = redrive(stores.operator(gate))
    assert ends == {"m-0": Interrupted("SQS didn't answer"), "m-1": Moved(Redrive(Step.NONE))}
    assert list(stores.box.letters) == ["sqs-0"]
    assert stores.box.hidden == set()


def test_a_search_that_fails_shows_the_letters_again(stores: RedriveStores) -> None:
    put(stores, letter(make_message("m-1")))

    def gate(name: str, call: Any) -> object:  # noqa: ANN401  a call
        if name == "ledger.get":
            raise TransientError
        return call()

    with pytest.raises(TransientError):
        stores.operator(gate).survey(Selection(stream="transactional"))
    assert stores.box.hidden == set()
