"""Signing up on the deployed stack: from the form to the mailbox, and back again after leaving."""

from __future__ import annotations

import json
import re
import ssl
from http.client import HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contract.words import Reason, Status
from tests.local_stack import LocalStack, patiently

if TYPE_CHECKING:
    from postroad.ledger.row import Row

FORM = "application/x-www-form-urlencoded"
TOPIC = "offers"


def ask(link: str, stack: LocalStack, body: str | None = None, kind: str = FORM) -> tuple[int, str]:
    """Open a link, or send a body to it."""
    parts = urlsplit(link)
    context = ssl.create_default_context(cafile=str(stack.state.certificate))
    connection = HTTPSConnection(parts.netloc, context=context, timeout=60)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {"Content-Type": kind} if body is not None else {}
        connection.request("POST" if body is not None else "GET", path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def sign_up(stack: LocalStack, email: str) -> None:
    """Fill in the form that the page shows."""
    url = f"{stack.outputs['WebUrl']}/subscribe"
    status, page = ask(f"{url}?lang=es", stack)
    assert status == 200
    assert f'name="topic" value="{TOPIC}"' in page
    fields = {"email": email, "topic": TOPIC, "name": "Ana Ruiz", "shown": "es"}
    assert ask(f"{url}?lang=es", stack, urlencode(fields))[0] == 200


def confirm_link(stack: LocalStack, email: str, number: int) -> str:
    """Wait for the mailbox's n-th mail with a link to confirm, and return that of the newest."""

    def look() -> str | None:
        found = []
        for each in stack.inbox.mails(to=email):
            mail = stack.inbox.mail(each["id"])
            found += re.findall(r"https://\S+/c/\S+", mail["text"])[:1]
            assert mail["html"] is not None
            assert "Ana Ruiz" not in mail["text"] + mail["html"]
        return found[0] if len(found) >= number else None

    return patiently(look, lambda: f"mail number {number} with a link to confirm")


def offers(stack: LocalStack, what: str, email: str) -> Row:
    """Enqueue a mail of the topic, and wait for its end."""
    message = stack.message(
        what, stream="marketing", topic=TOPIC, to={"email": email}, template=None, data=None,
        content={"subject": "Offers", "html": "<html><body><p>Offers.</p></body></html>", "text": "Offers."},
    )  # fmt: skip
    stack.enqueue(message, stream="Marketing")
    return stack.wait_for_end(str(message["message_id"]))


def consents(stack: LocalStack, key: str) -> list[tuple[str, str]]:
    """Return status and source of each record of consent, oldest first."""
    found = DynamoContacts(stack.dynamodb, stack.outputs["ContactsTable"]).consents(key)
    return [(each.status.value, each.source) for each in found]


def test_a_person_signs_up_confirms_is_mailed_leaves_and_comes_back(stack: LocalStack) -> None:
    email = f"{stack.new_id('joiner')}@example.com"
    sign_up(stack, email)
    link = confirm_link(stack, email, 1)
    assert "@" not in link
    assert link.endswith("?lang=es")

    # A scanner opens it first.
    for _ in range(2):
        status, page = ask(link, stack)
        assert status == 200
        assert '<html lang="es"' in page
    assert ask(link, stack, "do=confirm")[0] == 200

    sent = offers(stack, "joined", email)
    assert sent.status is Status.DELIVERED
    key = sent.address_key
    assert consents(stack, key) == [("pending", "subscribe:form"), ("granted", "confirm:page")]

    (summary,) = stack.mails_of(sent.message_id)
    headers = {each["name"]: each["value"] for each in stack.inbox.mail(summary["id"])["headers"]}
    leave = headers["List-Unsubscribe"].strip("<>")
    assert ask(leave, stack, "List-Unsubscribe=One-Click")[0] == 200
    stopped = offers(stack, "left", email)
    assert (stopped.status, stopped.reason) == (Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)

    # The mail that confirmed it is over now: a click on it brings nobody back.
    assert ask(link, stack, "do=confirm")[0] == 410
    assert offers(stack, "still-left", email).status is Status.UNSUBSCRIBED

    sign_up(stack, email)
    again = confirm_link(stack, email, 2)
    assert offers(stack, "asked", email).status is Status.UNSUBSCRIBED
    assert ask(again, stack, "do=confirm")[0] == 200
    assert offers(stack, "came-back", email).status is Status.DELIVERED


def test_a_shop_s_program_signs_up_by_json_and_a_spoilt_one_is_told(stack: LocalStack) -> None:
    email = f"{stack.new_id('joiner')}@example.com"
    url = f"{stack.outputs['WebUrl']}/subscribe"
    spoilt = ask(url, stack, json.dumps({"email": email, "topics": ["lottery"]}), "application/json")
    assert (spoilt[0], json.loads(spoilt[1])["problems"]) == (400, ["topics"])
    given = ask(url, stack, json.dumps({"email": email, "topics": [TOPIC]}), "application/json")
    assert (given[0], json.loads(given[1])) == (200, {"answer": "asked"})
    assert ask(confirm_link(stack, email, 1), stack)[0] == 200
