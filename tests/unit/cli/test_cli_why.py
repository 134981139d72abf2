from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.evidence.dynamodb import DynamoWatermarks
from tests.unit.cli.deployed import ANA, NOON, bounce, key_of, make_row

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed


def test_a_message_is_told_as_a_timeline(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row(notes=("template shown in es",), tags={"order": "1042"}))
    result = deployed.run("why", "order-1042")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "order-1042  delivered"
    assert [line.strip() for line in lines if " UTC " in line] == [
        "2025-11-22 12:00:00 UTC             accepted   put on its queue",
        "2025-11-22 12:00:01 UTC     +1.0 s  claimed    claimed for sending",
        "2025-11-22 12:00:01 UTC     +1.4 s  sent       taken by SES",
        "2025-11-22 12:00:03 UTC     +3.0 s  delivered  taken by the receiver's server",
    ]
    assert "0102-ses" in result.stdout
    assert "template shown in es" in result.stdout
    assert "order=1042" in result.stdout
    assert "No suppression stands for this address." in result.stdout


def test_the_suppression_of_its_address_is_shown(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row(status=Status.SUPPRESSED, reason="hard_bounce", ses_ids={}, attempt=0))
    deployed.suppress(ANA, bounce())
    text = deployed.run("why", "order-1042").stdout
    assert "suppressed: all since 2025-11-22 12:00:00 UTC, hard_bounce (by feedback)" in text
    assert "next: If the recipient wants mail again" in text
    record = deployed.json("why", "order-1042")
    assert record["suppressions"] == [
        {
            "scope": "all",
            "reason": "hard_bounce",
            "source": "feedback",
            "since": "2025-11-22T12:00:00Z",
            "until": None,
            "evidence": "event-1",
        }
    ]


def test_the_record_as_json(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row())
    record = deployed.json("why", "order-1042")
    assert record["status"] == "delivered"
    assert record["to"] == ANA
    assert record["ses_message_ids"] == {"1": "0102-ses"}
    assert record["timeline"][0] == {"at": "2025-11-22T12:00:00Z", "what": "accepted"}
    assert record["timeline"][-1] == {"at": "2025-11-22T12:00:03Z", "what": "delivered"}


def test_a_message_without_a_row_is_not_seen_yet(deployed: Deployed) -> None:
    result = deployed.run("why", "order-1043")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "order-1043 has not been seen yet." in result.stderr
    assert "next: " in result.stderr
    assert deployed.json("why", "order-1043", code=3)["error"]["exit_code"] == 3


def test_of_a_message_without_an_address_it_is_not_said_that_nothing_stops_it(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row("order-1", email="", address_key=""))
    result = deployed.run("why", "order-1")
    assert result.exit_code == 0
    assert "No suppression stands" not in result.stdout
    assert "`postroad suppression show <email>` says what stops an address" in result.stdout


def test_an_address_shows_its_latest_messages_first(deployed: Deployed) -> None:
    for number in range(3):
        at = NOON + timedelta(hours=number)
        deployed.ledger.insert(make_row(f"order-{number}", times={"accepted": at}))
    deployed.ledger.insert(
        make_row("other", email="li.na@example.com", address_key=key_of("li.na@example.com"))
    )
    found = deployed.json("why", "--to", "Ana.Ruiz@EXAMPLE.com", "--limit", "2")
    assert [message["message_id"] for message in found["messages"]] == ["order-2", "order-1"]
    text = deployed.run("why", "--to", ANA).stdout
    assert text.index("order-2") < text.index("order-1") < text.index("order-0")
    assert "other" not in text


def test_an_address_that_only_has_a_suppression_is_known(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    result = deployed.run("why", "--to", ANA)
    assert result.exit_code == 0
    assert "suppressed: all" in result.stdout
    assert "No message to this address has been seen yet." in result.stdout


def test_an_unknown_address_is_not_seen_yet(deployed: Deployed) -> None:
    assert deployed.run("why", "--to", ANA).exit_code == 3
    assert deployed.json("why", "--to", ANA, code=3) == {"to": ANA, "suppressions": [], "messages": []}


def test_one_message_or_one_address_must_be_named(deployed: Deployed) -> None:
    assert deployed.run("why").exit_code == 2
    assert deployed.run("why", "order-1042", "--to", ANA).exit_code == 2
    assert deployed.run("why", "--to", "ana.ruiz").exit_code == 2


def test_a_refused_message_says_what_is_wrong(deployed: Deployed) -> None:
    row = make_row(
        status=Status.INVALID,
        reason=Reason.TEMPLATE_DATA.value,
        detail="data.order_id: is missing",
        attempt=0,
        ses_ids={},
        times={"accepted": NOON, "invalid": NOON},
    )
    deployed.ledger.insert(row)
    text = deployed.run("why", "order-1042").stdout
    assert "order-1042  invalid  (template_data)" in text
    assert "data.order_id: is missing" in text
    assert "attempts" not in text


def test_the_stage_may_stand_after_the_command_too(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row())
    assert deployed.run("why", "order-1042", "--stage", "test", stage="other").exit_code == 0
    result = deployed.run("why", "order-1042", stage="other")
    assert result.exit_code == 3
    assert "There is no stack postroad-other-foundation in account 123456789012, eu-west-1." in result.stderr


def test_what_waits_for_evidence_shows_how_far_events_are_applied(deployed: Deployed) -> None:
    deployed.ledger.insert(
        make_row(
            status=Status.CLAIMED,
            reason=Reason.UNKNOWN_OUTCOME,
            owner="run-1",
            ses_ids={},
            due=NOON,
            generation=1,
            evidence_after=NOON,
        )
    )
    # A foundation without the table yet, or a role that may not read it: the rest is shown.
    table = deployed.outputs["postroad-test-foundation"].pop("ScheduleTable")
    told = deployed.json("why", "order-1042")
    assert told["events_applied_until"] is None

    dynamodb = deployed.session.client("dynamodb")
    deployed.outputs["postroad-test-foundation"]["ScheduleTable"] = table
    DynamoWatermarks(dynamodb, table).advance("transactional", NOON - timedelta(minutes=1))
    assert "applied   up to 2025-11-22 11:59:00 UTC, so far" in deployed.run("why", "order-1042").stdout
    for words in (("order-1042",), ("--to", ANA)):
        told = deployed.json("why", *words)
        (told,) = told.get("messages", [told])
        assert told["events_applied_until"] == "2025-11-22T11:59:00Z"
