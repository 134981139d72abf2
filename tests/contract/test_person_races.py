"""Everybody at once on one person: they leave twice, choose, are imported, and bounce.

Over the emulated cloud's DynamoDB, which judges a transaction's conditions and writes in one step, as moto
doesn't; by boto3's client, and by the lean one that the functions use.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact, Wishes
from postroad.contacts.saving import consent_key
from postroad.contract.words import Reason
from postroad.errors import TransientError
from postroad.signing.connections import HttpEndpoint
from postroad.signing.json_service import JsonService
from postroad.signing.sigv4 import Credentials
from postroad.suppression.change import own_choices
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, topic_scope
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EMAIL = "ana.ruiz@example.com"
STREAMS = {"offers": "marketing", "product_updates": "marketing"}
ROUNDS = 4
MOST_TRIES = 20


@pytest.fixture(scope="module", params=["boto3", "lean"])
def dynamodb(request: pytest.FixtureRequest, emulated_url: str) -> Iterator[Any]:
    ours = boto3.client(
        "dynamodb", endpoint_url=emulated_url, region_name="us-east-1", config=Config(max_pool_connections=20)
    )
    for table in (f"{request.param}-contacts", f"{request.param}-suppressions"):
        create_table(ours, table)
    endpoint = HttpEndpoint(emulated_url, connect_timeout=2, read_timeout=5)
    lean = JsonService(
        endpoint,
        signing_name="dynamodb",
        target="DynamoDB_20120810",
        version="1.0",
        region="us-east-1",
        keys=lambda: Credentials("testing", "testing", ""),
    )
    yield ours if request.param == "boto3" else lean
    ours.close()
    endpoint.drop_idle()


@pytest.fixture
def tables(request: pytest.FixtureRequest) -> tuple[str, str]:
    which = request.node.callspec.params["dynamodb"]
    return f"{which}-contacts", f"{which}-suppressions"


def until_done(work: Callable[[], object]) -> None:
    """Try again, as SQS, a mail program or an operator does."""
    for _ in range(MOST_TRIES):
        try:
            work()
        except TransientError:
            continue
        return
    raise AssertionError("others kept it from being done")


@pytest.mark.parametrize("number", range(ROUNDS))
def test_whoever_comes_at_once_nobody_s_word_is_lost(
    dynamodb: DynamoDBClient, tables: tuple[str, str], number: int
) -> None:
    key = f"k1.ana{number}"
    contacts, suppressions = DynamoContacts(dynamodb, tables[0]), DynamoSuppressions(dynamodb, tables[1])
    leaving = DynamoLeaving(
        dynamodb, contacts_table=tables[0], suppressions_table=tables[1], stream_of_topic=STREAMS
    )
    granted = NewConsent("offers", ConsentStatus.GRANTED, NOON - timedelta(days=9), "import")
    person = NewContact(key, EMAIL, "import", name="Ana Ruiz", consents=(granted,))
    hard = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON, None, "feedback 1")
    pause = Wishes(locale="es", pause_until=NOON + timedelta(days=30))

    def leave(*scopes: str) -> Callable[[], object]:
        return lambda: leaving.leave(key, scopes, source="page", evidence="request 7", now=NOON, email=EMAIL)

    work: list[Callable[[], object]] = [
        leave(topic_scope("offers")),
        leave(topic_scope("offers")),
        leave(ALL_STREAMS),
        lambda: contacts.save([person], now=NOON),
        lambda: suppressions.suppress(key, EMAIL, ALL_STREAMS, hard),
        lambda: leaving.prefer(key, pause, source="page", evidence="request 8", now=NOON),
    ]
    start = Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        start.wait()
        until_done(one)

    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(run, work))

    standing, version, history = suppressions.stands(key)
    assert standing is not None
    assert version == len(history)
    assert standing.scopes[ALL_STREAMS] == hard
    assert standing.scopes[topic_scope("offers")].reason is Reason.UNSUBSCRIBED
    hidden = {each.reason for each in own_choices(standing, history, ALL_STREAMS, now=NOON)}
    assert hidden == {Reason.UNSUBSCRIBED, Reason.PAUSED}
    lines = sorted((line.scope, line.reason) for line in history)
    assert lines == sorted(
        [
            (ALL_STREAMS, Reason.HARD_BOUNCE),
            (ALL_STREAMS, Reason.PAUSED),
            (ALL_STREAMS, Reason.UNSUBSCRIBED),
            (topic_scope("offers"), Reason.UNSUBSCRIBED),
        ]
    )

    contact = contacts.find([key])[key]
    assert (contact.email, contact.name, contact.locale) == (EMAIL, "Ana Ruiz", "es")
    records = {consent_key(each.topic, each.at): each for each in contacts.consents(key)}
    newest = records[consent_key("offers", contact.topics["offers"].at)]
    assert newest.status is ConsentStatus.WITHDRAWN
    chain = [newest]
    while chain[-1].previous:
        chain.append(records[chain[-1].previous])
    assert len(chain) == len(records)
