from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from postroad.bodies.dynamodb import DynamoBodies
from postroad.bodies.errors import BodiesUnavailableError
from postroad.cli.schedule import local
from postroad.contract.words import Reason, Status
from postroad.ledger.row import Row
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.errors import ScheduleUnavailableError
from postroad.schedule.pointer import Pointer, Priority, minute_of
from tests.unit.cli.deployed import NOON, Deployed, configure, make_row

pytestmark = pytest.mark.slow

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


@pytest.fixture
def schedule(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> DynamoSchedule:
    client = deployed.session.client("dynamodb")
    deployed.outputs["postroad-test-foundation"]["ScheduleTable"] = "schedule"
    configure()
    monkeypatch.setattr("postroad.cli.operators.getpass.getuser", lambda: "ana")
    return DynamoSchedule(client, "schedule")


def wait(
    deployed: Deployed,
    schedule: DynamoSchedule,
    message_id: str,
    *,
    due: datetime = SOON,
    stream: str = "transactional",
    priority: Priority = Priority.USUAL,
    **changes: Any,  # noqa: ANN401  any field of the row
) -> Pointer:
    """Let a message wait for its time."""
    values = {
        "status": Status.SCHEDULED,
        "reason": Reason.SEND_AT.value,
        "stream": stream,
        "fingerprint": "f-1",
        "due": due,
        "generation": 2,
        "attempt": 0,
        "ses_ids": {},
        "times": {"accepted": NOON},
    }
    deployed.ledger.insert(make_row(message_id, **{**values, **changes}))
    deployed.bodies.put(message_id, "f-1", "{}", first_sent=NOON, until=due + timedelta(days=22))
    pointer = Pointer(
        stream=stream,
        message_id=message_id,
        fingerprint="f-1",
        generation=2,
        due=due,
        minute=minute_of(due),
        priority=priority,
    )
    schedule.put(pointer)
    return pointer


def row_of(deployed: Deployed, message_id: str) -> Row:
    row = deployed.ledger.get(message_id)
    assert row is not None
    return row


def left(schedule: DynamoSchedule) -> list[str]:
    return sorted(pointer.message_id for pointer in schedule.page(None, limit=1000).pointers)


# ---- list


def test_what_waits_is_listed_soonest_first_of_all_streams(
    deployed: Deployed, schedule: DynamoSchedule
) -> None:
    wait(deployed, schedule, "next-year", due=SOON + timedelta(days=364))
    wait(deployed, schedule, "tomorrow")
    wait(deployed, schedule, "unsure", due=SOON - timedelta(hours=20), priority=Priority.EVIDENCE)
    wait(deployed, schedule, "elsewhere", due=SOON + timedelta(minutes=5), stream="order-updates")
    document = deployed.json("schedule", "list")
    assert [(each["message_id"], each["waits_for"]) for each in document["messages"]] == [
        ("unsure", "evidence"),
        ("tomorrow", "send_at"),
        ("elsewhere", "send_at"),
        ("next-year", "send_at"),
    ]
    assert document["more"] is False
    assert document["messages"][1] == {
        "message_id": "tomorrow",
        "stream": "transactional",
        "due": f"{SOON:%Y-%m-%dT%H:%M:%S}Z",
        "due_local": SOON.astimezone().isoformat(),
        "waits_for": "send_at",
        "generation": 2,
    }


def test_times_are_shown_here_and_in_utc(
    deployed: Deployed, schedule: DynamoSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(deployed, schedule, "tomorrow")
    monkeypatch.setenv("TZ", "America/Bogota")
    time.tzset()
    try:
        result = deployed.run("schedule", "list")
    finally:
        monkeypatch.undo()
        time.tzset()
    line = result.stdout.splitlines()[1]
    assert line.startswith(f"{SOON - timedelta(hours=5):%Y-%m-%d %H:%M:%S} -0500")
    assert f"{SOON:%Y-%m-%d %H:%M:%S} UTC" in line
    assert line.split()[-4:] == ["tomorrow", "transactional", "send_at", "2"]


def test_a_half_hour_zone_is_shown_as_such() -> None:
    delhi = timezone(timedelta(hours=5, minutes=30))
    assert local(NOON, delhi) == "2025-11-22 17:30:00 +0530"


def test_a_limit_says_that_there_is_more(deployed: Deployed, schedule: DynamoSchedule) -> None:
    for number in range(4):
        wait(deployed, schedule, f"m-{number}", due=SOON + timedelta(minutes=number))
    document = deployed.json("schedule", "list", "--limit", "3")
    assert [each["message_id"] for each in document["messages"]] == ["m-0", "m-1", "m-2"]
    assert document["more"] is True
    assert "There are more: --limit 30" in deployed.run("schedule", "list", "--limit", "3").stdout


def test_a_stream_can_be_named_and_must_exist(deployed: Deployed, schedule: DynamoSchedule) -> None:
    wait(deployed, schedule, "here")
    wait(deployed, schedule, "elsewhere", stream="order-updates")
    document = deployed.json("schedule", "list", "--stream", "order-updates")
    assert [each["message_id"] for each in document["messages"]] == ["elsewhere"]
    assert deployed.run("schedule", "list", "--stream", "orders").exit_code == 3


@pytest.mark.usefixtures("schedule")
def test_nothing_that_waits_is_said(deployed: Deployed) -> None:
    assert deployed.run("schedule", "list").stdout == "Nothing waits for its time.\n"
    assert deployed.json("schedule", "list") == {"messages": [], "more": False}


def test_more_marked_minutes_than_are_read_at_once_are_all_listed(
    deployed: Deployed, schedule: DynamoSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postroad.schedule.listing.MARKS", 2)
    for number in range(5):
        wait(deployed, schedule, f"m-{number}", due=SOON + timedelta(minutes=number))
    document = deployed.json("schedule", "list")
    assert [each["message_id"] for each in document["messages"]] == [f"m-{number}" for number in range(5)]


# ---- cancel


def test_what_waits_is_cancelled_in_the_operator_s_name(deployed: Deployed, schedule: DynamoSchedule) -> None:
    wait(deployed, schedule, "m-1")
    wait(deployed, schedule, "m-2")
    result = deployed.run("schedule", "cancel", "m-1", "--yes")
    assert result.exit_code == 0
    assert "m-1 is cancelled." in result.stdout
    row = row_of(deployed, "m-1")
    assert (row.status, row.reason, row.due, row.generation) == (
        Status.CANCELLED,
        "cancelled_by_operator",
        None,
        2,
    )
    assert row.notes[-1].startswith("cancelled by operator:ana on ")
    assert row.expires_at is not None
    assert row.expires_at - datetime.now(UTC) > timedelta(days=28) - timedelta(minutes=1)
    assert deployed.bodies.of("m-1") == []
    assert left(schedule) == ["m-2"]
    assert row_of(deployed, "m-2").status is Status.SCHEDULED


def test_it_asks_first_and_nothing_happens_without_an_answer(
    deployed: Deployed, schedule: DynamoSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(deployed, schedule, "m-1")
    assert deployed.run("schedule", "cancel", "m-1").exit_code == 4
    monkeypatch.setattr("postroad.cli.confirming.is_interactive", lambda: True)
    refused = deployed.run("schedule", "cancel", "m-1", given="n\n")
    assert refused.exit_code == 4
    assert "stage test, account 123456789012" in refused.stderr
    assert row_of(deployed, "m-1").status is Status.SCHEDULED
    assert deployed.run("schedule", "cancel", "m-1", given="y\n").exit_code == 0
    assert row_of(deployed, "m-1").status is Status.CANCELLED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": Status.SENT, "reason": ""}, "m-1 is sent, and"),
        (
            {"status": Status.CLAIMED, "reason": "unknown_outcome", "owner": "o"},
            "is claimed (unknown_outcome)",
        ),
        ({"status": Status.HELD, "reason": "body_lost"}, "is held (body_lost)"),
    ],
)
def test_anything_else_is_left_alone_and_said(
    deployed: Deployed, schedule: DynamoSchedule, changes: dict[str, Any], said: str
) -> None:
    wait(deployed, schedule, "m-1", **changes)
    before = row_of(deployed, "m-1")
    result = deployed.run("schedule", "cancel", "m-1", "--yes")
    assert result.exit_code == 4
    assert said in result.stdout
    assert row_of(deployed, "m-1") == before
    assert len(deployed.bodies.of("m-1")) == 1


def test_several_are_told_apart(deployed: Deployed, schedule: DynamoSchedule) -> None:
    wait(deployed, schedule, "m-1")
    wait(deployed, schedule, "m-2", status=Status.SENT, reason="")
    document = deployed.json("schedule", "cancel", "m-2", "m-1", "m-3", "m-1", "--yes", code=3)
    told = {each["message_id"]: (each["cancelled"], each["status"]) for each in document["messages"]}
    assert told == {"m-1": (True, "cancelled"), "m-2": (False, "sent"), "m-3": (False, None)}


def test_a_broken_off_cancel_is_finished_by_the_next(
    deployed: Deployed, schedule: DynamoSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(deployed, schedule, "m-1")

    def fail(*_: object) -> None:
        raise BodiesUnavailableError("not now")

    with monkeypatch.context() as broken:
        broken.setattr(DynamoBodies, "delete", fail)
        document = deployed.json("schedule", "cancel", "m-1", "--yes", code=1)
        assert "it is cancelled, and its body is kept" in document["messages"][0]["error"]
    assert row_of(deployed, "m-1").status is Status.CANCELLED
    again = deployed.run("schedule", "cancel", "m-1")
    assert (again.exit_code, again.stdout) == (0, "m-1 was cancelled already.\n")
    assert deployed.bodies.of("m-1") == []


def test_a_pointer_that_can_not_be_removed_is_no_trouble(
    deployed: Deployed, schedule: DynamoSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(deployed, schedule, "m-1")

    def fail(*_: object) -> None:
        raise ScheduleUnavailableError

    with monkeypatch.context() as broken:
        broken.setattr(DynamoSchedule, "remove", fail)
        assert deployed.run("schedule", "cancel", "m-1", "--yes").exit_code == 0
    assert left(schedule) == ["m-1"]


def test_somebody_faster_is_not_overwritten(
    deployed: Deployed, schedule: DynamoSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(deployed, schedule, "m-1")

    def send_meanwhile(*_: object, **__: object) -> None:
        deployed.ledger.apply("m-1", lambda row: make_row("m-1", status=Status.SENT, version=row.version))

    monkeypatch.setattr("postroad.cli.schedule_cancel.confirm", send_meanwhile)
    result = deployed.run("schedule", "cancel", "m-1")
    assert result.exit_code == 4
    assert row_of(deployed, "m-1").status is Status.SENT
