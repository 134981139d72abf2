"""Leaving on the deployed stack: from the mail's own headers to the mail that is no longer sent."""

from __future__ import annotations

import json
import re
import ssl
from email.message import Message
from http.client import HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.contract.words import Reason, Status
from postroad.web.http import HEADERS
from tests.local_stack import LocalStack, patiently

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOPIC = "product_updates"
ONE_CLICK = "List-Unsubscribe=One-Click"


def news(
    stack: LocalStack,
    what: str,
    address: Mapping[str, str],
    topic: str = TOPIC,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Enqueue a mail of a topic, written by its producer, and return its id."""
    message = stack.message(
        what,
        stream="marketing",
        topic=topic,
        to=address,
        template=None,
        data=None,
        content={"subject": "News", "html": "<html><body><p>News.</p></body></html>", "text": "News."},
        tags=tags,
    )
    stack.enqueue(message, stream="Marketing")
    return str(message["message_id"])


def ask(stack: LocalStack, link: str, method: str, body: str | None = None) -> tuple[int, Message, str]:
    parts = urlsplit(link)
    context = ssl.create_default_context(cafile=str(stack.state.certificate))
    connection = HTTPSConnection(parts.netloc, context=context, timeout=60)
    try:
        given = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, f"{parts.path}?{parts.query}", body=body, headers=given)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def links_of(stack: LocalStack, message_id: str) -> tuple[str, dict[str, str]]:
    """Return the link of a mail that was sent, and its headers."""
    assert stack.wait_for_end(message_id).status is Status.DELIVERED
    (summary,) = stack.mails_of(message_id)
    mail = stack.inbox.mail(summary["id"])
    headers = {header["name"]: header["value"] for header in mail["headers"]}
    found = re.fullmatch(r"<(https://\S+)>", headers["List-Unsubscribe"])
    assert found is not None
    for part in ("text", "html"):
        assert found[1] in mail[part], part
    return found[1], headers


def test_one_click_from_the_mails_own_headers_stops_the_topic(stack: LocalStack) -> None:
    address = {"email": f"{stack.new_id('leaver')}@example.com"}
    first = news(stack, "left", address)
    link, headers = links_of(stack, first)
    assert headers["List-Unsubscribe-Post"] == ONE_CLICK
    assert "@" not in link

    # A scanner opens it first, more than once.
    for method in ("GET", "HEAD", "GET"):
        assert ask(stack, link, method)[0] == 200
    key = stack.wait_for_end(first).address_key
    assert stack.suppression(key) is None

    status, given, page = ask(stack, link, "POST", ONE_CLICK)
    assert status == 200
    for name, value in HEADERS.items():
        assert given[name] == value, name
    assert address["email"] not in page
    entry = patiently(lambda: stack.suppression(key), lambda: "the suppression")["scopes"]["M"]
    assert set(entry) == {f"topic:{TOPIC}"}
    assert entry[f"topic:{TOPIC}"]["M"]["reason"]["S"] == Reason.UNSUBSCRIBED

    stopped = stack.wait_for_end(news(stack, "left-again", address))
    assert (stopped.status, stopped.reason) == (Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert stack.mails_of(stopped.message_id) == []
    links_of(stack, news(stack, "left-other-topic", address, topic="offers"))
    assert stack.send(stack.message("left-order", to=address)).status is Status.DELIVERED


def test_the_pages_form_stops_all_that_can_be_left(stack: LocalStack) -> None:
    address = {"email": f"{stack.new_id('leaver')}@example.com"}
    link, _ = links_of(stack, news(stack, "all", address))
    assert ask(stack, link, "POST", "leave=all&reason=too_many")[0] == 200

    stopped = stack.wait_for_end(news(stack, "all-again", address, topic="offers"))
    assert (stopped.status, stopped.reason) == (Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert stack.send(stack.message("all-order", to=address)).status is Status.DELIVERED


@pytest.mark.parametrize(
    "spoil", [lambda link: link.partition("?")[0][:-4], lambda link: link.partition("?")[0][:-4] + "AAAA"]
)
def test_a_spoilt_link_is_not_found_and_tells_nothing(stack: LocalStack, spoil: object) -> None:
    assert callable(spoil)
    address = {"email": f"{stack.new_id('leaver')}@example.com"}
    first = news(stack, "spoilt", address)
    link, _ = links_of(stack, first)
    assert ask(stack, spoil(link), "POST", ONE_CLICK)[0] == 404
    assert stack.suppression(stack.wait_for_end(first).address_key) is None


def test_transactional_mail_has_no_such_link(stack: LocalStack) -> None:
    row = stack.send(stack.message("no-link"))
    (summary,) = stack.mails_of(row.message_id)
    mail = stack.inbox.mail(summary["id"])
    assert not [header for header in mail["headers"] if header["name"].startswith("List-")]
    assert "/u/" not in mail["text"] + mail["html"]


def test_a_report_gives_exactly_what_became_of_a_campaign(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = stack.new_id("campaign")

    def sent_to(what: str, email: str = "", variant: str = "a") -> str:
        address = {"email": email or f"{stack.new_id(what)}@example.com"}
        return news(stack, what, address, tags={"campaign": campaign, "variant": variant})

    bouncing, angry_mailbox = (
        f"{kind}+{stack.new_id('numbers')}@simulator.amazonses.com" for kind in ("bounce", "complaint")
    )
    # One after the other: the emulated table's stream doesn't tell of rows that are written together.
    stack.wait_for(sent_to("read"), Status.DELIVERED)
    link, _ = links_of(stack, sent_to("left-by", variant="b"))
    stack.wait_for(sent_to("bounced", bouncing), Status.BOUNCED)
    stack.wait_for(sent_to("angry", angry_mailbox), Status.COMPLAINED)
    for _ in range(2):  # who leaves twice counts once
        assert ask(stack, link, "POST", ONE_CLICK)[0] == 200
    stopped = stack.wait_for_end(sent_to("stopped", bouncing))
    assert stopped.status is Status.SUPPRESSED

    (tmp_path / ".local").symlink_to(stack.state.folder)
    monkeypatch.chdir(tmp_path)
    today = {
        "sent": 4,
        "delivered": 3,
        "hard": 1,
        "complaints": 1,
        "unsubscribes": 1,
        "not_sent_suppressed": 1,
    }

    def counted(by: str) -> list[dict[str, Any]]:
        told = CliRunner().invoke(app, ["report", "--days", "2", "--by", by, "--json"])
        assert told.exit_code == 0, told.output
        return [line for line in json.loads(told.stdout)["lines"] if line["campaign"] == campaign]

    def numbers(line: Mapping[str, Any]) -> dict[str, int]:
        return {name: count for name, count in line["counts"].items() if count}

    patiently(
        lambda: [numbers(line) for line in counted("campaign")] == [today] or None,
        lambda: f"the report to be {today}; it is {[numbers(line) for line in counted('campaign')]}",
    )
    by_variant = {line["variant"]: numbers(line) for line in counted("campaign.variant")}
    assert by_variant["b"] == {"sent": 1, "delivered": 1, "unsubscribes": 1}
    assert by_variant["a"]["sent"] == 3
    (line,) = counted("campaign")
    assert line["rates"]["complaints"] == {"numerator": 1, "denominator": 3, "of": "delivered", "rate": None}
