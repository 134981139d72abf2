"""What feeds a function loses nothing: partial failures, dead letters, and time enough."""

import json
from collections import Counter
from typing import Any

import pytest

from postroad.contract.words import Status
from stacks.constructs.work_queue import MAX_RECEIVE_COUNT
from tests.infrastructure.templates import Stacks


def sources(stacks: Stacks, *, kind: str) -> list[dict[str, Any]]:
    found = [
        source
        for source in stacks.properties("AWS::Lambda::EventSourceMapping")
        if ("StartingPosition" in source) == (kind == "stream")
    ]
    assert found
    return found


def function_of(stacks: Stacks, source: dict[str, Any]) -> dict[str, Any]:
    function: dict[str, Any] = stacks.all("AWS::Lambda::Function")[source["FunctionName"]["Ref"]][
        "Properties"
    ]
    return function


def queue_of(stacks: Stacks, source: dict[str, Any]) -> dict[str, Any]:
    queue: dict[str, Any] = stacks.all("AWS::SQS::Queue")[source["EventSourceArn"]["Fn::GetAtt"][0]][
        "Properties"
    ]
    return queue


def test_every_function_has_its_source(prod: Stacks) -> None:
    """Each has one, but feedback takes events by two ways, a rule starts dispatch, HTTP asks the others."""
    fed = Counter(
        function_of(prod, source)["FunctionName"]
        for source in prod.properties("AWS::Lambda::EventSourceMapping")
    )
    expected = Counter(function["FunctionName"] for function in prod.properties("AWS::Lambda::Function"))
    without = Counter(["postroad-prod-dispatch", "postroad-prod-web", "postroad-prod-intake"])
    assert fed == expected + Counter(["postroad-prod-feedback"]) - without


def test_every_source_reports_partial_failures(prod: Stacks) -> None:
    for source in prod.properties("AWS::Lambda::EventSourceMapping"):
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_visibility_is_at_least_six_timeouts_and_the_window(prod: Stacks) -> None:
    for source in sources(prod, kind="queue"):
        least = 6 * function_of(prod, source)["Timeout"] + source["MaximumBatchingWindowInSeconds"]
        assert queue_of(prod, source)["VisibilityTimeout"] >= least


def test_every_work_queue_has_dead_letters_that_wait_as_long(prod: Stacks) -> None:
    queues = prod.all("AWS::SQS::Queue")
    for source in sources(prod, kind="queue"):
        queue = queue_of(prod, source)
        assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVE_COUNT
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
        assert dead["MessageRetentionPeriod"] >= queue["MessageRetentionPeriod"]
        assert "RedrivePolicy" not in dead


@pytest.mark.parametrize("stage", ["prod", "staging"])
def test_streams_are_sized_to_the_rate_or_as_configured(stage: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    for name, sizing in stacks.configuration.sizing().items():
        (source,) = [
            source
            for source in sources(stacks, kind="queue")
            if function_of(stacks, source)["FunctionName"] == f"postroad-{stage}-send-{name}"
        ]
        function = function_of(stacks, source)
        assert source["ScalingConfig"] == {"MaximumConcurrency": sizing.maximum_concurrency}
        assert source["BatchSize"] == sizing.batch_size
        assert source["MaximumBatchingWindowInSeconds"] == sizing.batching_window_seconds
        assert function["MemorySize"] == sizing.memory_mebibytes
        assert function["Environment"]["Variables"]["POSTROAD_THREADS"] == str(sizing.threads)


def test_changes_of_rows_are_retried_halved_and_kept(prod: Stacks) -> None:
    queues = prod.all("AWS::SQS::Queue")
    for source in sources(prod, kind="stream"):
        assert source["BisectBatchOnFunctionError"] is True
        assert source["MaximumRetryAttempts"] > 0
        assert 0 < source["MaximumRecordAgeInSeconds"] < 24 * 3600
        destination = source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        name = function_of(prod, source)["FunctionName"]
        assert queues[destination]["Properties"]["QueueName"] == f"{name}-dead-letters"


def test_two_functions_read_the_changes_of_rows_as_many_as_dynamodb_lets(prod: Stacks) -> None:
    read = sources(prod, kind="stream")
    assert {function_of(prod, source)["FunctionName"] for source in read} == {
        "postroad-prod-outcomes",
        "postroad-prod-counting",
    }
    assert len({prod.readable(source["EventSourceArn"]) for source in read}) == 1


def reader(stacks: Stacks, name: str) -> dict[str, Any]:
    (source,) = [
        source
        for source in sources(stacks, kind="stream")
        if function_of(stacks, source)["FunctionName"].endswith(f"-{name}")
    ]
    return source


def test_results_wait_for_no_window(prod: Stacks) -> None:
    source = reader(prod, "outcomes")
    assert "TumblingWindowInSeconds" not in source
    assert source["MaximumBatchingWindowInSeconds"] <= 1


def test_what_is_counted_comes_with_the_name_of_its_shard(prod: Stacks) -> None:
    """Lambda names it in windows alone, and with one batch of a shard at a time."""
    source = reader(prod, "counting")
    assert source["TumblingWindowInSeconds"] > source["MaximumBatchingWindowInSeconds"] > 0
    assert source.get("ParallelizationFactor", 1) == 1
    assert function_of(prod, source)["Environment"]["Variables"]["POSTROAD_LOCAL_SHARD"] == ""


def test_counting_is_spared_new_rows_that_are_claimed_and_nothing_else(prod: Stacks) -> None:
    """What waits counts nothing: tests/unit/stats/test_counts.py."""
    filters = reader(prod, "counting")["FilterCriteria"]["Filters"]
    changed, new = (json.loads(each["Pattern"]) for each in filters)
    assert changed == {"eventName": ["MODIFY", "REMOVE"]}
    assert new == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"status": {"S": [{"anything-but": [Status.CLAIMED.value]}]}}},
    }
    assert "FilterCriteria" not in reader(prod, "outcomes")


def test_no_function_may_send_to_the_queue_that_feeds_it(prod: Stacks) -> None:
    for source in sources(prod, kind="queue"):
        name = function_of(prod, source)["FunctionName"].removeprefix("postroad-prod-")
        for statement in prod.statements_of(name):
            if "sqs:SendMessage" in statement["Action"]:
                assert statement["Resource"] != source["EventSourceArn"]


def test_sns_hands_what_it_cannot_deliver_to_the_dead_letters(prod: Stacks) -> None:
    (subscription,) = [
        found for found in prod.properties("AWS::SNS::Subscription") if found["Protocol"] == "sqs"
    ]
    dead = subscription["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    name = prod.all("AWS::SQS::Queue")[dead]["Properties"]["QueueName"]
    assert name == "postroad-prod-feedback-dead-letters"
