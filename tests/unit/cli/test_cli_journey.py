from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from postroad.activity.event import Event
from postroad.cli.problem import ExitCode
from postroad.clock import utcnow
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.model import NewContact
from postroad.journeys.dynamodb_walks import DynamoWalks
from postroad.journeys.effects import Notice
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.schedule.dynamodb import DynamoPointers
from postroad.stats.counts import Cell
from postroad.stats.dynamodb import DynamoCounters
from postroad.stats.ports import Position
from postroad.stats.words import BETWEEN, STEPS, Metric
from tests.unit.cli.deployed import ANA, STAGE, configure, key_of

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

GREETING = """\
version: 1
description: Greets whoever signed up.
stream: transactional
trigger: {event: contact.subscribed}
entry: {rule: always}
steps:
  - {id: hello, send: hello, data: {name: contact.name}}
  - wait: 2 days
  - {id: tips, send: tips}
"""
EVENTS = '[events."contact.subscribed"]\nkeep = ["topic"]\n'
RECORD_IT = "once it is as you want it, run: postroad journey record greeting"
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONTACTS = "email,name,time_zone\nana.ruiz@example.com,Ana,Europe/Madrid\n"


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deployed: Deployed) -> None:
    monkeypatch.chdir(tmp_path)
    configure()
    Path("config/events.toml").write_text(EVENTS)
    Path("journeys").mkdir()
    Path("journeys/greeting.yaml").write_text(GREETING)
    for name in ("hello", "tips"):
        folder = Path("templates", name)
        folder.mkdir(parents=True)
        (folder / "body.html").write_text("<p>Hello</p>")
    url = deployed.sqs.create_queue(QueueName=f"postroad-{STAGE}-journeys")["QueueUrl"]
    deployed.outputs[f"postroad-{STAGE}-mail"]["JourneysQueueUrl"] = url


def event(name: str = "contact.subscribed", email: str = ANA, **changes: object) -> str:
    return json.dumps(
        {
            "schema": "postroad.event.v1",
            "event_id": "e1",
            "name": name,
            "time": BEGAN.isoformat(),
            "contact": {"email": email},
            **changes,
        }
    )


def walks_of(deployed: Deployed) -> DynamoWalks:
    client = deployed.session.client("dynamodb")
    return DynamoWalks(client, "journeys", pointers=DynamoPointers(client, "schedule"))


def walk(deployed: Deployed, **changes: Any) -> Enrolment:  # noqa: ANN401 - any of its fields
    made = replace(
        Enrolment(
            address_key=key_of(ANA),
            journey="greeting",
            version=1,
            key="",
            entry=1,
            began=BEGAN,
            step="2",
            since=BEGAN,
            due=utcnow() + timedelta(days=1),
            trigger=Event("contact.subscribed", BEGAN, "e1"),
            sent={"hello": "journey:greeting:hello:1"},
        ),
        **changes,
    )
    assert walks_of(deployed).write(None, made, now=utcnow())
    return made


def queued(deployed: Deployed) -> list[dict[str, Any]]:
    url = deployed.outputs[f"postroad-{STAGE}-mail"]["JourneysQueueUrl"]
    found = deployed.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(each["Body"]) for each in found]


def add_ana(deployed: Deployed) -> None:
    contacts = DynamoContacts(deployed.session.client("dynamodb"), "contacts")
    contacts.save([NewContact(key_of(ANA), ANA, "test")], now=BEGAN)


def test_a_journey_is_in_order_before_it_is_recorded(deployed: Deployed) -> None:
    assert deployed.json("journey", "validate") == {
        "stage": STAGE,
        "journeys": ["greeting"],
        "problems": [],
        "not_recorded": [f"journeys/greeting.yaml: version 1 isn't recorded; {RECORD_IT}"],
    }


def test_what_is_wrong_is_told_with_file_and_line(deployed: Deployed) -> None:
    Path("journeys/greeting.yaml").write_text(GREETING.replace("send: tips", "send: tipps"))
    said = deployed.json("journey", "validate", code=ExitCode.FAILED)
    assert said["problems"] == [
        "journeys/greeting.yaml:9: steps[2].send: no template 'tipps'; did you mean 'tips'?"
    ]
    result = deployed.run("journey", "show", "greeting")
    assert result.exit_code == ExitCode.FAILED
    assert "journeys/greeting.yaml:9" in result.stderr


def test_an_unknown_journey_is_told_with_the_one_that_was_meant(deployed: Deployed) -> None:
    for words in (["validate"], ["show"], ["pause"], ["stats"]):
        result = deployed.run("journey", *words, "greetings")
        assert result.exit_code == ExitCode.NOT_FOUND
        assert "did you mean 'greeting'?" in result.stderr


def test_without_journeys_the_first_is_pointed_to(deployed: Deployed) -> None:
    Path("journeys/greeting.yaml").unlink()
    Path("journeys").rmdir()
    result = deployed.run("journey", "validate")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "docs/tutorial/first-journey.md" in result.stderr


def test_a_version_is_recorded_once(deployed: Deployed) -> None:
    file = "journeys/versions/greeting.1.json"
    assert deployed.json("journey", "record", "greeting") == {"written": [file], "unchanged": []}
    assert deployed.json("journey", "record", "greeting") == {"written": [], "unchanged": [file]}
    assert deployed.json("journey", "validate")["not_recorded"] == []
    Path("journeys/greeting.yaml").write_text(GREETING.replace("2 days", "3 days"))
    result = deployed.run("journey", "record", "greeting")
    assert result.exit_code == ExitCode.REFUSED
    assert "Write version: 2 into journeys/greeting.yaml" in result.stderr
    assert deployed.json("journey", "record", "greeting", "--again")["written"] == [file]


def test_a_record_that_cannot_be_read_is_not_written_over(deployed: Deployed) -> None:
    deployed.run("journey", "record", "greeting")
    record = Path("journeys/versions/greeting.1.json")
    record.write_text("<<<<<<< HEAD")
    for words in ([], ["--again"]):
        result = deployed.run("journey", "record", "greeting", *words)
        assert result.exit_code == ExitCode.FAILED
        assert "take the file back from git" in result.stderr
    assert record.read_text() == "<<<<<<< HEAD"


def test_a_journey_is_drawn(deployed: Deployed, tmp_path: Path) -> None:
    assert "├─ hello: mail hello" in deployed.run("journey", "show", "greeting").stdout
    assert deployed.run("journey", "show", "greeting", "--as", "mermaid").stdout.startswith("flowchart TD")
    drawn = tmp_path / "greeting.svg"
    deployed.run("journey", "show", "greeting", "--as", "svg", "--output", str(drawn))
    assert drawn.read_text().startswith("<svg ")
    assert deployed.json("journey", "show", "greeting")["steps"][0]["template"] == "hello"


def test_a_version_that_was_recorded_is_drawn(deployed: Deployed) -> None:
    deployed.run("journey", "record", "greeting")
    Path("journeys/greeting.yaml").write_text(GREETING.replace("2 days", "3 days"))
    assert "wait 2 days" in deployed.run("journey", "show", "greeting", "--version", "1").stdout
    missing = deployed.run("journey", "show", "greeting", "--version", "7")
    assert missing.exit_code == ExitCode.NOT_FOUND
    assert "there are: 1." in missing.stderr


def test_a_simulation_shows_each_contact_by_their_own_clock(deployed: Deployed, tmp_path: Path) -> None:
    Path("contacts.csv").write_text(CONTACTS)
    Path("events.jsonl").write_text(event() + "\n")
    words = ("journey", "simulate", "greeting", "--contacts", "contacts.csv", "--events", "events.jsonl")
    written = tmp_path / "timeline.jsonl"
    result = deployed.run(*words, "--output", str(written))
    assert result.stdout.splitlines() == [
        "ana.ruiz@example.com, Europe/Madrid",
        "  Mon 2026-03-02 10:00:00 +01:00            event      contact.subscribed",
        "  Mon 2026-03-02 10:00:00 +01:00  greeting  began      contact.subscribed",
        "  Mon 2026-03-02 10:00:00 +01:00  greeting  mail       hello: hello",
        "  Wed 2026-03-04 10:00:00 +01:00  greeting  mail       tips: tips",
        "  Wed 2026-03-04 10:00:00 +01:00  greeting  finished",
        "",
        "1 contact, 2026-03-02 09:00 to 2026-05-01 09:00 UTC",
        "  greeting: began 1, finished 1, mail 2, mail hello 1, mail tips 1",
    ]
    records = [json.loads(line) for line in written.read_text().splitlines()]
    assert [each["template"] for each in records if each["what"] == "mail"] == ["hello", "tips"]
    said = deployed.json(*words)
    assert said["timeline"] == records
    assert said["journeys"]["greeting"]["mail tips"] == 1


@pytest.mark.parametrize(
    ("contacts", "events", "said"),
    [
        (CONTACTS + "nobody,,\n", event(), "contacts.csv:3: email: it is no address"),
        ("name\nAna\n", event(), "The first row names no column `email`"),
        (CONTACTS, "{", "events.jsonl:1: body"),
        (CONTACTS, event(name="contact.subscribd"), "did you mean 'contact.subscribed'?"),
        (CONTACTS, event(time="tomorrow"), "events.jsonl:1: time"),
        (CONTACTS, "", "Nothing would happen: there are no events."),
    ],
)
def test_what_a_simulation_cannot_use_is_told(
    deployed: Deployed, contacts: str, events: str, said: str
) -> None:
    Path("contacts.csv").write_text(contacts)
    Path("events.jsonl").write_text(events)
    result = deployed.run("journey", "simulate", "--contacts", "contacts.csv", "--events", "events.jsonl")
    assert result.exit_code == ExitCode.USAGE
    assert said in result.stderr


def test_whoever_is_in_no_list_is_a_contact_without_consent(deployed: Deployed) -> None:
    Path("events.jsonl").write_text(event(email="who@example.com"))
    said = deployed.json("journey", "simulate", "--events", "events.jsonl")
    assert said["contacts"] == 1
    assert said["journeys"]["greeting"]["mail"] == 2


def test_journeys_are_listed_with_what_holds_them(deployed: Deployed) -> None:
    (listed,) = deployed.json("journey", "list")["journeys"]
    assert (listed["begins"], listed["mails"], listed["paused"]) == (
        "contact.subscribed",
        ["hello", "tips"],
        None,
    )
    assert deployed.json("journey", "pause", "greeting", "--note", "wrong link")["changed"] is True
    assert deployed.json("journey", "pause", "greeting")["changed"] is False
    result = deployed.run("journey", "list")
    assert "paused since" in result.stdout
    assert "(wrong link)" in result.stdout


def test_resuming_calls_those_whose_turn_came(deployed: Deployed) -> None:
    due = walk(deployed, due=utcnow() - timedelta(hours=3))
    walk(deployed, address_key="k1.later")
    walk(deployed, address_key="k1.other", journey="another", due=utcnow() - timedelta(hours=3))
    deployed.run("journey", "pause", "greeting")
    assert deployed.json("journey", "resume", "greeting") == {
        "journey": "greeting",
        "changed": True,
        "called": 1,
    }
    assert queued(deployed) == [
        {"schema": "postroad.walk.v1", "address_key": due.address_key, "place": "greeting"}
    ]
    assert deployed.json("journey", "resume", "greeting")["changed"] is False


def test_where_a_contact_stands_is_told(deployed: Deployed) -> None:
    nowhere = deployed.run("journey", "where", ANA)
    assert nowhere.exit_code == ExitCode.NOT_FOUND
    deployed.run("journey", "record", "greeting")
    walk(deployed)
    deployed.run("journey", "pause", "greeting")
    text = deployed.run("journey", "where", ANA).stdout
    assert "greeting, version 1" in text
    assert "stands at wait 2 days since 2026-03-02 09:00:00 UTC" in text
    assert "sent hello: journey:greeting:hello:1" in text
    assert "the journey is paused" in text
    (said,) = deployed.json("journey", "where", ANA)["walks"]
    assert (said["step"], said["paused"], said["ended"]) == ("2", True, None)


def test_an_operator_asks_a_contact_into_a_journey(deployed: Deployed) -> None:
    assert deployed.run("journey", "enrol", "greeting", ANA).exit_code == ExitCode.NOT_FOUND
    add_ana(deployed)
    said = deployed.json("journey", "enrol", "greeting", ANA, "--property", "cart_id=c-1")
    (body,) = queued(deployed)
    assert body["schema"] == "postroad.enrolment.v1"
    assert (body["request_id"], body["journey"]) == (said["request_id"], "greeting")
    assert (body["address_key"], body["properties"]) == (key_of(ANA), {"cart_id": "c-1"})
    assert ANA not in json.dumps(body)


def test_an_operator_takes_a_contact_out(deployed: Deployed) -> None:
    assert deployed.run("journey", "remove", "greeting", ANA, "--yes").exit_code == ExitCode.NOT_FOUND
    walk(deployed)
    unasked = deployed.run("journey", "remove", "greeting", ANA)
    assert unasked.exit_code == ExitCode.REFUSED
    said = deployed.json("journey", "remove", "greeting", ANA, "--note", "by phone", "--yes")
    assert said["removed"] == 1
    (over,) = walks_of(deployed).known(key_of(ANA))
    assert over.ended is Ended.REMOVED
    assert over.reason.startswith("operator:")
    assert over.reason.endswith(": by phone")


def test_a_contact_is_not_taken_out_amid_a_step(deployed: Deployed) -> None:
    deployed.run("journey", "record", "greeting")
    walk(deployed, outbox=(Notice("n1", "greeting.sent", {}, BEGAN),))
    result = deployed.run("journey", "remove", "greeting", ANA, "--yes")
    assert result.exit_code == ExitCode.FAILED
    assert "try again in a minute" in result.stderr
    assert not walks_of(deployed).known(key_of(ANA))[0].is_over


def test_the_numbers_tell_where_contacts_stand(deployed: Deployed) -> None:
    assert deployed.run("journey", "stats", "greeting").exit_code == ExitCode.NOT_FOUND
    deployed.run("journey", "record", "greeting")
    for number in range(3):
        walk(deployed, address_key=f"k1.{number}")
    walk(deployed, step="", due=None, ended=Ended.GOAL, ended_at=BEGAN)
    said = deployed.json("journey", "stats", "greeting")
    del said["mails"]
    assert said == {
        "journey": "greeting",
        "walks": 4,
        "under_way": [{"version": 1, "step": "2", "contacts": 3}],
        "ended": {"goal": 1},
        "sent": {"hello": 4},
    }
    text = deployed.run("journey", "stats", "greeting").stdout
    assert "3  version 1, wait 2 days" in text
    assert "No mails of it are counted" in text
    assert "Nothing has been counted in the last week." in text


def count_mails(deployed: Deployed) -> None:
    """Count what became of mails of three steps, one of which no version has any more, and of others."""
    counters = DynamoCounters(deployed.session.client("dynamodb"), "stats")

    def cell(journey: str, step: str, *, days_ago: int = 0, stream: str = "transactional") -> Cell:
        day = (utcnow() - timedelta(days=days_ago)).date().isoformat()
        return Cell(day, stream, STEPS, f"{journey}{BETWEEN}{step}")

    sums = {
        cell("greeting", "hello"): {
            Metric.SENT: 150,
            Metric.DELIVERED: 140,
            Metric.HARD: 6,
            Metric.SOFT: 4,
            Metric.OPENS: 70,
            Metric.MACHINE_OPENS: 99,
            Metric.CLICKS: 21,
            Metric.COMPLAINTS: 1,
            Metric.UNSUBSCRIBES: 2,
            Metric.NOT_SENT_CAPPED: 7,
            Metric.NOT_SENT_SUPPRESSED: 3,
        },
        cell("greeting", "hello", days_ago=29, stream="order-updates"): {Metric.SENT: 50},
        cell("greeting", "hello", days_ago=30): {Metric.SENT: 1000},
        cell("greeting", "gone"): {Metric.SENT: 9},
        cell("greetings", "hello"): {Metric.SENT: 8888},
    }
    now = utcnow()
    assert counters.add("a", sums, expected=None, position=Position("9", now, now))


def test_the_numbers_tell_what_became_of_the_mails_of_each_step(deployed: Deployed) -> None:
    deployed.run("journey", "record", "greeting")
    walk(deployed)
    count_mails(deployed)
    mails = deployed.json("journey", "stats", "greeting")["mails"]
    today = utcnow().date()
    assert (mails["from"], mails["to"]) == (str(today - timedelta(days=29)), str(today))
    assert [(each["step"], each["counts"]["sent"]) for each in mails["steps"]] == [
        ("hello", 200),
        ("tips", 0),
        ("gone", 9),
    ]
    counts = mails["steps"][0]["counts"]
    words = ("delivered", "opens", "clicks", "hard", "soft", "complaints", "unsubscribes", "not_sent_capped")
    assert [counts[word] for word in words] == [140, 70, 21, 6, 4, 1, 2, 7]
    assert mails["steps"][0]["rates"]["clicks"]["rate"] == pytest.approx(21 / 140)
    assert mails["counted"]["behind_seconds"] is not None
    (last_day, *_) = deployed.json("journey", "stats", "greeting", "--days", "1")["mails"]["steps"]
    assert last_day["counts"]["sent"] == 150
    reported = deployed.json("report", "--by", STEPS, "--days", "30")["lines"]
    assert {"journey": "greeting", **mails["steps"][0]} in reported, "both read the same numbers"


def test_the_table_shows_what_became_of_the_mails(deployed: Deployed) -> None:
    deployed.run("journey", "record", "greeting")
    walk(deployed)
    count_mails(deployed)
    text = deployed.run("journey", "stats", "greeting").stdout
    for number in ("140/200", "70.0%", "70/140", "21/140", "6/200", "4/200", "1/140", "2/140"):
        assert number in text, number
    assert "capped" in text
    assert re.search(r"\b7\b", text)
    assert "not sent: 3 suppressed" in text
    assert "8,888" not in text
    assert "What SES tells later is still to come." in text


def test_mails_are_told_where_all_walks_are_gone(deployed: Deployed) -> None:
    count_mails(deployed)
    steps = deployed.json("journey", "stats", "greeting")["mails"]["steps"]
    assert [each["step"] for each in steps] == ["hello", "gone"]
