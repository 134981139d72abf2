"""Changes of contacts, and the look through all of them, through the function `journeys`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from functions.journeys.handler import lambda_handler
from postroad.activity.declared import DECLARED_EVENTS, declared_text
from postroad.configuration.events import read_events
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.model import NewContact
from postroad.journeys import wiring
from postroad.journeys.plan import DateTrigger, Plan, Send, write_plans
from postroad.journeys.settings import COMPILED_JOURNEYS, JourneysSettings
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

BIRTHDAY = Plan(
    name="birthday", version=1, stream="marketing", trigger=DateTrigger(attribute="birthday"),
    steps=(Send(id="wish", template="wish"),),
)  # fmt: skip
TABLES = ("journeys", "contacts", "suppressions", "messages", "schedule")
ANA = "k1.ana"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DynamoDBClient]:
    with mock_aws():
        secret = boto3.client("secretsmanager").create_secret(Name="address", SecretString="s" * 64)
        settings = JourneysSettings(
            stage="test", **{f"{name}_table": name for name in TABLES},
            address_secret_arn=secret["ARN"], dead_letter_queue_url="https://queue", result_bus="bus",
            streams={"marketing": ("https://queue/marketing", "marketing")}, hours={},
            home_time_zone="UTC", home_country="", schedule_lead_seconds=120, threads=2,
        )  # fmt: skip
        for variable, value in settings.to_environment().items():
            monkeypatch.setenv(variable, value)
        (tmp_path / COMPILED_JOURNEYS).write_bytes(write_plans([BIRTHDAY]))
        (tmp_path / DECLARED_EVENTS).write_text(declared_text(read_events(Path("config"))), "utf-8")
        monkeypatch.setattr(wiring, "BUNDLE", tmp_path)
        wiring._all.cache_clear()
        dynamodb = boto3.client("dynamodb")
        for name in TABLES:
            create_table(dynamodb, name)
        new = NewContact(ANA, "ana@example.com", "import", attributes={"birthday": "05-04"})
        DynamoContacts(dynamodb, "contacts").save([new], now=wiring.clock.now())
        yield dynamodb
        wiring._all.cache_clear()


def next_day(client: DynamoDBClient) -> str:
    item = client.get_item(TableName="journeys", Key={"pk": {"S": ANA}, "sk": {"S": "@birthday"}}).get("Item")
    return item["day"]["S"][5:] if item else ""


def change(number: int, sort_key: str = "profile") -> dict[str, Any]:
    keys = {"pk": {"S": ANA}, "sk": {"S": sort_key}}
    change = {"SequenceNumber": str(number), "Keys": keys, "StreamViewType": "KEYS_ONLY"}
    return {"eventSource": "aws:dynamodb", "eventName": "MODIFY", "dynamodb": change}


def test_a_contact_that_changed_has_a_next_day_and_one_pointer(
    client: DynamoDBClient, context: LambdaContext
) -> None:
    answer = lambda_handler({"Records": [change(1), change(2, "activity"), change(3)]}, context)
    assert answer == {"batchItemFailures": []}
    assert next_day(client) == "05-04"
    items = client.scan(TableName="schedule")["Items"]
    assert sum("@birthday" in json.dumps(item) for item in items) == 1


def test_the_stream_goes_on_from_what_could_not_be_done(
    client: DynamoDBClient, context: LambdaContext
) -> None:
    client.delete_table(TableName="schedule")
    answer = lambda_handler({"Records": [change(7), change(8)]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_a_look_through_all_finds_contacts_of_before(client: DynamoDBClient, context: LambdaContext) -> None:
    assert lambda_handler({"schema": "postroad.dates.v1"}, context) == {"batchItemFailures": []}
    assert next_day(client) == "05-04"
