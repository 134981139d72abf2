"""`postroad event send`: what is put on the queue of journeys, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli import event as command
from postroad.contract.event import parse_event

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

DECLARED = '[events."order.placed"]\nkeep = ["total"]\n'
WORDS = ("event", "send", "order.placed", "--to", "ana.ruiz@example.com")


@pytest.fixture(autouse=True)
def _declared(deployed: Deployed) -> None:
    del deployed  # it works in a folder of its own
    folder = Path("config")
    folder.mkdir(exist_ok=True)
    (folder / "events.toml").write_text(DECLARED, encoding="utf-8")


def queued(deployed: Deployed) -> list[dict[str, Any]]:
    answer = deployed.sqs.receive_message(
        QueueUrl=deployed.queue_urls["JourneysQueueUrl"], MaxNumberOfMessages=10
    )
    bodies = [message["Body"] for message in answer.get("Messages", [])]
    for body in bodies:
        parse_event(body)
    return [json.loads(body) for body in bodies]


def line(event_id: str | None, name: str = "order.placed") -> str:
    event = {
        "schema": "postroad.event.v1",
        "event_id": event_id,
        "name": name,
        "time": "2026-11-22T12:00:00Z",
        "contact": {"email": "ana.ruiz@example.com"},
    }
    return json.dumps({word: value for word, value in event.items() if value is not None}) + "\n"


def test_an_event_is_reported_with_all_that_is_said_of_it(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"order_id": "1042", "total": 1}', encoding="utf-8")
    said = ("--properties", "order.json", "--property", "total=12.5", "--property", "city=Bogotá")
    contact = ("--name", "Ana Ruiz", "--locale", "es-CO", "--time-zone", "America/Bogota")
    result = deployed.run(*WORDS, *said, *contact, "--event-id", "e1", "--time", "2026-11-22T12:00:00Z")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "e1",
        "    next: postroad --stage test journey where ana.ruiz@example.com",
    ]
    assert queued(deployed) == [
        {
            "schema": "postroad.event.v1",
            "event_id": "e1",
            "name": "order.placed",
            "time": "2026-11-22T12:00:00Z",
            "contact": {
                "email": "ana.ruiz@example.com",
                "name": "Ana Ruiz",
                "locale": "es-CO",
                "time_zone": "America/Bogota",
            },
            "properties": {"order_id": "1042", "total": 12.5, "city": "Bogotá"},
        }
    ]


def test_properties_come_from_standard_input_and_id_and_time_are_filled_in(deployed: Deployed) -> None:
    sent = deployed.json(*WORDS, "--properties", "-", given='{"total": 3}')

    (event,) = queued(deployed)
    assert (event["event_id"], event["properties"]) == (sent["event_id"], {"total": 3})
    assert event["time"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("event", "send", "--to", "a@example.com"), 2, "The event is missing"),
        (("event", "send", "order.placed"), 2, "--to is missing"),
        ((*WORDS, "--property", "total"), 2, "'total' is no property"),
        ((*WORDS, "--file", "-"), 2, "--file takes whole events"),
        ((*WORDS, "--time", "yesterday"), 4, "time expected an RFC 3339 time"),
        (("event", "send", "order.placed", "--to", "ana"), 4, "contact.email expected one address"),
        (("event", "send", "order.place", "--to", "a@example.com"), 4, "did you mean 'order.placed'?"),
        (("event", "send", "--file", "gone.jsonl"), 2, "gone.jsonl can't be read"),
    ],
)
def test_what_can_not_be_reported_is_told(
    deployed: Deployed, words: tuple[str, ...], code: int, told: str
) -> None:
    result = deployed.run(*words)

    assert result.exit_code == code, result.output
    assert told in result.stderr
    assert queued(deployed) == []


def test_without_declarations_here_the_stage_alone_knows(deployed: Deployed) -> None:
    Path("config/events.toml").unlink()

    assert deployed.run("event", "send", "anything", "--to", "a@example.com").exit_code == 0
    assert len(queued(deployed)) == 1


def test_declarations_that_can_not_be_read_are_told(deployed: Deployed) -> None:
    Path("config/events.toml").write_text("[event]", encoding="utf-8")

    result = deployed.run(*WORDS)

    assert result.exit_code == 1
    assert "config/events.toml: event: unknown key" in result.stderr


def test_a_file_of_events_is_reported(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "AT_ONCE", 2)
    lines = "\ufeff" + line("e1") + "\n" + line("e2") + line("e3")

    assert deployed.json("event", "send", "--file", "-", given=lines) == {"reported": 3}
    assert sorted(event["event_id"] for event in queued(deployed)) == ["e1", "e2", "e3"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (line("e3", "order.place"), "- line 3: name is not declared; did you mean order.placed?"),
        (line(None), "-, line 3: event_id is missing"),
        ("{\n", "-, line 3: body is not JSON"),
    ],
)
def test_a_line_that_is_no_event_ends_a_file_and_is_named(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, wrong: str, told: str
) -> None:
    monkeypatch.setattr(command, "AT_ONCE", 2)

    result = deployed.run("event", "send", "--file", "-", given=line("e1") + line("e2") + wrong)

    assert result.exit_code == 6
    assert told.replace("- line", "-, line") in result.stderr
    assert "2 events before it are reported" in result.stderr
    assert len(queued(deployed)) == 2
