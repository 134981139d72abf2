"""POST /events on the deployed stack: signed events come to their contact, forged ones to nobody."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from postroad.activity.item import ACTIVITY
from postroad.local.connection import connection
from tests.local_stack import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local_stack import LocalStack

pytestmark = pytest.mark.slow


def event(stack: LocalStack, who: str, **change: object) -> str:
    facts = {
        "schema": "postroad.event.v1",
        "event_id": stack.new_id("posted"),
        "name": "site.visited",
        "time": datetime.now(UTC).isoformat(),
        "contact": {"email": f"{who}@example.com"},
    }
    return json.dumps(facts | change)


@dataclass
class Caller:
    """A user of the stage's account, and what they sign with."""

    stack: LocalStack
    credentials: Credentials

    def post(self, body: str, *, sends: str | None = None, **other: str) -> httpx.Response:
        """Post a body; `sends` goes instead of what was signed, `other` replaces parts of the credentials."""
        keys = {"access_key": self.credentials.access_key, "secret_key": self.credentials.secret_key} | other
        url = self.stack.outputs["EventsUrl"]
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(Credentials(**keys), "execute-api", self.stack.state.region).add_auth(request)
        return ask(self.stack, sends or body, dict(request.headers.items()))


@pytest.fixture(scope="module")
def shop(stack: LocalStack) -> Iterator[Caller]:
    """Make a user who bears the policy for reporting events."""
    yield from a_user(stack, "shop", stack.outputs["EventsPolicyArn"])


@pytest.fixture(scope="module")
def stranger(stack: LocalStack) -> Iterator[Caller]:
    """Make a user of the same account who may enqueue mail, and report nothing."""
    yield from a_user(stack, "stranger", stack.outputs["TransactionalEnqueuePolicyArn"])


def a_user(stack: LocalStack, name: str, policy: str) -> Iterator[Caller]:
    iam = boto3.client("iam", **connection(stack.state))
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield Caller(stack, Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    iam.close()


def ask(stack: LocalStack, body: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(
        stack.outputs["EventsUrl"],
        content=body.encode(),
        headers=headers,
        verify=ssl.create_default_context(cafile=stack.state.certificate),
        timeout=30,
    )


def activity_of(stack: LocalStack, who: str) -> dict[str, Any] | None:
    """Return what is kept of the contact with this address."""
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.outputs["ContactsTable"])
    items = [item for page in pages for item in page["Items"]]
    keys = [item["pk"]["S"] for item in items if item.get("email", {}).get("S") == f"{who}@example.com"]
    return next((item for item in items if item["pk"]["S"] in keys and item["sk"]["S"] == ACTIVITY), None)


def test_a_signed_event_is_kept_with_a_contact_who_is_new(stack: LocalStack, shop: Caller) -> None:
    who = stack.new_id("visitor")

    answer = shop.post(event(stack, who))

    assert answer.status_code == 202, answer.text
    kept = patiently(lambda: activity_of(stack, who), lambda: "the event is not kept")
    assert "last_visit" in kept["facts"]["S"]


def test_a_wrong_event_is_refused_with_what_to_mend(stack: LocalStack, shop: Caller) -> None:
    answer = shop.post(event(stack, "nobody", name="site.visit"))

    assert answer.status_code == 400
    assert answer.json()["reason"] == "unknown_event"
    assert "did you mean site.visited?" in answer.json()["detail"]


def test_forged_and_missing_signatures_come_to_nobody(
    stack: LocalStack, shop: Caller, stranger: Caller
) -> None:
    who, later = stack.new_id("victim"), stack.new_id("visitor")
    body = event(stack, who)

    answers = {
        "missing": ask(stack, body, {"Content-Type": "application/json"}),
        "another secret": shop.post(body, secret_key="f" * 40),
        "an unknown key": shop.post(body, access_key="AKIAIOSFODNN7EXAMPLE"),
        "another body": shop.post(event(stack, later), sends=body),
        "somebody who may not": stranger.post(body),
    }

    assert {why: answer.status_code for why, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert shop.post(event(stack, later)).status_code == 202
    patiently(lambda: activity_of(stack, later), lambda: "the event is not kept")
    assert activity_of(stack, who) is None


def test_the_bus_takes_events_of_contacts_as_the_queue_does(stack: LocalStack) -> None:
    who = stack.new_id("visitor")
    body = event(stack, who)

    answer = stack.events.put_events(
        Entries=[
            {
                "EventBusName": stack.outputs["ResultBus"],
                "Source": "shop",
                "DetailType": "postroad.event.v1",
                "Detail": body,
            }
        ]
    )

    assert answer["FailedEntryCount"] == 0
    kept = patiently(lambda: activity_of(stack, who), lambda: "the event is not kept")
    assert json.loads(kept["events"]["S"])[0][2] == json.loads(body)["event_id"]
