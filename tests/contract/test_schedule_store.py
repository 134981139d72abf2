"""The schedule's contract, over the fake and over DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from moto import mock_aws

from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.errors import ScheduleUnavailableError
from postroad.schedule.keys import SHARDS, pointer_key
from postroad.schedule.memory import MemorySchedule
from postroad.schedule.pointer import Mark, Pointer, Priority
from postroad.schedule.ports import AuditProgress, Schedule
from tests.dispatch_world import NOW, STREAM, ids, minutes, point
from tests.tables import create_table

pytestmark = pytest.mark.slow
MINUTE = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "dynamodb"])
def schedule(request: pytest.FixtureRequest) -> Iterator[Schedule]:
    if request.param == "memory":
        yield MemorySchedule()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Schedule")
        yield DynamoSchedule(client, "Schedule")


@pytest.fixture(params=["whole pages", "pages of one"])
def paged(request: pytest.FixtureRequest, schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    if request.param == "pages of one" and isinstance(schedule, DynamoSchedule):
        for operation in ("query", "scan"):
            ask = getattr(schedule._client, operation)
            monkeypatch.setattr(
                schedule._client, operation, lambda ask=ask, **words: ask(**{**words, "Limit": 1})
            )
    return schedule


def test_a_pointer_comes_back_as_it_was_written_to_the_millisecond(schedule: Schedule) -> None:
    pointer = point("m.-_:1", due=NOW + timedelta(microseconds=123_456), generation=12)
    schedule.put(pointer)
    schedule.put(pointer)
    due = schedule.due(STREAM, MINUTE, limit=10)
    assert due.pointers == [replace(pointer, due=NOW + timedelta(milliseconds=123))]
    assert not due.more


def test_another_time_zone_is_the_same_time(schedule: Schedule) -> None:
    bogota = timezone(timedelta(hours=-5, minutes=-30))
    schedule.put(point("m-1", due=NOW.astimezone(bogota)))
    assert schedule.due(STREAM, MINUTE.astimezone(bogota), limit=10).pointers == [point("m-1")]


def test_what_is_due_comes_by_priority_then_time_then_id(paged: Schedule) -> None:
    for pointer in (
        point("b"),
        point("a"),
        point("later", due=NOW + timedelta(seconds=1)),
        point("evidence", due=NOW + timedelta(seconds=30), priority=Priority.EVIDENCE),
        point("other-minute", due=NOW + minutes(1)),
        point("other-stream", stream="marketing"),
    ):
        paged.put(pointer)
    assert ids(paged.due(STREAM, MINUTE, limit=10).pointers) == ["evidence", "a", "b", "later"]


def test_the_first_of_many_are_the_first_of_all_shards(paged: Schedule) -> None:
    pointers = [point(f"m-{number:02}", due=MINUTE + timedelta(milliseconds=number)) for number in range(60)]
    assert len({pointer_key(pointer)[0] for pointer in pointers}) == len(SHARDS)
    for pointer in reversed(pointers):
        paged.put(pointer)
    for limit in (1, 7, 59, 60, 100):
        due = paged.due(STREAM, MINUTE, limit=limit)
        assert due.pointers == pointers[:limit]
        assert due.more == (limit < len(pointers))


def test_pointers_in_one_shard_alone_are_all_read(schedule: Schedule) -> None:
    same = [
        pointer for number in range(900) if pointer_key(pointer := point(f"m-{number:03}"))[0].endswith("#7")
    ]
    assert len(same) > 30
    for pointer in same:
        schedule.put(pointer)
    assert schedule.due(STREAM, MINUTE, limit=30).pointers == same[:30]
    assert schedule.due(STREAM, MINUTE, limit=1000).pointers == same


def test_removing_takes_these_and_no_others_and_may_be_repeated(schedule: Schedule) -> None:
    pointers = [point(f"m-{number:02}") for number in range(60)]
    for pointer in pointers:
        schedule.put(pointer)
    schedule.put(point("m-00", generation=2))
    schedule.remove([*pointers, pointers[0]])
    schedule.remove(pointers)
    schedule.remove([])
    assert schedule.due(STREAM, MINUTE, limit=100).pointers == [point("m-00", generation=2)]


def test_marks_come_oldest_first_and_limited(paged: Schedule) -> None:
    evidence = point("b", due=NOW + minutes(1), priority=Priority.EVIDENCE)
    for pointer in (point("a", due=NOW + minutes(1)), evidence, point("c", due=NOW + minutes(1)), point("d")):
        paged.put(pointer)
    paged.put(point("e", due=NOW + minutes(2)))
    paged.put(point("f", stream="marketing"))
    first, second = MINUTE, MINUTE + minutes(1)
    expected = [
        Mark(first, Priority.USUAL),
        Mark(second, Priority.EVIDENCE),
        Mark(second, Priority.USUAL),
    ]
    assert paged.marks(STREAM, first=None, last=second, limit=10) == expected
    assert paged.marks(STREAM, first=second, last=second, limit=10) == expected[1:]
    assert paged.marks(STREAM, first=None, last=second, limit=2) == expected[:2]
    assert paged.marks("nobody", first=None, last=second, limit=2) == []


def test_a_cursor_moves_only_from_where_it_was_read(schedule: Schedule) -> None:
    assert schedule.cursor(STREAM) is None
    assert schedule.move_cursor(STREAM, MINUTE, expected=None)
    assert schedule.cursor(STREAM) == MINUTE
    assert not schedule.move_cursor(STREAM, MINUTE + minutes(1), expected=None)
    assert schedule.move_cursor(STREAM, MINUTE + minutes(1), expected=MINUTE)
    assert not schedule.move_cursor(STREAM, MINUTE + minutes(2), expected=MINUTE)
    assert schedule.cursor(STREAM) == MINUTE + minutes(1)
    assert schedule.cursor("marketing") is None


def test_a_repeated_move_of_the_cursor_counts_as_made(schedule: Schedule) -> None:
    for _ in range(2):
        assert schedule.move_cursor(STREAM, MINUTE, expected=None)
    for _ in range(2):
        assert schedule.move_cursor(STREAM, MINUTE + minutes(1), expected=MINUTE)


def test_every_pointer_is_on_one_page_and_nothing_else_is(paged: Schedule) -> None:
    pointers = {point(f"m-{number}", due=NOW + minutes(number)) for number in range(7)}
    pointers.add(point("m-1", stream="marketing"))
    for pointer in pointers:
        paged.put(pointer)
    paged.move_cursor(STREAM, MINUTE, expected=None)
    paged.save_audit_progress(AuditProgress(date(2026, 11, 22)))
    found: list[Pointer] = []
    start: tuple[str, str] | None = None
    for _ in range(100):
        page = paged.page(start, limit=3)
        found.extend(page.pointers)
        start = page.next_key
        if start is None:
            break
    assert start is None
    assert len(found) == len(pointers)
    assert set(found) == pointers


def test_the_audit_s_progress_comes_back(schedule: Schedule) -> None:
    assert schedule.audit_progress() is None
    for progress in (
        AuditProgress(date(2026, 11, 22)),
        AuditProgress(date(2026, 11, 22), ("v1#a", "b")),
        AuditProgress(date(2026, 11, 23), done=True),
    ):
        schedule.save_audit_progress(progress)
        assert schedule.audit_progress() == progress


class Recorded:
    """A table under moto whose client's requests are counted, and may be spoiled."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb")
        create_table(self.client, "Schedule")
        self.calls: list[str] = []
        self.pauses: list[float] = []
        self.client.meta.events.register("before-call.dynamodb", self._note)
        self.schedule = DynamoSchedule(self.client, "Schedule", pause=self.pauses.append)

    def _note(self, model: Any, **_event: object) -> None:  # noqa: ANN401  botocore has no types of its own
        self.calls.append(model.name)


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with mock_aws():
        yield Recorded()


def test_a_minute_is_marked_before_its_first_pointer_and_once_by_a_process(recorded: Recorded) -> None:
    for number in range(20):
        recorded.schedule.put(point(f"m-{number}"))
    assert recorded.calls == ["PutItem"] * 21
    marked = recorded.client.query(
        TableName="Schedule",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"minutes#{STREAM}"}},
    )["Items"]
    until = int((MINUTE + timedelta(days=60)).timestamp())
    assert marked == [
        {"pk": {"S": f"minutes#{STREAM}"}, "sk": {"S": "2026-11-22T14:00#5"}, "ttl": {"N": str(until)}}
    ]


def test_a_pointer_whose_minute_can_not_be_marked_is_not_written() -> None:
    with mock_aws():
        schedule = DynamoSchedule(boto3.client("dynamodb"), "missing")
        with pytest.raises(ScheduleUnavailableError) as raised:
            schedule.put(point("m-1"))
        assert "ResourceNotFoundException" in str(raised.value)


def test_a_pointer_is_under_three_hundred_bytes(recorded: Recorded) -> None:
    longest = replace(
        point("m" * 128, priority=Priority.EVIDENCE, generation=1000), fingerprint="f" * 64, stream="s" * 30
    )
    recorded.schedule.put(longest)
    (item,) = [item for item in recorded.client.scan(TableName="Schedule")["Items"] if "fingerprint" in item]
    assert sum(len(name) + len(value["S"]) for name, value in item.items()) < 300


def test_deletes_that_are_left_over_are_asked_for_again(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointers = [point(f"m-{number}") for number in range(30)]
    for pointer in pointers:
        recorded.schedule.put(pointer)
    write = recorded.client.batch_write_item
    sizes: list[int] = []

    def leave_half(*, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803  boto3's name
        requests = RequestItems["Schedule"]
        sizes.append(len(requests))
        half = len(requests) // 2
        write(RequestItems={"Schedule": requests[half:]})
        return {"UnprocessedItems": {"Schedule": requests[:half]} if half else {}}

    monkeypatch.setattr(recorded.client, "batch_write_item", leave_half)
    recorded.schedule.remove(pointers)
    assert sizes == [25, 12, 6, 3, 1, 5, 2, 1]
    assert len(recorded.pauses) == 6
    assert all(0 < pause <= 2 for pause in recorded.pauses)
    assert recorded.schedule.due(STREAM, MINUTE, limit=100).pointers == []


def test_deletes_that_are_always_left_over_are_an_error(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave_all(*, RequestItems: object) -> dict[str, Any]:  # noqa: N803  boto3's name
        return {"UnprocessedItems": RequestItems}

    monkeypatch.setattr(recorded.client, "batch_write_item", leave_all)
    with pytest.raises(ScheduleUnavailableError, match="deletes"):
        recorded.schedule.remove([point("m-1")])


def test_a_table_that_can_not_be_asked_is_told_as_such() -> None:
    with mock_aws():
        schedule = DynamoSchedule(boto3.client("dynamodb"), "missing")
        for ask in (
            lambda: schedule.marks(STREAM, first=None, last=MINUTE, limit=1),
            lambda: schedule.due(STREAM, MINUTE, limit=1),
            lambda: schedule.remove([point("m-1")]),
            lambda: schedule.cursor(STREAM),
            lambda: schedule.move_cursor(STREAM, MINUTE, expected=None),
            lambda: schedule.page(None, limit=1),
            schedule.audit_progress,
            lambda: schedule.save_audit_progress(AuditProgress(date(2026, 11, 22))),
        ):
            with pytest.raises(ScheduleUnavailableError):
                ask()
