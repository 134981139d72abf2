"""Whole requests of the HTTP API: signing up, confirming, and that nobody learns anything of an address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from moto import mock_aws

from functions.web.handler import lambda_handler
from postroad.clock import FixedClock
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.parser import parse_message
from postroad.contract.words import Reason
from postroad.suppression.address_key import address_key
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, topic_scope
from postroad.web import naming, wiring
from postroad.web.building import build_pages
from postroad.web.settings import WebSettings
from tests.tables import create_table
from tests.web_world import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from postroad.web.http import Response

ROOT = Path(__file__).parents[2]
SECRET = b"s" * 64
RING = json.dumps({"current": "t1", "t1": "a" * 64})
EMAIL = "ana.ruiz@example.com"
KEY = address_key(SECRET, EMAIL)
STREAMS = {"offers": "marketing", "product_updates": "marketing", "follow_ups": "marketing"}
EARLIER = NOON - timedelta(days=1)
OFFERS = {"email": EMAIL, "topic": "offers", "shown": "en"}


@dataclass
class Stage:
    """What signing up reads and writes."""

    context: LambdaContext
    queue: str
    clients: tuple[Any, ...]

    def post(self, fields: dict[str, Any] | str, *, path: str = "/subscribe", token: str = "") -> Response:
        body = fields if isinstance(fields, str) else urlencode(fields, doseq=True)
        return self.ask("POST", path, token, body, "application/x-www-form-urlencoded")

    def post_json(self, content: object) -> Response:
        return self.ask("POST", "/subscribe", "", json.dumps(content), "application/json")

    def get(self, path: str, token: str = "") -> Response:
        return self.ask("GET", path, token, None, "")

    def follow(self, link: str, fields: dict[str, Any] | None = None) -> Response:
        """Open a link of a mail, or send the form that it leads to."""
        _, route, token = urlsplit(link).path.split("/")
        path = f"/{route}/{{token}}"
        return self.get(path, token) if fields is None else self.post(fields, path=path, token=token)

    def mails(self) -> list[dict[str, Any]]:
        """Take what was put on the queue."""
        sqs = boto3.client("sqs")
        found = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
            parse_message(each["Body"])
        return [json.loads(each["Body"]) for each in found]

    def gets(self, key: str = KEY) -> set[str]:
        """Return the topics that an address gets."""
        people = DynamoLeaving(
            boto3.client("dynamodb"), contacts_table="contacts", suppressions_table="suppressions",
            stream_of_topic=STREAMS,
        )  # fmt: skip
        chosen = people.preferences(key, now=NOON)
        return {topic for topic, yes in chosen.topics.items() if yes}

    def ask(self, method: str, path: str, token: str, body: str | None, kind: str) -> Response:
        request = {
            "routeKey": f"ANY {path}",
            "headers": {"content-type": kind, "accept-language": "es"},
            "requestContext": {
                "requestId": "r-1",
                "http": {"method": method, "path": path, "sourceIp": "203.0.113.9"},
            },
            "pathParameters": {"token": token},
            "isBase64Encoded": False,
        }
        return lambda_handler(request | ({} if body is None else {"body": body}), self.context)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    topics = ROOT / "config" / "topics.toml"
    build_pages(
        folder, brand=ROOT / "config" / "brand.toml", topics=naming.topic_texts(topics),
        rules=naming.topic_rules(topics),
    )  # fmt: skip
    return folder / "pages.json"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, pages: Path, context: LambdaContext) -> Iterator[Stage]:
    monkeypatch.setattr(wiring, "PAGES", pages)
    # Limits have windows: no test may stand across the end of one.
    monkeypatch.setattr("functions.web.handler.clock", FixedClock(NOON))
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name in ("messages", "contacts", "suppressions", "schedule"):
            create_table(dynamodb, name)
        secrets, sqs = boto3.client("secretsmanager"), boto3.client("sqs")
        queue = sqs.create_queue(QueueName="transactional")["QueueUrl"]
        # The function's own requests are no botocore client's, which alone moto answers.
        monkeypatch.setattr(wiring, "dynamodb_requests", lambda: dynamodb)
        monkeypatch.setattr(wiring, "secrets_requests", lambda: secrets)
        monkeypatch.setattr(wiring, "sqs_requests", lambda: sqs)
        settings = WebSettings(
            stage="test",
            messages_table="messages",
            contacts_table="contacts",
            suppressions_table="suppressions",
            schedule_table="schedule",
            token_keys_arn=secrets.create_secret(Name="token-keys", SecretString=RING)["ARN"],
            address_secret_arn=secrets.create_secret(Name="address", SecretString=SECRET.decode())["ARN"],
            confirmation_queue_url=queue,
            confirmation_stream="transactional",
            web_url="https://mail.shop.example",
        )
        for variable, value in settings.to_environment().items():
            monkeypatch.setenv(variable, value)
        wiring.website.cache_clear()
        yield Stage(context, queue, (dynamodb, secrets, sqs))
    wiring.website.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    written = StringIO()
    monkeypatch.setattr(wiring.logger.registered_handler, "stream", written)
    return written


def suppress(key: str, email: str, scope: str, reason: Reason) -> None:
    entry = ScopeEntry(reason, "feedback", EARLIER, None, "event 1")
    DynamoSuppressions(boto3.client("dynamodb"), "suppressions").suppress(key, email, scope, entry)


def make_contact(key: str, email: str, *topics: str) -> None:
    consents = tuple(NewConsent(topic, ConsentStatus.GRANTED, EARLIER, "import") for topic in topics)
    contact = NewContact(key, email, "import", "Ana", consents=consents)
    DynamoContacts(boto3.client("dynamodb"), "contacts").save([contact], now=EARLIER)


def test_the_form_is_a_page_that_writes_nothing(stage: Stage) -> None:
    response = stage.get("/subscribe")
    assert response["statusCode"] == 200
    assert response["headers"]["Content-Language"] == "es"
    assert '<form method="post">' in response["body"]
    for table in ("contacts", "suppressions", "schedule"):
        assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 0
    assert stage.mails() == []


def test_who_signs_up_confirms_it_from_the_mailbox(stage: Stage) -> None:
    assert stage.post(OFFERS | {"name": "Ana Ruiz"})["statusCode"] == 200
    assert stage.gets() == set()

    (mail,) = stage.mails()
    assert (mail["stream"], mail["template"], mail["to"], mail["locale"]) == (
        "transactional", "confirm_subscription", {"email": EMAIL}, "es",
    )  # fmt: skip
    assert mail["data"]["topics"] == [{"name": "Ofertas"}]
    link = mail["data"]["confirm_url"]
    assert link.startswith("https://mail.shop.example/c/")

    page = stage.follow(link)
    assert page["statusCode"] == 200
    assert "Ofertas" in page["body"]
    assert stage.gets() == set()

    assert stage.follow(link, {"do": "confirm"})["statusCode"] == 200
    assert stage.gets() == {"offers"}
    contact = DynamoContacts(boto3.client("dynamodb"), "contacts").find([KEY])[KEY]
    assert (contact.email, contact.name, contact.locale) == (EMAIL, "Ana Ruiz", "es")
    assert stage.follow(link, {"do": "confirm"})["statusCode"] == 200
    assert stage.mails() == []


def test_where_a_word_is_enough_a_notice_comes_with_a_link_to_leave(stage: Stage) -> None:
    stage.post({"email": EMAIL, "topic": "product_updates"})
    assert stage.gets() == {"product_updates"}

    (mail,) = stage.mails()
    assert mail["template"] == "subscription_notice"
    stage.follow(mail["data"]["leave_url"], {"leave": "topic"})
    assert stage.gets() == set()

    stage.post({"email": EMAIL, "topic": "product_updates"})
    (mail,) = stage.mails()
    assert mail["template"] == "confirm_subscription"
    assert stage.gets() == set()
    stage.follow(mail["data"]["confirm_url"], {"do": "confirm"})
    assert stage.gets() == {"product_updates"}


def test_a_notice_of_several_topics_leads_to_the_preferences(stage: Stage) -> None:
    stage.post({"email": EMAIL, "topic": ["product_updates", "follow_ups"]})
    (mail,) = stage.mails()
    assert urlsplit(mail["data"]["leave_url"]).path.startswith("/p/")
    assert stage.follow(mail["data"]["leave_url"])["statusCode"] == 200


def test_a_shop_s_own_program_signs_up_by_json(stage: Stage) -> None:
    response = stage.post_json(
        {"email": EMAIL, "topics": ["offers"], "name": "Ana", "locale": "nl-BE", "wording": "shop-7"}
    )
    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == {"answer": "asked"}
    assert response["headers"]["Content-Type"].startswith("application/json")
    assert not [name for name in response["headers"] if name.lower().startswith("access-control")]
    (mail,) = stage.mails()
    assert (mail["locale"], mail["data"]["topics"]) == ("nl", [{"name": "Aanbiedingen"}])
    (record,) = DynamoContacts(boto3.client("dynamodb"), "contacts").consents(KEY)
    assert (record.status, record.source, record.wording, record.purpose, record.ip) == (
        ConsentStatus.PENDING, "subscribe:json", "shop-7", "Offers", "",
    )  # fmt: skip


def test_json_that_is_wrong_is_told_which_fields(stage: Stage) -> None:
    response = stage.post_json({"email": "no address", "topics": ["lottery"]})
    assert response["statusCode"] == 400
    assert json.loads(response["body"]) == {"answer": "subscribe", "problems": ["email", "topics"]}
    assert stage.mails() == []


def test_the_record_holds_the_version_of_the_words_that_were_shown(stage: Stage) -> None:
    stage.post(OFFERS)
    stage.post(OFFERS | {"email": "b@example.com", "shown": "nl"})
    stage.post({"email": "c@example.com", "topic": "offers"})
    contacts = DynamoContacts(boto3.client("dynamodb"), "contacts")
    wordings = []
    for email in (EMAIL, "b@example.com", "c@example.com"):
        (record,) = contacts.consents(address_key(SECRET, email))
        wordings.append(record.wording)
    assert wordings[0].startswith("en-")
    assert wordings[1].startswith("nl-")
    assert wordings[2] == ""


def test_known_and_unknown_addresses_are_the_same_calls_the_same_work_and_the_same_bytes(
    stage: Stage,
) -> None:
    """Whoever signs others up learns nothing of them: for a topic of each opt-in rule, and for both ways."""
    calls: list[tuple[object, ...]] = []

    def record(model: Any, params: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own
        body = params["body"]
        written = [] if not isinstance(body, bytes | str) else json.loads(body).get("TransactItems", [])
        calls.append((model.name, [sorted(each) for each in written]))

    for client in stage.clients:
        client.meta.events.register("before-call", record)
    everybody: dict[str, Callable[[str, str], object]] = {
        "unknown@example.com": lambda *_: None,
        "granted@example.com": lambda key, email: make_contact(key, email, "offers", "product_updates"),
        "contact@example.com": make_contact,
        "bounced@example.com": lambda key, email: suppress(key, email, ALL_STREAMS, Reason.HARD_BOUNCE),
        "complain@example.com": lambda key, email: suppress(key, email, ALL_STREAMS, Reason.COMPLAINT),
        "left.all@example.com": lambda key, email: suppress(key, email, ALL_STREAMS, Reason.UNSUBSCRIBED),
        "left.one@example.com": lambda key, email: suppress(
            key, email, topic_scope("offers"), Reason.UNSUBSCRIBED
        ),
        "erased@example.com": lambda key, _: suppress(key, "", ALL_STREAMS, Reason.ERASED),
        "pending@example.com": lambda _, email: stage.post({"email": email, "topic": "offers"}),
    }
    for email, prepare in everybody.items():
        prepare(address_key(SECRET, email), email)
    stage.mails()
    seen = []
    for email in everybody:
        told = []
        calls.clear()
        told.append(stage.post({"email": email, "topic": ["offers", "product_updates"], "name": "Ana"}))
        told.append(stage.post_json({"email": email, "topics": ["product_updates"]}))
        seen.append((told, list(calls)))
        assert len(stage.mails()) == 2

    assert all(each == seen[0] for each in seen)
    assert [name for name, _ in seen[0][1]] == [
        "UpdateItem", "UpdateItem", "Query", "GetItem", "TransactWriteItems", "SendMessage",
    ] * 2  # fmt: skip


def test_a_mailbox_gets_three_mails_a_day_and_nobody_is_told(stage: Stage) -> None:
    answers = [stage.post(OFFERS) for _ in range(5)]
    assert all(answer == answers[0] for answer in answers)
    assert len(stage.mails()) == 3


def test_one_machine_signs_up_thirty_times_in_ten_minutes(stage: Stage) -> None:
    codes = [stage.post(OFFERS | {"email": f"p{n}@example.com"})["statusCode"] for n in range(31)]
    assert codes == [200] * 30 + [429]


def test_nobody_is_mailed_while_nothing_can_count(stage: Stage, log: StringIO) -> None:
    boto3.client("dynamodb").delete_table(TableName="schedule")
    assert stage.post(OFFERS)["statusCode"] == 503
    assert stage.mails() == []
    assert "CountersUnavailableError" in log.getvalue()


def test_a_queue_that_is_gone_is_told_as_our_fault(stage: Stage, log: StringIO) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=stage.queue)
    assert stage.post(OFFERS)["statusCode"] == 503
    assert "NotMailedError" in log.getvalue()


def test_no_log_and_no_address_line_tells_who_signed_up(stage: Stage, log: StringIO) -> None:
    stage.post(OFFERS | {"name": "Ana Ruiz"})
    stage.post_json({"email": EMAIL, "topics": ["offers"]})
    stage.post({"email": "@@", "topic": "offers"})
    for mail in stage.mails():
        link = mail["data"]["confirm_url"]
        assert EMAIL not in link
        stage.follow(link)
        stage.follow(link, {"do": "confirm"})
    boto3.client("dynamodb").delete_table(TableName="contacts")
    stage.post(OFFERS)
    logged = log.getvalue()
    assert len(logged.splitlines()) >= 6
    for secret in ("@", "Ana", KEY, "203.0.113.9", "a" * 16, "s" * 16):
        assert secret not in logged


def test_nothing_that_was_typed_is_in_the_mail(stage: Stage) -> None:
    stage.post(OFFERS | {"name": "Zoraida Quixote", "locale": "es-CO"})
    (mail,) = stage.mails()
    assert "Zoraida" not in json.dumps(mail)
    assert mail["locale"] == "es"


def test_head_has_no_body_and_other_methods_change_nothing(stage: Stage) -> None:
    assert stage.ask("HEAD", "/subscribe", "", None, "")["body"] == ""
    assert stage.ask("PUT", "/subscribe", "", urlencode(OFFERS), "")["statusCode"] == 405
    assert stage.mails() == []
