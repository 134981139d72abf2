"""Whole requests of the HTTP API through the function `web`: pages, leaving, and what stays unsaid."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import boto3
import pytest
from moto import mock_aws

from functions.web.handler import lambda_handler
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.model import ConsentStatus
from postroad.contract.words import Reason, StreamKind
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.model import blocks
from postroad.web import wiring
from postroad.web.building import build_pages
from postroad.web.naming import topic_rules, topic_texts
from postroad.web.requests import SERVED, Route
from postroad.web.settings import WebSettings
from postroad.web.token import Grant, KeyRing, Purpose, make_token
from tests.tables import create_table
from tests.web_world import ADDRESS, EMAIL, NOON, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

ROOT = Path(__file__).parents[2]
ONE_CLICK = (Path(__file__).parent / "http_api_one_click.json").read_text("utf-8")
SECRET = json.dumps({"current": "t1", "t1": "a" * 64})
LINK = make_token(KeyRing.read(SECRET), Grant(ADDRESS, TOPIC, Purpose.UNSUBSCRIBE))


@pytest.fixture
def suppressions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DynamoSuppressions]:
    """Return the suppressions of a stage whose function serves real pages."""
    config = ROOT / "config"
    build_pages(
        tmp_path,
        brand=config / "brand.toml",
        topics=topic_texts(config / "topics.toml"),
        rules=topic_rules(config / "topics.toml"),
    )
    monkeypatch.setattr(wiring, "PAGES", tmp_path / "pages.json")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name in ("messages", "contacts", "suppressions", "schedule"):
            create_table(dynamodb, name)
        secrets = boto3.client("secretsmanager")
        # The function's own requests are no botocore client's, which alone moto answers.
        monkeypatch.setattr(wiring, "dynamodb_requests", lambda: dynamodb)
        monkeypatch.setattr(wiring, "secrets_requests", lambda: secrets)
        settings = WebSettings(
            stage="test",
            messages_table="messages",
            contacts_table="contacts",
            suppressions_table="suppressions",
            schedule_table="schedule",
            token_keys_arn=secrets.create_secret(Name="token-keys", SecretString=SECRET)["ARN"],
        )
        for variable, value in settings.to_environment().items():
            monkeypatch.setenv(variable, value)
        wiring.website.cache_clear()
        yield DynamoSuppressions(dynamodb, "suppressions")
    wiring.website.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Return what the function logs."""
    written = StringIO()
    monkeypatch.setattr(wiring.logger.registered_handler, "stream", written)
    return written


def event(token: str = LINK) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ONE_CLICK.replace("<token>", token))
    return found


def choosing(method: str = "GET", **fields: list[str]) -> dict[str, Any]:
    """Return a request of the preference centre; the page showed no topic as agreed to."""
    link = make_token(KeyRing.read(SECRET), Grant(ADDRESS, TOPIC, Purpose.PREFERENCES))
    found = event(link)
    found["routeKey"] = f"ANY {Route.PREFERENCES}"
    found["requestContext"]["http"]["method"] = method
    shown = {"do": ["save"], "off": [TOPIC, "offers", "follow_ups", "shopping"]}
    found["body"] = urlencode(shown | fields, doseq=True) if method == "POST" else ""
    found["isBase64Encoded"] = False
    return found


def looking(token: str = LINK) -> dict[str, Any]:
    found = event(token)
    del found["body"]
    found["requestContext"]["http"]["method"] = "GET"
    return found


def stopped(suppressions: DynamoSuppressions, topic: str, kind: StreamKind = StreamKind.MARKETING) -> bool:
    found = suppressions.find([ADDRESS]).get(ADDRESS)
    return found is not None and blocks(found, stream="s", kind=kind, topic=topic, now=NOON) is not None


def test_one_click_stops_the_topic_and_nothing_else(
    suppressions: DynamoSuppressions, context: LambdaContext
) -> None:
    assert lambda_handler(event(), context)["statusCode"] == 200
    assert stopped(suppressions, TOPIC)
    assert not stopped(suppressions, "offers")
    assert not stopped(suppressions, TOPIC, StreamKind.TRANSACTIONAL)
    (line,) = suppressions.history(ADDRESS)
    assert (line.reason, line.source) == (Reason.UNSUBSCRIBED, "unsubscribe:one-click")


def test_opening_the_link_shows_the_form_and_writes_nothing(
    suppressions: DynamoSuppressions, context: LambdaContext
) -> None:
    response = lambda_handler(looking(), context)
    assert response["statusCode"] == 200
    assert '<form method="post">' in response["body"]
    assert not stopped(suppressions, TOPIC)
    for table in ("contacts", "suppressions", "schedule"):
        assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 0


def test_a_second_click_is_answered_like_the_first(
    suppressions: DynamoSuppressions, context: LambdaContext
) -> None:
    assert lambda_handler(event(), context) == lambda_handler(event(), context)
    assert len(suppressions.history(ADDRESS)) == 1


def test_a_forged_link_changes_nothing(suppressions: DynamoSuppressions, context: LambdaContext) -> None:
    forged = LINK[:-5] + "AAAAA"
    assert lambda_handler(event(forged), context)["statusCode"] == 404
    assert list(suppressions.pages()) == []


def test_a_table_that_is_gone_is_told_as_our_fault(
    suppressions: DynamoSuppressions, context: LambdaContext, log: StringIO
) -> None:
    boto3.client("dynamodb").delete_table(TableName="suppressions")
    response = lambda_handler(event(), context)
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (503, "120")
    assert "ContactsUnavailableError" in log.getvalue()
    with pytest.raises(SuppressionsUnavailableError):
        suppressions.find([ADDRESS])


def test_no_log_tells_who_came(
    suppressions: DynamoSuppressions, context: LambdaContext, log: StringIO
) -> None:
    for request in (event(), looking(), event("guessed")):
        lambda_handler(request, context)
    boto3.client("dynamodb").delete_table(TableName="schedule")
    lambda_handler(event(), context)
    assert stopped(suppressions, TOPIC)
    logged = log.getvalue()
    assert len(logged.splitlines()) >= 4
    for secret in ("@", EMAIL, ADDRESS, LINK, "203.0.113.9", "a" * 16):
        assert secret not in logged


def test_choosing_writes_consent_language_and_pause_and_says_so(
    suppressions: DynamoSuppressions, context: LambdaContext
) -> None:
    chosen = {"topic": ["offers"], "language": ["nl"], "pause": ["30"]}
    response = lambda_handler(choosing("POST", **chosen), context)
    assert response["statusCode"] == 200
    for told in (
        "You will get: <bdi>Offers</bdi>",
        "Nederlands</bdi></li>",
        "You get no news and offers until",
    ):
        assert told in response["body"]
    contact = DynamoContacts(boto3.client("dynamodb"), "contacts").find([ADDRESS])[ADDRESS]
    assert (contact.locale, contact.topics["offers"].status) == ("nl", ConsentStatus.GRANTED)
    found = suppressions.find([ADDRESS])[ADDRESS].scopes
    assert found["all"].reason is Reason.PAUSED
    assert found[f"topic:{TOPIC}"].reason is Reason.UNSUBSCRIBED
    assert not stopped(suppressions, TOPIC, StreamKind.TRANSACTIONAL)
    again = lambda_handler(choosing(), context)["body"]
    assert 'value="offers" checked' in again
    assert 'value="nl" lang="nl" selected' in again


def test_looking_at_preferences_writes_nothing(
    suppressions: DynamoSuppressions, context: LambdaContext
) -> None:
    for request in (choosing(), choosing("HEAD"), choosing("POST", pause=["7"])):
        assert lambda_handler(request, context)["statusCode"] in {200, 400}
    assert list(suppressions.pages()) == []
    for table in ("contacts", "suppressions", "schedule"):
        assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 0


def test_preferences_that_cannot_be_read_are_told_as_our_fault(
    suppressions: DynamoSuppressions, context: LambdaContext, log: StringIO
) -> None:
    boto3.client("dynamodb").delete_table(TableName="suppressions")
    for request in (choosing(), choosing("POST")):
        assert lambda_handler(request, context)["statusCode"] == 503
    assert "ContactsUnavailableError" in log.getvalue()
    with pytest.raises(SuppressionsUnavailableError):
        suppressions.find([ADDRESS])


def test_no_link_for_one_thing_does_another(suppressions: DynamoSuppressions, context: LambdaContext) -> None:
    for route in SERVED:
        for purpose in Purpose:
            if route.value.startswith(f"/{purpose[0]}/"):
                continue
            given = choosing("POST")
            given["routeKey"] = f"ANY {route}"
            token = make_token(KeyRing.read(SECRET), Grant(ADDRESS, TOPIC, purpose))
            given["pathParameters"] = {"token": token}
            assert lambda_handler(given, context)["statusCode"] == 404, (route, purpose)
    assert list(suppressions.pages()) == []
