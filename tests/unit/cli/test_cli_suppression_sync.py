"""`postroad suppression sync` over moto's DynamoDB and the simulator's list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.account.errors import AccountUnavailableError, AddressRefusedError
from postroad.account.ses_list import SesAccountList
from postroad.cli.suppression import syncing
from postroad.contract.words import Reason
from postroad.local.simulator import hooks
from postroad.local.simulator.core import Simulator
from tests.unit.cli.deployed import ANA, NOON, bounce, key_of

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from tests.unit.cli.deployed import Deployed

pytestmark = pytest.mark.slow

COMPLAINT = replace(bounce(), reason=Reason.COMPLAINT, evidence="event-2")
LI = "li.na@example.com"
ZOE = "zoe@example.com"
OLD = NOON - timedelta(days=30)


@pytest.fixture
def simulator(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """SES's list, which everything on the stage's wiring sees."""
    simulator = Simulator()
    client = deployed.session.client("sesv2")
    hooks.attach(client, simulator, now=lambda: datetime.now(UTC))
    monkeypatch.setattr("postroad.cli.wiring.Wiring.ses", client)
    monkeypatch.setattr("postroad.account.ses_list.SECONDS_BETWEEN", 0)
    return simulator


def on_ses(simulator: Simulator) -> dict[str, str]:
    return {email: entry.reason for email, entry in simulator.suppressed().items()}


def reason_here(deployed: Deployed, email: str) -> str | None:
    found = deployed.suppressions.find([key_of(email)]).get(key_of(email))
    return found.scopes["all"].reason.value if found and "all" in found.scopes else None


def differ(deployed: Deployed, simulator: Simulator) -> None:
    """Make one difference of each kind: Ana bounced there, Li complained here, Zoe was lifted here."""
    simulator.suppress(ANA, "BOUNCE", now=OLD)
    deployed.suppress(LI, COMPLAINT)
    simulator.suppress(ZOE, "BOUNCE", now=OLD)
    deployed.suppress(ZOE, bounce(OLD))
    deployed.suppressions.lift(key_of(ZOE), "all", source="operator:ana", now=NOON)


def test_two_empty_lists_agree(deployed: Deployed, simulator: Simulator) -> None:
    assert on_ses(simulator) == {}
    result = deployed.run("suppression", "sync")
    assert result.exit_code == 0
    assert "Nothing is to be done." in result.stdout


def test_without_apply_it_shows_each_way_and_changes_nothing(
    deployed: Deployed, simulator: Simulator
) -> None:
    differ(deployed, simulator)
    result = deployed.run("suppression", "sync")
    assert result.exit_code == 0
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if "@" in line}
    assert "suppress it here" in rows[ANA]
    assert "put it on SES's list" in rows[LI]
    assert "take it off SES's list" in rows[ZOE]
    assert "--apply does it" in result.stdout
    assert on_ses(simulator) == {ANA: "BOUNCE", ZOE: "BOUNCE"}
    assert reason_here(deployed, ANA) is None


def test_the_dry_run_as_json_names_every_change(deployed: Deployed, simulator: Simulator) -> None:
    differ(deployed, simulator)
    found = deployed.json("suppression", "sync")
    assert found["applied"] is False
    assert found["done"] is None
    assert found["counts"] == {"import": 1, "put": 1, "delete": 1}
    assert {(each["email"], each["do"], each["here"], each["ses"]) for each in found["changes"]} == {
        (ANA, "import", None, "BOUNCE"),
        (LI, "put", "complaint", None),
        (ZOE, "delete", None, "BOUNCE"),
    }


def test_applying_makes_both_agree_and_a_second_run_finds_nothing(
    deployed: Deployed, simulator: Simulator
) -> None:
    differ(deployed, simulator)
    done = deployed.json("suppression", "sync", "--apply", "--yes")["done"]
    assert done == {"imported": 1, "put": 1, "deleted": 1, "overtaken": 0, "refused": []}
    assert on_ses(simulator) == {ANA: "BOUNCE", LI: "COMPLAINT"}
    assert reason_here(deployed, ANA) == "hard_bounce"
    assert reason_here(deployed, ZOE) is None
    (line,) = deployed.suppressions.history(key_of(ANA))
    assert (line.source, line.at) == ("ses", OLD)
    assert deployed.json("suppression", "sync")["changes"] == []


def test_applying_is_asked_for_and_yes_alone_is_no_wish(deployed: Deployed, simulator: Simulator) -> None:
    differ(deployed, simulator)
    refused = deployed.run("suppression", "sync", "--apply")
    assert refused.exit_code == 4
    assert "--yes" in refused.stderr
    assert deployed.run("suppression", "sync", "--yes").exit_code == 2
    assert on_ses(simulator) == {ANA: "BOUNCE", ZOE: "BOUNCE"}


@pytest.mark.usefixtures("interactive")
def test_a_no_changes_nothing(deployed: Deployed, simulator: Simulator) -> None:
    differ(deployed, simulator)
    assert deployed.run("suppression", "sync", "--apply", given="n\n").exit_code == 4
    assert on_ses(simulator) == {ANA: "BOUNCE", ZOE: "BOUNCE"}


@pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED, Reason.SOFT_BOUNCES, Reason.MANUAL])
def test_who_left_or_bounced_softly_never_goes_to_ses(
    deployed: Deployed, simulator: Simulator, reason: Reason
) -> None:
    deployed.suppress(ANA, replace(bounce(), reason=reason))
    assert deployed.json("suppression", "sync", "--apply", "--yes")["changes"] == []
    assert on_ses(simulator) == {}


def test_mailboxes_of_the_simulator_are_not_put_on_the_list(deployed: Deployed, simulator: Simulator) -> None:
    deployed.suppress("bounce@simulator.amazonses.com", bounce())
    assert deployed.json("suppression", "sync", "--apply", "--yes")["changes"] == []
    assert on_ses(simulator) == {}


def test_what_is_no_address_to_us_is_left_alone_and_counted(deployed: Deployed, simulator: Simulator) -> None:
    simulator.suppress("two@signs@example.com", "BOUNCE", now=OLD)
    assert deployed.json("suppression", "sync")["unreadable"] == ["two@signs@example.com"]
    assert "1 on SES's list are no addresses to us" in deployed.run("suppression", "sync").stdout


def test_what_ses_refuses_is_named_and_the_rest_is_done(
    deployed: Deployed, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:

    real = SesAccountList.put

    def refuse(listing: SesAccountList, email: str, reason: object) -> None:
        if email == ANA:
            raise AddressRefusedError("SES refused: BadRequestException")
        real(listing, email, reason)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(SesAccountList, "put", refuse)
    deployed.suppress(ANA, bounce())
    deployed.suppress(LI, bounce())
    result = deployed.run("suppression", "sync", "--apply", "--yes")
    assert result.exit_code == 6
    assert f"SES refuses {ANA}" in result.stdout
    assert on_ses(simulator) == {LI: "BOUNCE"}


def test_what_was_lifted_while_it_ran_is_not_put_on_the_list(
    deployed: Deployed, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:

    real = syncing.carry_out

    def late(*words: object, **named: object) -> None:
        deployed.suppressions.lift(key_of(ANA), "all", source="operator:ana", now=NOON)
        real(*words, **named)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(syncing, "carry_out", late)
    deployed.suppress(ANA, bounce())
    assert deployed.json("suppression", "sync", "--apply", "--yes")["done"]["overtaken"] == 1
    assert on_ses(simulator) == {}


def test_an_outage_half_way_says_how_far_it_came(
    deployed: Deployed, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fail(*_: object) -> None:
        raise AccountUnavailableError("SES refused: InternalServiceError")

    differ(deployed, simulator)
    monkeypatch.setattr("postroad.account.ses_list.SesAccountList.put", fail)
    result = deployed.run("suppression", "sync", "--apply", "--yes")
    assert result.exit_code == 1
    assert "of 3 changes were made before" in result.stderr
    assert "Run the command again" in result.stderr
    monkeypatch.undo()


def test_many_pages_are_read_to_the_end(
    deployed: Deployed, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postroad.cli.wiring.Wiring.account_list", property(_in_small_pages))
    for number in range(230):
        simulator.suppress(f"customer{number}@example.com", "BOUNCE", now=OLD)
    found = deployed.json("suppression", "sync", "--apply", "--yes")
    assert (found["listed"], found["done"]["imported"]) == (230, 230)
    assert deployed.json("suppression", "sync")["agree"] == 230


def _in_small_pages(wiring: Wiring) -> SesAccountList:
    return SesAccountList(wiring.ses, page_size=7)
