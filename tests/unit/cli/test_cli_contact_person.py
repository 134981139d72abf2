"""`postroad contact export <email>` and `contact erase`, over moto and the simulator's list."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.problem import ExitCode
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.words import Reason, Status
from postroad.local.simulator import hooks
from postroad.local.simulator.core import Simulator
from postroad.suppression.model import ScopeEntry, topic_scope
from tests.unit.cli.deployed import ACCOUNT, ANA, BUCKET, NOON, STAGE, bounce, key_of, make_row

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIGURATION = f"""
[aws]
account = "{ACCOUNT}"
region = "eu-west-1"

[[domains]]
name = "shop.example"

[streams.transactional]
kind = "transactional"
domain = "shop.example"
from = "orders@shop.example"

[streams.marketing]
kind = "marketing"
domain = "shop.example"
from = "news@shop.example"

[recipients]
allow = ["*"]

[web]
domain = "mail.shop.example"
hosted_zone_id = "Z0123456789ABCDEFGHIJ"
"""
PERSONAL = (ANA, "Ruiz", "Bogotá", "203.0.113.7", "called us")


@pytest.fixture
def simulator(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """SES's list, a configuration, and no waiting."""
    file = Path("config", f"{STAGE}.toml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(CONFIGURATION, encoding="utf-8")
    simulator = Simulator()
    client = deployed.session.client("sesv2")
    hooks.attach(client, simulator, now=lambda: datetime.now(UTC))
    monkeypatch.setattr("postroad.cli.wiring.Wiring.ses", client)
    monkeypatch.setattr("postroad.account.ses_list.SECONDS_BETWEEN", 0)
    monkeypatch.setattr("postroad.privacy.erasing.SETTLE", timedelta(0))
    monkeypatch.setattr("postroad.privacy.erasing.PATIENCE", timedelta(0))
    monkeypatch.setattr("getpass.getuser", lambda: "eve")
    return simulator


def fill(deployed: Deployed, simulator: Simulator) -> None:
    """Let everything be held about Ana."""
    consent = NewConsent(
        "offers", ConsentStatus.GRANTED, NOON, "import", "news", "2026-1", "row 7", "203.0.113.7"
    )
    DynamoContacts(deployed.session.client("dynamodb"), "contacts").save(
        [NewContact(key_of(ANA), ANA, "import", "Ana Ruiz", "es", None, {"city": "Bogotá"}, (consent,))],
        now=NOON,
    )
    left = ScopeEntry(Reason.UNSUBSCRIBED, "unsubscribe:page", NOON, None, "request 7")
    by_hand = ScopeEntry(Reason.MANUAL, "operator:bo", NOON, None, "Ana called us")
    deployed.suppress(ANA, left, topic_scope("offers"))
    deployed.suppress(ANA, by_hand)
    ended = make_row("order-1", tags={"order": "Ruiz"}, notes=("to Ana Ruiz",), expires_at=NOW + timedelta(9))
    news = make_row(
        "news-1", stream="marketing", status=Status.SCHEDULED, reason="send_at", due=NOW + timedelta(1),
        generation=1, fingerprint="f1", attempt=0, ses_ids={}, topic="offers",
    )  # fmt: skip
    for row in (ended, news):
        deployed.ledger.insert(row)
    body = json.dumps({"to": {"email": ANA, "name": "Ana Ruiz"}, "data": {"big": token_hex(400_000)}})
    deployed.bodies.put("news-1", "f1", body, first_sent=NOW, until=NOW + timedelta(28))
    simulator.suppress(ANA, "BOUNCE", now=NOON)


def everything(deployed: Deployed) -> str:
    """Return all that the tables and the bucket hold, as one text."""
    dynamodb = deployed.session.client("dynamodb")
    found: list[Any] = [
        dynamodb.scan(TableName=name)["Items"]
        for name in ("messages", "bodies", "suppressions", "contacts", "schedule")
    ]
    found.append([each["Key"] for each in deployed.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])])
    return repr(found)


def test_all_that_is_held_is_in_the_document(deployed: Deployed, simulator: Simulator) -> None:
    fill(deployed, simulator)

    found = deployed.json("contact", "export", ANA)

    assert (found["schema"], found["email"], found["stage"]) == ("postroad.person.v1", ANA, STAGE)
    assert found["profile"]["attributes"] == {"city": "Bogotá"}
    assert [(each["topic"], each["ip"]) for each in found["consents"]] == [("offers", "203.0.113.7")]
    assert {each["scope"] for each in found["suppressions"]} == {"all", "topic:offers"}
    assert [each["evidence"] for each in found["suppression_history"]] == ["request 7", "Ana called us"]
    assert found["ses_suppression_list"]["reason"] == "BOUNCE"
    news, order = sorted(found["messages"], key=lambda each: str(each["message_id"]))
    assert order["in_words"] == [
        "The receiver's server took it. (Where it then put it, nobody tells a sender.)"
    ]
    assert (order["notes"], order["tags"], order["body"]) == (["to Ana Ruiz"], {"order": "Ruiz"}, None)
    assert news["body"]["to"] == {"email": ANA, "name": "Ana Ruiz"}
    assert news["waits_until"]
    assert any("30 days" in line for line in found["not_in_this_document"])


def test_the_page_is_readable_and_nothing_in_it_is_markup(
    deployed: Deployed, simulator: Simulator, tmp_path: Path
) -> None:
    fill(deployed, simulator)
    dynamodb = DynamoContacts(deployed.session.client("dynamodb"), "contacts")
    dynamodb.save([NewContact(key_of(ANA), ANA, "x", "<b>Ana</b> [x](http://bad.example)")], now=NOW)

    assert deployed.run("contact", "export", ANA, "--output", str(tmp_path / "ana.md")).exit_code == 0

    text = (tmp_path / "ana.md").read_text(encoding="utf-8")
    assert text.startswith(f"# What we hold about {ANA}\n")
    for word in ("city: Bogotá", "## Mails", "### order-1: delivered", "SES's raw reports", "Ana Ruiz"):
        assert word in text
    assert "<b>" not in text
    assert "[x](" not in text


def test_without_an_address_every_contact_is_exported_as_before(
    deployed: Deployed, simulator: Simulator
) -> None:
    fill(deployed, simulator)
    assert deployed.run("contact", "export").stdout.startswith("email,name,locale")
    assert deployed.run("contact", "export", ANA, "--format", "csv").exit_code == ExitCode.USAGE


def test_nothing_held_is_said(deployed: Deployed, simulator: Simulator) -> None:
    assert simulator.suppressed() == {}
    assert deployed.run("contact", "export", "zoe@example.com").exit_code == ExitCode.NOT_FOUND
    assert deployed.run("contact", "erase", "zoe@example.com", "--yes").exit_code == ExitCode.NOT_FOUND


def test_a_dry_run_shows_what_would_go_and_writes_nothing(deployed: Deployed, simulator: Simulator) -> None:
    fill(deployed, simulator)
    before = everything(deployed)

    found = deployed.json("contact", "erase", ANA, "--dry-run")

    assert everything(deployed) == before
    assert found["proof"] is None
    assert found["found"]["messages"] == {"redact": 1, "cancel": 1, "under_way": 0, "waits": 0}
    assert (found["found"]["profile"], found["found"]["consents"]) == (True, 1)
    assert found["found"]["ses_suppression_list"].endswith("BOUNCE")


def test_everything_goes_and_the_proof_can_be_shown(deployed: Deployed, simulator: Simulator) -> None:
    fill(deployed, simulator)
    assert all(word in everything(deployed) for word in (ANA, "Ruiz", "Bogot", "called us", "bodies/60-days"))

    proof = deployed.json("contact", "erase", ANA, "--yes")["proof"]

    held = everything(deployed)
    assert [word for word in (*PERSONAL, "bodies/60-days") if word in held] == []
    assert (proof["complete"], proof["operator"], proof["ses_suppression_list"]) == (
        True,
        "operator:eve",
        "kept",
    )
    counts = {what: count for what, count in proof["counts"].items() if count}
    assert counts == {
        "messages": 2, "cancelled": 1, "bodies": 1, "profile": 1, "consents_kept": 1, "suppression_lines": 1,
    }  # fmt: skip
    assert deployed.json("contact", "erase", "--proof", proof["erasure"]) == proof
    shown = deployed.run("contact", "erase", "--proof", proof["erasure"])
    assert proof["erasure"] in shown.stdout
    assert ANA not in shown.stdout
    assert deployed.run("contact", "erase", "--proof", "20200101-0").exit_code == ExitCode.NOT_FOUND


def test_a_second_run_finds_nothing_and_names_the_proof(deployed: Deployed, simulator: Simulator) -> None:
    fill(deployed, simulator)
    first = deployed.json("contact", "erase", ANA, "--yes")["proof"]
    before = everything(deployed)

    again = deployed.run("contact", "erase", ANA, "--yes")

    assert again.exit_code == 0
    assert first["erasure"] in again.stdout
    assert everything(deployed) == before
    exported = deployed.json("contact", "export", ANA)
    assert (exported["profile"], exported["messages"]) == (None, [])
    assert exported["erased_at"]
    assert [each["evidence"] for each in exported["consents_kept_as_proof"]] == [""]


def test_an_address_goes_from_ses_s_list_where_that_is_wanted(
    deployed: Deployed, simulator: Simulator
) -> None:
    fill(deployed, simulator)
    assert deployed.json("contact", "erase", ANA, "--yes")["proof"]["ses_suppression_list"] == "kept"
    assert ANA in simulator.suppressed()

    again = deployed.json("contact", "erase", ANA, "--yes", "--remove-from-ses")["proof"]

    assert again["ses_suppression_list"] == "removed"
    assert simulator.suppressed() == {}


def test_it_is_confirmed_by_typing_the_address(
    deployed: Deployed, simulator: Simulator, interactive: None
) -> None:
    del interactive
    fill(deployed, simulator)
    before = everything(deployed)
    assert deployed.run("contact", "erase", ANA, given="yes\n").exit_code == ExitCode.REFUSED
    assert everything(deployed) == before

    assert deployed.run("contact", "erase", ANA, given=f"{ANA}\n").exit_code == 0
    assert ANA not in everything(deployed)


def test_without_anybody_to_ask_nothing_is_erased(deployed: Deployed, simulator: Simulator) -> None:
    fill(deployed, simulator)
    assert deployed.run("contact", "erase", ANA).exit_code == ExitCode.REFUSED
    assert ANA in everything(deployed)


def test_transactional_mail_that_waits_is_told_and_left_for_a_second_run(
    deployed: Deployed, simulator: Simulator
) -> None:
    fill(deployed, simulator)
    deployed.ledger.insert(make_row("order-2", status=Status.HELD, reason="recipient_not_allowed"))

    done = deployed.run("contact", "erase", ANA, "--yes")
    assert done.exit_code == ExitCode.PARTLY
    assert "--cancel-transactional" in done.stdout

    again = deployed.json("contact", "erase", ANA, "--yes", "--cancel-transactional")["proof"]
    assert (again["complete"], again["runs"]) == (True, 2)
    assert ANA not in everything(deployed)


def test_a_list_doesn_t_bring_them_back(deployed: Deployed, simulator: Simulator, tmp_path: Path) -> None:
    fill(deployed, simulator)
    deployed.run("contact", "erase", ANA, "--yes")
    Path("config", "topics.toml").write_bytes(
        (Path(__file__).parents[3] / "config" / "topics.toml").read_bytes()
    )
    (tmp_path / "list.csv").write_text(f"email,name\n{ANA},Ana Ruiz\n", encoding="utf-8")

    done = deployed.run("contact", "import", str(tmp_path / "list.csv"), "--yes")

    assert ANA not in everything(deployed)
    assert "erased" in done.output
    added = deployed.run("contact", "add", ANA, "--name", "Ana")
    assert added.exit_code == ExitCode.REFUSED
    assert ANA not in everything(deployed)


def test_who_came_back_by_other_ways_can_be_added_once_the_erasure_is_lifted(
    deployed: Deployed, simulator: Simulator
) -> None:
    fill(deployed, simulator)
    deployed.suppressions.lift(key_of(ANA), "all", source="operator:bo", now=NOW)
    deployed.run("contact", "erase", ANA, "--yes")

    lifted = deployed.run("suppression", "remove", ANA, "--scope", "all", "--yes")

    assert lifted.exit_code == 0, lifted.output
    assert deployed.json("contact", "add", ANA, "--name", "Ana")["contact"] == "added"


def test_a_late_bounce_shows_no_address_and_ses_s_list_neither(
    deployed: Deployed, simulator: Simulator
) -> None:
    fill(deployed, simulator)
    deployed.run("contact", "erase", ANA, "--yes")

    deployed.suppress(ANA, bounce(NOW + timedelta(hours=1)))
    assert ANA not in everything(deployed)
    simulator.suppress(ANA, "COMPLAINT", now=NOW + timedelta(hours=2))
    deployed.run("suppression", "sync", "--apply", "--yes")
    assert ANA not in everything(deployed)
    listed = deployed.run("suppression", "export")
    assert ANA not in listed.stdout
