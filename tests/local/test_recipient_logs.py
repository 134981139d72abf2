"""Whatever recipients and strangers do, no function's log, no access log and no link tells who they are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode

import boto3

from postroad.contract.words import Status
from postroad.local.connection import connection
from postroad.schedule.walks import WALKS
from tests.function_logs import function_logs
from tests.local_stack import LocalStack, patiently
from tests.raw_requests import RawPages
from tests.recipients import CHOICE, FORM, Recipient, sign_up

if TYPE_CHECKING:
    from postroad.ledger.row import Row

TELLING = ("path", "ip", "querystring", "useragent", "identity", "authorizer", "domainname", "referer")
"""Words in API Gateway's variables that hold a token, a visitor's address, or what a visitor writes."""


def links_of(recipient: Recipient, row: Row) -> list[str]:
    """Return every link of a mail that leads to our pages, of all its parts and headers."""
    mail = recipient.mail(row)
    texts = [mail["html"], mail["text"], *(header["value"] for header in mail["headers"])]
    found = re.findall(r"https://localhost[^\s\"<>]+", " ".join(texts))
    assert found
    return sorted(set(found))


def act(stack: LocalStack, recipient: Recipient) -> set[str]:
    """Do what recipients do, and what goes wrong for them; return all links that were met."""
    pages = RawPages(stack.outputs["WebUrl"], stack.state.certificate)
    first = recipient.news()
    links = links_of(recipient, first)
    wishes = {
        "/u/": b"leave=topic&reason=" + urlencode({"": recipient.email}).encode(),
        "/p/": CHOICE,
    }
    for link in links:
        target = link.removeprefix(f"https://{pages.host}")
        body = next(wish for door, wish in wishes.items() if door in target)
        pages.ask("GET", target)
        pages.ask("GET", f"{target}x?{urlencode({'lang': recipient.email})}")
        assert pages.ask("POST", target, FORM, body=body).status == 200
        pages.ask("POST", target, FORM, body=urlencode({"email": recipient.email}).encode())
    sign_up(pages, recipient, "product_updates")
    as_json = json.dumps({"email": recipient.email, "name": "Ana Ruiz", "topics": ["offers"]}).encode()
    pages.ask("POST", f"{pages.path}/subscribe", "Content-Type: application/json", body=as_json)
    pages.ask("GET", f"{pages.path}/subscribe?{urlencode({'email': recipient.email})}")
    assert recipient.news().status in {Status.UNSUBSCRIBED, Status.SUPPRESSED}
    reset = recipient.password_reset()
    assert reset.status is Status.DELIVERED
    stack.inbox.report(reset.ses_message_id, "complaint")
    patiently(lambda: "all" in recipient.scopes(reset) or None, lambda: "the complaint to suppress")
    stack.enqueue('{"to": "' + recipient.email + '"}', f"no JSON, but {recipient.email}")
    stack.send(stack.message("logs-bad", template="no_such_template", to={"email": recipient.email}))
    stack.wait_until_quiet()
    return set(links)


def test_no_function_logs_an_address_a_token_or_a_mail(stack: LocalStack) -> None:
    recipient = Recipient(stack, "logged")
    links = act(stack, recipient)

    logs = function_logs(stack.state)

    for verb in ("dispatch", "feedback", "outcomes", "send-marketing", "send-transactional", "web"):
        assert logs.get(f"postroad-local-{verb}"), f"{verb} has logged nothing at all"
    tokens = {link.partition("?")[0].rpartition("/")[2] for link in links}
    secret = {"@", "%40", recipient.email.partition("@")[0], "Ana Ruiz", *tokens}
    told = [
        (name, each, line)
        for name, lines in logs.items()
        for line in lines
        for each in secret
        # The ids of messages that the tests make begin like the addresses, so they are no find; nor is the
        # word under which dispatch keeps walks.
        if each in line.replace(f'"message_id":"{recipient.what}', "").replace(f'"{WALKS}"', "")
    ]
    assert told == []


def test_no_link_holds_an_address_or_what_it_is_made_of(stack: LocalStack) -> None:
    recipient = Recipient(stack, "linked")
    for link in links_of(recipient, recipient.news()):
        for form in (link, unquote(link)):
            assert "@" not in form
            assert recipient.email.partition("@")[0] not in form
            assert "example.com" not in form


def test_the_deployed_access_log_names_no_path_and_no_visitor(stack: LocalStack) -> None:
    gateway = boto3.client("apigatewayv2", **connection(stack.state))
    api = stack.outputs["WebUrl"].rpartition("/")[2]
    (stage,) = gateway.get_stages(ApiId=api)["Items"]
    gateway.close()
    variables = json.loads(stage["AccessLogSettings"]["Format"]).values()
    assert variables
    telling = [each for each in variables for word in TELLING if word in each.lower()]
    assert telling == []
