"""The bulk path: whole objects of events, applied together, and never marked before they are applied."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from postroad.contract.words import BounceKind, Status
from postroad.evidence.memory import MemoryAppliedObjects
from postroad.ledger.errors import LedgerUnavailableError
from postroad.observability import UNKNOWN_STREAM, Metric
from postroad.records import Record
from tests.event_objects import (
    BUCKET,
    KEY,
    STREAM,
    T0,
    World,
    at,
    by_itself,
    canary,
    claimed,
    delivery,
    hard_bounce,
    send,
    status,
    store,
    told,
)


def test_an_objects_events_move_the_rows_and_its_sends_the_watermark(world: World) -> None:
    for message in ("m-1", "m-2", "m-3"):
        world.ledger.insert(claimed(message))
    store(
        world,
        send("m-1"),
        send("m-2", sent=at(7)),
        delivery("m-1"),
        hard_bounce("m-3"),
        send("m-3", sent=at(5)),
        delivery("m-2"),
    )
    assert world.feedback.take([told()]) == []
    assert [status(world, message) for message in ("m-1", "m-2", "m-3")] == [
        Status.DELIVERED,
        Status.DELIVERED,
        Status.BOUNCED,
    ]
    assert world.entry("m-3@example.com") is not None
    assert world.watermarks.read(STREAM) == at(7)
    assert world.counts.of(Metric.DELIVERIES, STREAM) == 2
    assert world.counts.of(Metric.HARD_BOUNCES, STREAM) == 1
    # One write for each message, however many of its events there are.
    assert {row.version for row in world.ledger.rows()} == {2}


def test_an_object_that_comes_twice_changes_nothing_the_second_time(world: World) -> None:
    world.ledger.insert(claimed("m-1"))
    store(world, send("m-1"), hard_bounce("m-1"))
    world.feedback.take([told(), told(sqs_id="sqs-2")])
    before = world.ledger.rows()
    world.applied = MemoryAppliedObjects()  # its mark has been lost
    assert world.feedback.take([told()]) == []
    assert world.ledger.rows() == before
    assert len(world.history("m-1@example.com")) == 1
    assert world.counts.of(Metric.HARD_BOUNCES, STREAM) == 1


def test_an_object_that_is_marked_is_not_read_again(world: World) -> None:
    store(world, send("m-1"))
    world.feedback.take([told()])
    world.objects.objects[KEY] = b"\x1f\x8b broken since"
    assert world.feedback.take([told()]) == []


def test_one_batch_holds_events_by_themselves_objects_and_greetings(world: World) -> None:
    for message in ("m-1", "m-2"):
        world.ledger.insert(claimed(message))
    store(world, delivery("m-2"), key=KEY)
    greeting = Record("hello", "receipt", json.dumps({"Event": "s3:TestEvent", "Bucket": BUCKET}), T0, 1)
    records = [told(), by_itself(delivery("m-1")), greeting, by_itself({"eventType": "Send"}, "broken")]
    assert world.feedback.take(records) == ["broken"]
    assert status(world, "m-1") is status(world, "m-2") is Status.DELIVERED


def test_events_by_themselves_move_no_watermark(world: World) -> None:
    world.feedback.take([by_itself(send("m-1"))])
    assert world.watermarks.read(STREAM) is None


def test_a_notification_of_several_objects_fails_with_one_of_them(world: World) -> None:
    second = KEY.replace("03-11", "03-59")
    store(world, send("m-1", sent=at(1)))
    world.objects.objects[second] = b"\x1f\x8b broken"
    assert world.feedback.take([told(KEY, second), told(sqs_id="other")]) == ["sqs-1"]
    assert world.watermarks.read(STREAM) == at(1)


def test_a_flood_of_objects_moves_the_watermark_every_few_seconds_not_each_time(world: World) -> None:
    feedback = world.feedback
    watermarks = []
    for second in range(8):
        key = f"events/2026/11/22/14/s-1-2026-11-22-14-03-{second + 20}-a"
        store(world, send("m-1", sent=at(second)), key=key)
        feedback.take([told(key)])
        watermarks.append(world.watermarks.read(STREAM))
        world.clock.at += timedelta(seconds=1)
    assert watermarks == [at(0)] * 5 + [at(5)] * 3


def test_a_canary_has_no_row_misses_none_and_moves_the_watermark(world: World) -> None:
    store(world, canary(at(9)))
    assert world.feedback.take([told()]) == []
    assert world.watermarks.read(STREAM) == at(9)
    assert world.counts.of(Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM) == 0
    assert len(world.ledger) == 0


def test_only_sends_of_this_stages_streams_move_watermarks(world: World) -> None:
    foreign = send("m-1", sent=at(5))
    foreign["mail"]["tags"]["ses:configuration-set"] = ["somebody-elses"]
    untagged = send("m-2", sent=at(6))
    del untagged["mail"]["tags"]
    store(
        world, foreign, untagged, delivery("m-3", sent=at(8)), send("m-4", sent=at(1), stream="order-updates")
    )
    world.feedback.take([told()])
    assert world.watermarks.read("order-updates") == at(1)
    assert world.watermarks.read(STREAM) is None


def test_a_send_time_in_the_future_is_not_believed(world: World) -> None:
    store(world, send("m-1", sent=datetime(2027, 1, 1, tzinfo=UTC)))
    world.feedback.take([told()])
    assert world.watermarks.read(STREAM) == datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def test_malformed_events_are_counted_and_told_and_stop_neither_the_others_nor_the_watermark(
    world: World,
) -> None:
    world.ledger.insert(claimed("m-1"))
    bad_address = hard_bounce("m-1")
    bad_address["bounce"]["bouncedRecipients"] = [{"emailAddress": "ana ruiz@example.com"}]
    without_mail = {"eventType": "Send"}
    store(world, without_mail, b'{"eventType": ana@example.com', bad_address, send("m-1", sent=at(2)))
    assert world.feedback.take([told()]) == []
    assert status(world, "m-1") is Status.BOUNCED
    assert world.watermarks.read(STREAM) == at(2)
    assert world.counts.of(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM) == 3
    (line,) = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert (line["message"], line["key"], line["events"]) == ("malformed events in an object", KEY, 3)
    assert "@" not in world.log.getvalue()


def test_a_time_at_the_calendars_end_spoils_neither_the_others_nor_the_watermark(world: World) -> None:
    world.ledger.insert(claimed("m-1"))
    world.ledger.insert(claimed("m-2"))
    late = delivery("m-1")
    late["delivery"]["timestamp"] = "9999-12-31T23:59:59Z"
    never = send("m-2")
    never["mail"]["timestamp"] = "9999-12-31T23:59:59Z"
    store(world, late, never, send("m-2"))

    assert world.feedback.take([told(), by_itself(late)]) == []

    assert status(world, "m-1") is Status.DELIVERED
    assert status(world, "m-2") is Status.SENT
    assert world.counts.of(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM) == 1
    assert world.watermarks.read(STREAM) == T0


def test_an_object_that_can_not_be_unpacked_fails_and_holds_the_watermark_back(world: World) -> None:
    world.ledger.insert(claimed("m-1"))
    store(world, delivery("m-1"), send("m-1"))
    whole = world.objects.objects[KEY]
    world.objects.objects[KEY] = whole[:-8]
    assert world.feedback.take([told()]) == ["sqs-1"]
    assert status(world, "m-1") is Status.DELIVERED
    assert world.watermarks.read(STREAM) is None
    assert world.counts.of(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM) == 1


def test_an_object_that_was_deleted_is_done_with(world: World) -> None:
    assert world.feedback.take([told()]) == []
    assert "gone" in world.log.getvalue()


@pytest.mark.parametrize("events_at_once", [1, 7, 1_000])
def test_thousands_of_events_are_applied_some_at_a_time(world: World, events_at_once: int) -> None:
    world.events_at_once = events_at_once
    messages = [f"m-{index}" for index in range(60)]
    for message in messages:
        world.ledger.insert(claimed(message))
    store(world, *(said(message) for said in (send, delivery, send) for message in messages))
    assert world.feedback.take([told()]) == []
    assert {row.status for row in world.ledger.rows()} == {Status.DELIVERED}
    assert world.counts.of(Metric.DELIVERIES, STREAM) == 60


def test_without_a_row_bad_news_still_suppresses_and_is_counted_once(world: World) -> None:
    store(world, hard_bounce("m-1"))
    for _ in range(2):
        world.feedback.take([told()])
        world.applied = MemoryAppliedObjects()
    assert world.entry("m-1@example.com") is not None
    assert world.counts.of(Metric.HARD_BOUNCES, UNKNOWN_STREAM) == 1


@pytest.mark.parametrize("method", ["get_many", "replace"])
def test_an_object_that_is_applied_in_part_comes_back_and_is_finished(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    world.events_at_once = 2
    world.threads = 1
    messages = [f"m-{index}" for index in range(6)]
    for message in messages:
        world.ledger.insert(claimed(message))
    store(world, *(delivery(message) for message in messages), send("m-0"))
    real = getattr(world.ledger, method)
    calls = []

    def second_time_unavailable(*arguments: object, **named: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise LedgerUnavailableError("ThrottlingException for m-1@example.com")
        return real(*arguments, **named)

    monkeypatch.setattr(world.ledger, method, second_time_unavailable)
    assert world.feedback.take([told()]) == ["sqs-1"]
    delivered = [status(world, message) for message in messages].count(Status.DELIVERED)
    assert delivered == (4 if method == "get_many" else 5)
    assert world.watermarks.read(STREAM) is None
    assert "@" not in world.log.getvalue()
    assert world.feedback.take([told()]) == []
    assert [status(world, message) for message in messages] == [Status.DELIVERED] * 6
    assert world.watermarks.read(STREAM) == T0


def test_with_little_time_left_objects_are_left_for_later_but_not_what_came_by_itself(world: World) -> None:
    for message in ("m-1", "m-2"):
        world.ledger.insert(claimed(message))
    store(world, delivery("m-2"))
    left: Iterator[float] = iter([60, *[11.0] * 9])
    records = [told(), by_itself(delivery("m-1"))]
    assert world.feedback.take(records, seconds_left=lambda: next(left)) == ["sqs-1"]
    assert status(world, "m-1") is Status.DELIVERED
    assert status(world, "m-2") is Status.CLAIMED


def test_a_long_object_stops_in_time_and_is_finished_by_later_runs(world: World) -> None:
    world.events_at_once = 10
    messages = [f"m-{index}" for index in range(40)]
    for message in messages:
        world.ledger.insert(claimed(message))
    store(world, *(delivery(message) for message in messages))
    left: Iterator[float] = iter([50, 40, 30, 20, 9, 9])
    assert world.feedback.take([told()], seconds_left=lambda: next(left)) == ["sqs-1"]
    delivered = [status(world, message) for message in messages].count(Status.DELIVERED)
    assert delivered == 20
    assert not world.applied.has(KEY)
    assert world.feedback.take([told()]) == []
    assert {status(world, message) for message in messages} == {Status.DELIVERED}


def test_the_bounce_of_a_kind_is_the_same_by_either_way(world: World) -> None:
    for message in ("m-1", "m-2"):
        world.ledger.insert(claimed(message))
    store(world, hard_bounce("m-1"))
    world.feedback.take([told(), by_itself(hard_bounce("m-2"))])
    one, other = world.ledger.get("m-1"), world.ledger.get("m-2")
    assert one is not None
    assert other is not None
    assert one.bounce == other.bounce == BounceKind.HARD
    assert (one.status, one.times, one.notes) == (other.status, other.times, other.notes)
