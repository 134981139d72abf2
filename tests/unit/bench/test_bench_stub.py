"""The stub answers as DynamoDB does where the functions rely on it, and counts what it is asked."""

import json
from typing import Any

import pytest

from bench.stub.dynamodb import AwsError, DynamoDB
from bench.stub.services import Cloud, Reply, Request
from postroad.ledger.partiql import insertion, replacement

KEY: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "row"}}


@pytest.fixture
def dynamodb() -> DynamoDB:
    return DynamoDB()


def put(dynamodb: DynamoDB, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a request
    item = KEY | {"version": {"N": "1"}} | more.pop("item", {})
    return dynamodb.answer("PutItem", {"TableName": "t", "Item": item} | more)


def test_a_put_holds_to_its_condition_and_tells_what_stands(dynamodb: DynamoDB) -> None:
    fresh = {"ConditionExpression": "attribute_not_exists(pk)"}
    put(dynamodb, **fresh)

    with pytest.raises(AwsError) as refused:
        put(dynamodb, **fresh, ReturnValuesOnConditionCheckFailure="ALL_OLD")

    assert refused.value.code == "ConditionalCheckFailedException"
    assert refused.value.body["Item"] == KEY | {"version": {"N": "1"}}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("version = :one", True),
        ("version <> :one", False),
        ("version BETWEEN :zero AND :one", True),
        ("NOT version > :one", True),
        ("(version < :one OR #v >= :one) AND attribute_exists(pk)", True),
        ("version IN (:zero, :one)", True),
        ("begins_with(sk, :text)", True),
        ("missing = :one", False),
        ("attribute_not_exists(missing) OR missing <= :one", True),
    ],
)
def test_conditions_mean_what_they_mean_to_dynamodb(
    dynamodb: DynamoDB, condition: str, *, holds: bool
) -> None:
    put(dynamodb)
    values = {":zero": {"N": "0"}, ":one": {"N": "1.0"}, ":text": {"S": "ro"}}
    asked = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#v": "version"},
        "ExpressionAttributeValues": values,
    }
    if holds:
        put(dynamodb, **asked)
    else:
        with pytest.raises(AwsError):
            put(dynamodb, **asked)


def test_an_update_reckons_from_what_stood_before(dynamodb: DynamoDB) -> None:
    put(dynamodb, item={"gone": {"S": "x"}})

    answer = dynamodb.answer(
        "UpdateItem",
        {
            "TableName": "t",
            "Key": KEY,
            "UpdateExpression": (
                "SET tat = if_not_exists(tat, :now) + :step, version = version - :step "
                "ADD leased :step REMOVE gone"
            ),
            "ExpressionAttributeValues": {":now": {"N": "100.5"}, ":step": {"N": "2"}},
            "ReturnValues": "ALL_NEW",
        },
    )

    assert answer["Attributes"] == KEY | {
        "tat": {"N": "102.5"},
        "version": {"N": "-1"},
        "leased": {"N": "2"},
    }


def test_the_ledgers_statements_each_have_an_outcome(dynamodb: DynamoDB) -> None:
    row = KEY | {"version": {"N": "1"}, "status": {"S": "claimed"}, "owner": {"S": "me"}}
    after = KEY | {"version": {"N": "2"}, "status": {"S": "sent"}}
    statements = [
        insertion("t", row),
        insertion("t", row),
        replacement("t", after, expected=1),
        replacement("t", after, expected=1),
    ]

    answers = dynamodb.answer("BatchExecuteStatement", {"Statements": statements})["Responses"]

    assert [answer.get("Error", {}).get("Code") for answer in answers] == [
        None,
        "DuplicateItem",
        None,
        "ConditionalCheckFailed",
    ]
    assert answers[3]["Error"]["Item"] == after
    assert dynamodb.table("t").get(KEY) == after


def test_a_query_pages_in_the_order_of_its_keys(dynamodb: DynamoDB) -> None:
    for letter in "cab":
        put(dynamodb, item={"sk": {"S": letter}})
    asked: dict[str, Any] = {
        "TableName": "t",
        "KeyConditionExpression": "pk = :pk AND sk >= :first",
        "ExpressionAttributeValues": {":pk": {"S": "a"}, ":first": {"S": "a"}},
        "Limit": 2,
    }

    first = dynamodb.answer("Query", asked)
    second = dynamodb.answer("Query", asked | {"ExclusiveStartKey": first["LastEvaluatedKey"]})

    assert [item["sk"]["S"] for item in first["Items"] + second["Items"]] == ["a", "b", "c"]
    assert "LastEvaluatedKey" not in second


def ask(cloud: Cloud, operation: str, body: dict[str, Any]) -> Reply:
    return cloud.answer(Request("POST", "/", operation, json.dumps(body).encode()))


def test_requests_are_counted_by_operation_and_take_their_time() -> None:
    cloud = Cloud(ses_seconds=0.05, other_seconds=0.005)

    sent = cloud.answer(Request("POST", "/v2/email/outbound-emails", "", b"{}"))
    read = ask(cloud, "DynamoDB_20120810.GetItem", {"TableName": "t", "Key": KEY})

    assert (sent.seconds, read.seconds) == (0.05, 0.005)
    assert cloud.calls == {"ses.SendEmail": 1, "dynamodb.GetItem": 1}


def test_what_the_stub_does_not_know_is_an_error_and_named() -> None:
    cloud = Cloud()

    reply = ask(cloud, "DynamoDB_20120810.DescribeTable", {"TableName": "t"})

    assert reply.status == 400
    assert list(cloud.calls) == ["unknown DynamoDB_20120810.DescribeTable"]
