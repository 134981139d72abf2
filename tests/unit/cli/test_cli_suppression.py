from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from postroad.contract.words import Reason
from postroad.suppression.model import stream_scope
from tests.unit.cli.deployed import ACCOUNT, ANA, bounce, key_of

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

pytestmark = pytest.mark.slow

COMPLAINT = replace(bounce(), reason=Reason.COMPLAINT, evidence="event-2")


def scopes(deployed: Deployed, email: str = ANA) -> set[str]:
    found = deployed.suppressions.find([key_of(email)])
    return {scope for suppression in found.values() for scope in suppression.scopes}


def test_nobody_is_suppressed_at_first(deployed: Deployed) -> None:
    assert deployed.run("suppression", "list").stdout == "No address is suppressed.\n"
    assert deployed.json("suppression", "list") == {"suppressions": [], "more": False}


def test_the_list_names_address_scope_and_reason(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    deployed.suppress("li.na@example.com", replace(bounce(), reason=Reason.MANUAL), stream_scope("marketing"))
    text = deployed.run("suppression", "list").stdout
    (line,) = (line for line in text.splitlines() if line.startswith(ANA))
    assert line.split()[1:4] == ["all", "hard_bounce", "feedback"]
    assert "stream:marketing" in text


def test_the_list_says_when_there_is_more(deployed: Deployed) -> None:
    for number in range(3):
        deployed.suppress(f"customer{number}@example.com", bounce())
    found = deployed.json("suppression", "list", "--limit", "2")
    assert len(found["suppressions"]) == 2
    assert found["more"] is True
    assert "There are more" in deployed.run("suppression", "list", "--limit", "2").stdout
    assert "There are more" not in deployed.run("suppression", "list", "--limit", "3").stdout


def test_one_address_is_shown_with_its_history(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    deployed.run("suppression", "remove", ANA, "--yes")
    shown = deployed.json("suppression", "list", "--to", ANA)
    assert shown["suppressions"] == []
    assert [(each["action"], each["reason"]) for each in shown["history"]] == [
        ("suppressed", "hard_bounce"),
        ("lifted", "hard_bounce"),
    ]
    assert "lifted" in deployed.run("suppression", "list", "--to", ANA).stdout
    assert deployed.run("suppression", "list", "--to", "nobody@example.com").exit_code == 3


def test_adding_stops_the_address_and_names_the_operator(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "operator1")
    result = deployed.run("suppression", "add", "Ana.Ruiz@Example.com", "--note", "asked by telephone")
    assert result.stdout == "Ana.Ruiz@example.com is suppressed (all).\n"
    entry = deployed.suppressions.find([key_of(ANA)])[key_of(ANA)].scopes["all"]
    assert (entry.reason, entry.source, entry.evidence) == (
        Reason.MANUAL,
        "operator:operator1",
        "asked by telephone",
    )


def test_adding_keeps_what_stands(deployed: Deployed) -> None:
    deployed.suppress(ANA, COMPLAINT)
    assert deployed.json("suppression", "add", ANA)["added"] is False
    assert "was suppressed already" in deployed.run("suppression", "add", ANA).stdout
    assert deployed.suppressions.find([key_of(ANA)])[key_of(ANA)].scopes["all"].reason is Reason.COMPLAINT


def test_a_stream_that_is_not_there_is_named(deployed: Deployed) -> None:
    refused = deployed.run("suppression", "add", ANA, "--scope", "stream:nope")
    assert refused.exit_code == 3
    assert "There is no stream 'nope'" in refused.stderr
    assert scopes(deployed) == set()
    assert deployed.run("suppression", "add", ANA, "--scope", "stream:order-updates").exit_code == 0
    assert scopes(deployed) == {"stream:order-updates"}


@pytest.mark.parametrize("scope", ["", "marketing", "stream:", "topic", "all:x"])
def test_a_scope_must_be_one(deployed: Deployed, scope: str) -> None:
    assert deployed.run("suppression", "add", ANA, "--scope", scope).exit_code == 2
    assert scopes(deployed) == set()


@pytest.mark.usefixtures("interactive")
@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, set()), ("n\n", 4, {"all"}), ("", 4, {"all"})]
)
def test_removing_asks_first(deployed: Deployed, answer: str, code: int, left: set[str]) -> None:
    deployed.suppress(ANA, bounce())
    result = deployed.run("suppression", "remove", ANA, given=answer)
    assert result.exit_code == code
    assert "hard_bounce" in result.stdout  # the history, before the question
    assert f"stage test, account {ACCOUNT}" in result.stderr
    assert scopes(deployed) == left


def test_removing_without_a_question(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    result = deployed.run("suppression", "remove", ANA, "--yes")
    assert result.exit_code == 0
    assert "may be mailed again" in result.stdout
    assert "delete-suppressed-destination" in result.stdout
    assert scopes(deployed) == set()


def test_what_bounced_at_the_mailbox_simulator_is_on_no_list_of_ses(deployed: Deployed) -> None:
    address = "bounce+tutorial@simulator.amazonses.com"
    deployed.suppress(address, bounce())
    result = deployed.run("suppression", "remove", address, "--yes")
    assert result.exit_code == 0
    assert "may be mailed again" in result.stdout
    assert "delete-suppressed-destination" not in result.stdout


def test_json_is_never_interrupted_by_a_question(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    assert "--yes" in deployed.json("suppression", "remove", ANA, code=4)["error"]["next"]
    assert scopes(deployed) == {"all"}
    assert deployed.json("suppression", "remove", ANA, "--yes")["removed"] is True


def test_a_complaint_is_not_removed_in_passing(deployed: Deployed) -> None:
    deployed.suppress(ANA, COMPLAINT)
    result = deployed.run("suppression", "remove", ANA, "--yes")
    assert result.exit_code == 4
    assert "--acknowledge-complaint" in result.stderr
    assert "complained about mail on" in result.stderr
    assert scopes(deployed) == {"all"}
    blank = deployed.run("suppression", "remove", ANA, "--yes", "--acknowledge-complaint", "  ")
    assert blank.exit_code == 4
    assert scopes(deployed) == {"all"}


def test_an_acknowledged_complaint_is_removed_and_the_reason_is_kept(deployed: Deployed) -> None:
    deployed.suppress(ANA, COMPLAINT)
    why = "wrote to support on 20 November"
    assert deployed.run("suppression", "remove", ANA, "--yes", "--acknowledge-complaint", why).exit_code == 0
    assert scopes(deployed) == set()
    suppressed, lifted = deployed.json("suppression", "show", ANA)["history"]
    assert suppressed["evidence"] == "event-2"
    assert lifted["evidence"] == f"complaint acknowledged: {why}"
    assert why in deployed.run("suppression", "show", ANA).stdout


def test_a_reason_that_is_no_text_is_refused(deployed: Deployed) -> None:
    deployed.suppress(ANA, COMPLAINT)
    words = ("suppression", "remove", ANA, "--yes", "--acknowledge-complaint", "x\x1b[2J")
    assert deployed.run(*words).exit_code == 2
    assert scopes(deployed) == {"all"}


def test_a_complaint_that_comes_while_the_operator_reads_is_not_removed(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.suppress(ANA, bounce())
    monkeypatch.setattr(
        "postroad.cli.suppression.commands.confirm", lambda *_, **__: deployed.suppress(ANA, COMPLAINT)
    )
    assert deployed.run("suppression", "remove", ANA, "--yes").exit_code == 4
    assert scopes(deployed) == {"all"}


def test_an_address_added_again_after_a_removal_stays_suppressed(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    deployed.run("suppression", "remove", ANA, "--yes")
    assert deployed.json("suppression", "add", ANA)["added"] is True
    actions = [line["action"] for line in deployed.json("suppression", "show", ANA)["history"]]
    assert actions == ["suppressed", "lifted", "suppressed"]
    assert deployed.run("suppression", "show", "nobody@example.com").exit_code == 3


def test_removing_one_scope_leaves_the_others(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    deployed.suppress(ANA, replace(bounce(), reason=Reason.MANUAL), stream_scope("marketing"))
    assert deployed.run("suppression", "remove", ANA, "--scope", "stream:marketing", "--yes").exit_code == 0
    assert scopes(deployed) == {"all"}


def test_what_is_not_suppressed_can_not_be_removed(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    result = deployed.run("suppression", "remove", ANA, "--scope", "topic:news", "--yes")
    assert result.exit_code == 3
    assert "It is suppressed for all" in result.stderr
    assert deployed.run("suppression", "remove", "nobody@example.com", "--yes").exit_code == 3
