"""Messages that wait, deployed: an hour without dispatch, a late cancel, a pointer gone astray."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest

from postroad.contract.words import Status
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.pointer import MINUTE, Pointer, minute_of
from tests.local_stack import LocalStack, patiently
from tools.rehearsing import Rehearsal

pytestmark = pytest.mark.slow
STREAM = "marketing"
FUNCTION = f"send-{STREAM}"
IN_AN_HOUR = 20
HOUR_OVER = 61 * MINUTE
LATER = 64 * MINUTE
MOST_RUNS = 8
IN_THE_QUEUE = timedelta(seconds=12)
OVERTAKEN = 3
"""How many mails others may overtake: those that a worker had in hand when it started, or was preempted."""


@pytest.fixture(scope="module")
def start() -> datetime:
    return minute_of(datetime.now(UTC))


@pytest.fixture(scope="module")
def due(start: datetime) -> Mapping[str, datetime]:
    """The messages of this module, and when each is due; the last two after the hour."""
    hour = {f"hour-{number}": start + 3 * (number + 1) * MINUTE for number in range(IN_AN_HOUR)}
    return {**hour, "cancelled": start + LATER + IN_THE_QUEUE, "astray": start + LATER + 3 * MINUTE}


@pytest.fixture(autouse=True, scope="module")
def ids(stack: LocalStack, rehearsal: Rehearsal, due: Mapping[str, datetime]) -> Iterator[dict[str, str]]:
    """Enqueue them, wait until all wait, and let more than an hour pass in which dispatch does not run.

    The stream's function takes one message at a time, so that the order of mails tells something.
    """
    function, name = f"postroad-local-{FUNCTION}", f"waits-{token_hex(3)}"
    (mapping,) = stack.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    stack.functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=1)
    rehearsal.let_dispatch_run(each_minute=False)
    made: dict[str, str] = {}
    for number, (each, at) in enumerate(due.items()):
        (made[each],) = rehearsal.enqueue(name, 1, stream=STREAM, first=number, send_at=at.isoformat())

    def all_wait() -> bool | None:
        return True if statuses() == {Status.SCHEDULED: len(due)} else None

    def statuses() -> Mapping[str, int]:
        return rehearsal.account(name, made.values()).by_status

    patiently(all_wait, lambda: f"all to be scheduled: {statuses()}")
    with rehearsal.ahead(FUNCTION, LATER + 10 * MINUTE):
        yield made
    stack.functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=mapping["BatchSize"])
    for stream in ("transactional", STREAM):  # what a run ahead of its time has noted
        stack.dynamodb.delete_item(
            TableName=stack.outputs["ScheduleTable"],
            Key={"pk": {"S": f"state#{stream}"}, "sk": {"S": "canary"}},
        )
    rehearsal.let_dispatch_run(each_minute=True)


def test_an_hour_without_dispatch_is_made_up_for_in_order(
    rehearsal: Rehearsal, start: datetime, ids: Mapping[str, str]
) -> None:
    hour = [message_id for each, message_id in ids.items() if each.startswith("hour-")]
    name = hour[0].rpartition("-")[0]
    assert rehearsal.inbox.counts().by_message_id.keys().isdisjoint(hour)

    # A run ends with its time; on a busy machine the next one goes on where it stopped.
    for _ in range(MOST_RUNS):
        rehearsal.dispatch(start + HOUR_OVER)
        if not rehearsal.account(name, hour).by_status.get(Status.SCHEDULED):
            break

    found = patiently(
        lambda: found if not (found := rehearsal.account(name, hour)).waiting else None,
        lambda: f"all to leave: {rehearsal.account(name, hour).by_status}",
    )
    assert found.problems == []
    mails = sorted(rehearsal.inbox.mails(stream=STREAM), key=lambda mail: str(mail["id"]))
    left = [mail["message_id"] for mail in mails if mail["message_id"] in hour]
    assert in_order([hour.index(each) for each in left]) >= IN_AN_HOUR - OVERTAKEN, left


def in_order(numbers: list[int]) -> int:
    """Return how many of them stand in order, if the fewest are taken out."""
    ends: list[int] = []
    for each in numbers:
        place = bisect_left(ends, each)
        ends[place : place + 1] = [each]
    return len(ends)


def test_a_cancel_wins_over_a_copy_that_was_popped(
    stack: LocalStack, rehearsal: Rehearsal, due: Mapping[str, datetime], ids: Mapping[str, str]
) -> None:
    # Due some seconds after its minute begins: dispatch hands it to the queue, which keeps it until then.
    message_id = ids["cancelled"]
    rehearsal.dispatch(minute_of(due["cancelled"]))
    assert rehearsal.depth(STREAM) == (0, 1), "the copy is on the queue"

    told = rehearsal.command("schedule", "cancel", message_id, "--yes")
    patiently(lambda: True if rehearsal.depth(STREAM) == (0, 0) else None, lambda: "the copy to go")

    row = stack.ledger.get(message_id)
    assert row is not None
    assert row.status is Status.CANCELLED, told
    assert stack.mails_of(message_id) == []


def test_the_audit_finds_a_pointer_in_a_minute_long_swept(
    stack: LocalStack, rehearsal: Rehearsal, due: Mapping[str, datetime], ids: Mapping[str, str]
) -> None:
    message_id, at = ids["astray"], due["astray"]
    row = stack.ledger.get(message_id)
    assert row is not None
    pointers = DynamoSchedule(stack.dynamodb, stack.outputs["ScheduleTable"])
    pointer = Pointer(
        stream=STREAM,
        message_id=message_id,
        fingerprint=row.fingerprint,
        generation=row.generation,
        due=at,
        minute=at,
    )
    assert pointer in pointers.due(STREAM, at, limit=100).pointers
    pointers.put(replace(pointer, minute=at - timedelta(hours=3)))
    pointers.remove([pointer])

    tomorrow = at + timedelta(days=1)
    rehearsal.dispatch(tomorrow)
    assert stack.mails_of(message_id) == [], "no sweep comes by it any more"
    rehearsal.dispatch(tomorrow + 5 * MINUTE)

    assert stack.wait_for_end(message_id).status is Status.DELIVERED
    assert len(stack.mails_of(message_id)) == 1
