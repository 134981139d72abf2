"""`postroad contact`: show and add."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postroad.cli.problem import ExitCode
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contract.words import Reason
from postroad.suppression.model import ScopeEntry, topic_scope
from tests.unit.cli.deployed import ANA, NOON, bounce, key_of

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

pytestmark = pytest.mark.slow

SHIPPED = Path(__file__).parents[3] / "config" / "topics.toml"


@pytest.fixture
def topics(deployed: Deployed) -> Deployed:
    """The stage, and the shipped topics in the working folder."""
    Path("config").mkdir(exist_ok=True)
    Path("config", "topics.toml").write_bytes(SHIPPED.read_bytes())
    return deployed


def contacts(deployed: Deployed) -> DynamoContacts:
    return DynamoContacts(deployed.session.client("dynamodb"), "contacts")


def test_a_contact_is_added_and_shown(topics: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "operator1")
    words = ["--name", "Ana Ruiz", "--locale", "es-CO", "--time-zone", "America/Bogota"]
    words += ["--attribute", "orders=7", "--attribute", "city=Bogotá", "--topic", "product_updates"]

    assert topics.json("contact", "add", ANA, *words) == {
        "email": ANA, "contact": "added", "suppressions": [],
    }  # fmt: skip

    shown = topics.json("contact", "show", ANA)
    contact = shown["contact"]
    assert (contact["name"], contact["locale"], contact["time_zone"]) == (
        "Ana Ruiz",
        "es-CO",
        "America/Bogota",
    )
    assert contact["attributes"] == {"orders": 7, "city": "Bogotá"}
    assert contact["topics"]["product_updates"]["status"] == "granted"
    assert contact["source"] == "operator:operator1"
    (consent,) = shown["consents"]
    assert (consent["topic"], consent["status"], consent["source"], consent["evidence"]) == (
        "product_updates",
        "granted",
        "operator:operator1",
        "command line",
    )
    text = topics.run("contact", "show", ANA).stdout
    for word in ("Ana Ruiz", "America/Bogota", "Bogotá", "product_updates  granted", "operator:operator1"):
        assert word in text


def test_a_topic_that_asks_for_confirmation_is_pending_until_it_is_said_to_be_granted(
    topics: Deployed,
) -> None:
    topics.json("contact", "add", ANA, "--topic", "offers")
    assert contacts(topics).find([key_of(ANA)])[key_of(ANA)].topics["offers"].status == "pending"

    topics.json("contact", "add", ANA, "--topic", "offers=granted")
    assert contacts(topics).find([key_of(ANA)])[key_of(ANA)].topics["offers"].status == "granted"


def test_an_update_leaves_alone_what_it_doesn_t_name(topics: Deployed) -> None:
    topics.json("contact", "add", ANA, "--name", "Ana", "--attribute", "orders=7", "--attribute", "city=Cali")

    assert topics.json("contact", "add", ANA, "--attribute", "orders=8")["contact"] == "updated"
    assert topics.json("contact", "add", ANA, "--attribute", "city=")["contact"] == "updated"
    assert topics.json("contact", "add", ANA)["contact"] == "unchanged"

    found = contacts(topics).find([key_of(ANA)])[key_of(ANA)]
    assert (found.name, dict(found.attributes)) == ("Ana", {"orders": 8})


def test_whoever_is_suppressed_stays_so_and_it_is_told(topics: Deployed) -> None:
    topics.suppress(ANA, bounce())
    left = ScopeEntry(Reason.UNSUBSCRIBED, "page", NOON, None, "request 7")
    topics.suppress(ANA, left, topic_scope("offers"))

    answer = topics.json("contact", "add", ANA, "--topic", "offers=granted")

    assert {each["scope"] for each in answer["suppressions"]} == {"all", "topic:offers"}
    text = topics.run("contact", "add", ANA).stdout
    assert "They stay suppressed:" in text
    assert "hard_bounce" in text


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--locale", "not a locale"), "locale: it is no language tag"),
        (("--time-zone", "Mars/Olympus"), "time_zone: it is no time zone"),
        (("--topic", "nothing"), "topics: there is no topic 'nothing'"),
        (("--topic", "offers=perhaps"), "topics: this is no status of consent"),
        (("--topic", "offers=withdrawn"), "Who leaves is not added"),
        (("--attribute", "orders"), "'orders' is no attribute"),
        (("--attribute", "7up=1"), "attributes: an attribute's name is not one"),
        (("--attribute", f"note={'x' * 1_001}"), "attributes.note: it has 1,001 characters"),
        (("--name", "a\nb"), "name: it holds a line break"),
    ],
)
def test_what_can_t_be_kept_is_refused_by_its_name(
    topics: Deployed, words: tuple[str, ...], what: str
) -> None:
    error = topics.json("contact", "add", ANA, *words, code=ExitCode.USAGE)["error"]
    assert error["what"].startswith(what)
    assert error["next"]
    assert contacts(topics).find([key_of(ANA)]) == {}


def test_nobody_is_shown_as_nobody(topics: Deployed) -> None:
    result = topics.run("contact", "show", ANA)
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "is no contact" in result.stdout


def test_one_who_left_without_being_a_contact_is_shown_with_what_they_left(topics: Deployed) -> None:
    from postroad.contacts.dynamodb_leaving import DynamoLeaving  # noqa: PLC0415 - used here alone

    DynamoLeaving(
        topics.session.client("dynamodb"), contacts_table="contacts", suppressions_table="suppressions"
    ).leave(key_of(ANA), ["topic:offers"], source="page", evidence="request 7", now=NOON + timedelta(days=1))

    shown = topics.json("contact", "show", ANA)

    assert shown["contact"] is None
    assert [each["status"] for each in shown["consents"]] == ["withdrawn"]
    assert [each["scope"] for each in shown["suppressions"]] == ["topic:offers"]


def test_topics_that_can_t_be_read_are_told(topics: Deployed) -> None:
    Path("config", "topics.toml").write_text("[topics.offers]\n", "utf-8")
    error = topics.json("contact", "add", ANA, code=ExitCode.FAILED)["error"]
    assert "topics.offers.stream: missing" in error["what"]
    assert error["next"] == "Mend config/topics.toml."
