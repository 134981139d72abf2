"""Whole batches of the Messages table's stream through the function `counting`."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from functions.counting.handler import lambda_handler
from postroad.outcomes.counting import wiring
from postroad.outcomes.counting.settings import CountingSettings
from postroad.outcomes.dynamodb import MissingShardError, WindowAnswer
from postroad.stats.dynamodb import DynamoCounters
from postroad.stats.ports import Group
from tests.tables import create_table

GOES_ON: WindowAnswer = {"batchItemFailures": [], "state": {}}
BATCH = (Path(__file__).parents[1] / "events" / "dynamodb_messages_batch.json").read_text("utf-8")


def goes_on_from(sequence_number: str) -> WindowAnswer:
    return {"batchItemFailures": [{"itemIdentifier": sequence_number}], "state": {}}


class World:
    """The table Stats under moto."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb")
        create_table(self.dynamodb, "Stats")

    def counted(self, dimension: str) -> dict[str, dict[str, int]]:
        group = Group("2026-11-22", "transactional", dimension)
        found = DynamoCounters(self.dynamodb, "Stats").read(group)
        return {
            value: {str(metric): count for metric, count in each.items()} for value, each in found.items()
        }


def set_up(monkeypatch: pytest.MonkeyPatch, *, local_shard: str) -> None:
    settings = CountingSettings(
        stage="test", stats_table="Stats", stats_pairs=("template.locale",), local_shard=local_shard
    )
    for variable, value in settings.to_environment().items():
        monkeypatch.setenv(variable, value)
    forget()


def forget() -> None:
    wiring.settings.cache_clear()
    wiring.tally.cache_clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    set_up(monkeypatch, local_shard="")
    with mock_aws():
        yield World()
    forget()


def test_changes_are_counted_once_however_often_they_come(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert lambda_handler(json.loads(BATCH), context) == GOES_ON
    forget()  # another process
    assert lambda_handler(json.loads(BATCH), context) == GOES_ON
    for dimension in ("total", "template", "provider"):
        assert list(world.counted(dimension).values()) == [{"sent": 1, "hard": 1}], dimension
    for dimension in ("campaign", "journey", "journey.step"):
        assert world.counted(dimension) == {}, dimension
    assert capsys.readouterr().out == ""


def test_mails_of_journeys_are_counted_by_step_too(world: World, context: LambdaContext) -> None:
    batch = json.loads(BATCH)
    for record in batch["Records"]:
        for image in ("OldImage", "NewImage"):
            if row := record["dynamodb"].get(image):
                row |= {"journey": {"S": "welcome"}, "step": {"S": "hello"}}
    assert lambda_handler(batch, context) == GOES_ON
    assert world.counted("journey") == {"welcome": {"sent": 1, "hard": 1}}
    assert world.counted("journey.step") == {"welcome\x1fhello": {"sent": 1, "hard": 1}}


def test_a_row_that_can_not_be_read_is_where_lambda_goes_on(world: World, context: LambdaContext) -> None:
    batch = json.loads(BATCH)
    third = batch["Records"][2]["dynamodb"]
    third["NewImage"]["status"] = {"S": "curious"}
    assert lambda_handler(batch, context) == goes_on_from(third["SequenceNumber"])
    assert world.counted("total") == {"all": {"sent": 1}}


def test_a_table_that_is_gone_leaves_the_whole_batch_to_come_again(
    world: World, context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    world.dynamodb.delete_table(TableName="Stats")
    first = json.loads(BATCH)["Records"][0]["dynamodb"]["SequenceNumber"]
    assert lambda_handler(json.loads(BATCH), context) == goes_on_from(first)
    assert caplog.messages == ["changes not counted"]
    create_table(world.dynamodb, "Stats")
    assert lambda_handler(json.loads(BATCH), context) == GOES_ON
    assert world.counted("total") == {"all": {"sent": 1, "hard": 1}}


def test_the_end_of_a_window_may_bring_no_records(world: World, context: LambdaContext) -> None:
    end = {**json.loads(BATCH), "isFinalInvokeForWindow": True}
    nothing = {key: value for key, value in end.items() if key != "Records"}
    for event in ({**end, "Records": []}, nothing):
        assert lambda_handler(event, context) == GOES_ON
    assert world.counted("total") == {}


def test_without_the_name_of_a_shard_nothing_is_counted(world: World, context: LambdaContext) -> None:
    batch = json.loads(BATCH)
    del batch["shardId"]
    with pytest.raises(MissingShardError, match="tumbling window; deploy the stack again"):
        lambda_handler(batch, context)
    assert world.counted("total") == {}


def test_the_local_stage_has_one_shard_without_a_name(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, local_shard="local")
    batch = json.loads(BATCH)
    del batch["shardId"]
    for _ in range(2):
        assert lambda_handler(batch, context) == GOES_ON
    assert world.counted("total") == {"all": {"sent": 1, "hard": 1}}
