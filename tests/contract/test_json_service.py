"""Requests in AWS's JSON protocol, held against what botocore's clients send, understand and repeat."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
)
from botocore.serialize import create_serializer
from botocore.session import get_session

from postroad.signing.connections import Answer, HttpEndpoint, NoAnswerError, NotSentError
from postroad.signing.environment import UnsignedError
from postroad.signing.json_service import ATTEMPTS, JsonService
from postroad.signing.sigv4 import Credentials
from tests.emulated_dynamodb import emulated_cloud
from tests.tables import create_table

KEYS = Credentials("testing", "testing")
CONDITION = "attribute_not_exists(pk)"
THROTTLED = Answer(400, "", b'{"__type":"com.amazonaws#ThrottlingException","message":"slow"}')
TARGETS = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "secretsmanager": ("secretsmanager", "1.1"),
}


class Answering:
    """An `Endpoint` that answers, or fails, as it is told, and keeps the requests."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[Mapping[str, str], bytes]] = []

    def post(self, path: str, body: bytes, headers: Callable[[str], Mapping[str, str]]) -> Answer:
        assert path == "/"
        self.requests.append((headers("localhost"), body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def drop_idle(self) -> None:
        pass


def service(
    endpoint: Any,  # noqa: ANN401  an Endpoint
    name: str = "dynamodb",
    keys: Callable[[], Credentials] = lambda: KEYS,
    sleep: Callable[[float], None] = lambda _: None,
) -> Any:  # noqa: ANN401  stands for a client
    target, version = TARGETS[name]
    return JsonService(
        endpoint,
        signing_name=name,
        target=target,
        version=version,
        region="us-east-1",
        keys=keys,
        sleep=sleep,
    )


@pytest.mark.parametrize(
    ("name", "operation", "parameters"),
    [
        ("secretsmanager", "get_secret_value", {"SecretId": "arn"}),
        ("dynamodb", "get_item", {"TableName": "T", "Key": {"pk": {"S": "é"}}, "ConsistentRead": True}),
        (
            "dynamodb",
            "put_item",
            {"TableName": "T", "Item": {"b": {"B": b"\x00\xff"}, "m": {"M": {"n": {"N": "1"}}}}},
        ),
        (
            "dynamodb",
            "batch_execute_statement",
            {"Statements": [{"Statement": "x", "Parameters": [{"NULL": True}]}]},
        ),
        ("dynamodb", "batch_get_item", {"RequestItems": {"T": {"Keys": [{"pk": {"S": "1"}}]}}}),
    ],
)
def test_a_request_is_what_botocore_would_send(name: str, operation: str, parameters: dict[str, Any]) -> None:
    model = get_session().get_service_model(name)
    camel = "".join(word.capitalize() for word in operation.split("_"))
    protocol = model.metadata["protocol"]
    theirs = create_serializer(protocol).serialize_to_request(parameters, model.operation_model(camel))
    endpoint = Answering(Answer(200, "", b"{}"))

    getattr(service(endpoint, name), operation)(**parameters)

    ((headers, body),) = endpoint.requests
    assert json.loads(body) == json.loads(theirs["body"])
    for header in ("Content-Type", "X-Amz-Target"):
        assert headers[header] == theirs["headers"][header]
    assert model.signing_name == name


# What is asked again, and what is not.


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (THROTTLED, ClientError),
        (Answer(500, "", b"{}"), ClientError),
        (Answer(503, "", b"no JSON"), ClientError),
        (NotSentError("gaierror"), EndpointConnectionError),
        (NoAnswerError("TimeoutError"), ConnectionClosedError),
    ],
)
def test_what_passes_is_asked_again_and_not_for_ever(
    failure: Answer | Exception, raised: type[Exception]
) -> None:
    pauses: list[float] = []
    once = Answering(failure, Answer(200, "", b'{"Item":{}}'))
    assert service(once, sleep=pauses.append).get_item() == {"Item": {}}
    assert len(once.requests) == 2
    assert len(pauses) == 1

    always = Answering(*[failure] * ATTEMPTS)
    with pytest.raises(raised):
        service(always, sleep=pauses.append).get_item()
    assert not always.answers
    assert all(0 <= pause <= 2 for pause in pauses)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            Answer(400, "", b'{"__type":"x#ConditionalCheckFailedException"}'),
            "ConditionalCheckFailedException",
        ),
        (Answer(400, "AccessDeniedException:http://x/", b"{}"), "AccessDeniedException"),
        (Answer(403, "", b"<html>"), "403"),
        (Answer(200, "", b"<html>"), "200"),
        (Answer(200, "", b"[]"), "200"),
    ],
)
def test_a_refusal_is_not_asked_again(answer: Answer, code: str) -> None:
    endpoint = Answering(answer)
    with pytest.raises(ClientError) as caught:
        service(endpoint).get_item()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.operation_name == "GetItem"


def test_without_keys_nothing_is_asked() -> None:
    def missing() -> Credentials:
        raise UnsignedError

    with pytest.raises(NoCredentialsError):
        service(Answering(), keys=missing).get_item()


# The same calls by both, over DynamoDB.


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with emulated_cloud() as found:
        yield found


@pytest.fixture(scope="module")
def theirs(url: str) -> Iterator[Any]:
    client = boto3.client("dynamodb", endpoint_url=url)
    create_table(client, "Messages")
    yield client
    client.close()


@pytest.fixture
def ours(url: str) -> Iterator[Any]:
    endpoint = HttpEndpoint(url, connect_timeout=2, read_timeout=5)
    yield service(endpoint)
    endpoint.drop_idle()


def told(call: Callable[[], Any]) -> Any:  # noqa: ANN401  an answer, or what an error says
    try:
        answer = call()
    except ClientError as error:
        answer = error.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    # Of some errors botocore has the text twice.
    return {name: answer[name] for name in answer.keys() - {"ResponseMetadata", "message", "Message"}}


INSERT = "INSERT INTO \"Messages\" VALUE {'pk': ?, 'sk': ?, 'version': ?}"
ITEM = {
    "pk": {"S": "m-1"},
    "sk": {"S": "row"},
    "body": {"B": b"\x00\xff"},
    "n": {"N": "1"},
    "on": {"BOOL": True},
}
KEY = {"pk": {"S": "m-1"}, "sk": {"S": "row"}}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"TableName": "Messages", "Key": KEY}),
    (
        "put_item",
        {
            "TableName": "Messages",
            "Item": ITEM,
            "ConditionExpression": CONDITION,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    ),
    (
        "update_item",
        {
            "TableName": "Messages",
            "Key": KEY,
            "UpdateExpression": "SET n = n + :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        },
    ),
    ("batch_get_item", {"RequestItems": {"Messages": {"Keys": [KEY], "ConsistentRead": True}}}),
    (
        "query",
        {
            "TableName": "Messages",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "m-1"}},
        },
    ),
    (
        "batch_execute_statement",
        {
            "Statements": [
                {"Statement": INSERT, "Parameters": [{"S": "m-1"}, {"S": "row"}, {"N": "1"}]},
            ]
        },
    ),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": {"TableName": "Messages", "Item": ITEM, "ConditionExpression": CONDITION}}
            ]
        },
    ),
    ("get_item", {"TableName": "Nowhere", "Key": KEY}),
    ("delete_item", {"TableName": "Messages", "Key": KEY, "ReturnValues": "ALL_OLD"}),
]


def test_answers_and_errors_are_those_of_boto3(ours: Any, theirs: Any) -> None:  # noqa: ANN401  clients
    """Each call on an empty table, then once more after the one that writes the item."""
    for order in (CALLS, [CALLS[1], CALLS[1], *CALLS[2:]]):
        answers = []
        for client in (theirs, ours):
            theirs.delete_item(TableName="Messages", Key=KEY)
            answers.append([told(lambda: getattr(client, name)(**given)) for name, given in order])  # noqa: B023 - called at once
        assert answers[0] == answers[1]
    assert answers[1][1]["Item"] == ITEM
