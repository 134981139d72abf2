"""Mappings over the fake and over Lambda; canaries, and waking dispatch; the account's numbers."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from postroad.account.errors import AccountUnavailableError
from postroad.account.memory import MemoryAccount
from postroad.account.ports import UNLIMITED, Quota
from postroad.account.ses import SesAccount
from postroad.circuit.errors import MappingsUnavailableError
from postroad.circuit.lambda_ import DispatchWaker, LambdaCanaries, LambdaMappings, canary_config
from postroad.circuit.mapping import MappingState
from postroad.circuit.memory import MemoryMappings
from postroad.cli.stream_mapping import settle
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.observability import make_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postroad.circuit.ports import Mappings

LOGGER = make_logger("dispatch")
UUID = "9b3c1f54-6d0a-4a0e-8f5e-2f7f1c0a9d11"


def deploy(client: Any) -> str:  # noqa: ANN401 - one of two clients
    role = boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    queue = boto3.client("sqs").create_queue(QueueName="marketing")["QueueUrl"].rpartition("/")[2]
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("handler.py", "")
    client.create_function(
        FunctionName="send", Runtime="python3.13", Role=role, Handler="handler.handler",
        Code={"ZipFile": bundle.getvalue()},
    )  # fmt: skip
    made = client.create_event_source_mapping(
        FunctionName="send",
        EventSourceArn=f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        BatchSize=7,
    )
    return str(made["UUID"])


@pytest.fixture(params=["memory", "lambda"])
def mappings(request: pytest.FixtureRequest) -> Iterator[Mappings]:
    if request.param == "memory":
        yield MemoryMappings()
        return
    with mock_aws():
        client = boto3.client("lambda")
        yield LambdaMappings(client, {"marketing": deploy(client)})


def test_a_mapping_goes_where_it_is_asked_to_and_back(mappings: Mappings) -> None:
    assert mappings.read("marketing") is MappingState.ENABLED
    for enabled in (False, True, True):
        mappings.ask("marketing", enabled=enabled)
        assert mappings.read("marketing").is_settled(enabled=enabled)
        assert settle(mappings, "marketing", enabled=enabled).is_settled(enabled=enabled)


def test_disabling_leaves_everything_else_of_a_mapping_as_it_is() -> None:
    with mock_aws():
        client = boto3.client("lambda")
        uuid = deploy(client)
        LambdaMappings(client, {"marketing": uuid}).ask("marketing", enabled=False)
        found = client.get_event_source_mapping(UUID=uuid)
        assert (found["State"], found["BatchSize"]) == ("Disabled", 7)


class Stubbed:
    """Lambda's client under a stub that checks each request against the service's model."""

    def __init__(self) -> None:
        self.client = boto3.client("lambda", config=canary_config())
        self.stub = Stubber(self.client)
        self.mappings = LambdaMappings(self.client, {"marketing": UUID})
        self.canaries = LambdaCanaries(self.client, {"marketing": "send-marketing"}, logger=LOGGER)

    def stands(self, state: str) -> None:
        self.stub.add_response("get_event_source_mapping", {"State": state}, {"UUID": UUID})

    def answers(self, answer: object, **more: str) -> None:
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.stub.add_response(
            "invoke",
            {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(text), len(text)), **more},
            {
                "FunctionName": "send-marketing",
                "InvocationType": "RequestResponse",
                "Payload": b'{"canary": true}',
            },
        )


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    under_stub = Stubbed()
    with under_stub.stub:
        yield under_stub
        under_stub.stub.assert_no_pending_responses()


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Disabling", "Updating", "Deleting", "Of later"])
def test_a_mapping_on_its_way_is_left_alone(stubbed: Stubbed, state: str) -> None:
    for enabled in (True, False):
        stubbed.stands(state)
        found = settle(stubbed.mappings, "marketing", enabled=enabled)
        assert not found.is_settled(enabled=enabled)
        assert not found.contradicts(enabled=enabled)


@pytest.mark.parametrize("code", ["ResourceInUseException", "ResourceConflictException"])
def test_a_mapping_that_sets_out_while_it_is_asked_is_read_again(stubbed: Stubbed, code: str) -> None:
    stubbed.stands("Enabled")
    stubbed.stub.add_client_error(
        "update_event_source_mapping", code, expected_params={"UUID": UUID, "Enabled": False}
    )
    stubbed.stands("Updating")
    assert settle(stubbed.mappings, "marketing", enabled=False) is MappingState.UPDATING


@pytest.mark.parametrize("operation", ["get_event_source_mapping", "update_event_source_mapping"])
def test_a_mapping_that_can_t_be_asked_is_told_as_such(stubbed: Stubbed, operation: str) -> None:
    stubbed.stub.add_client_error(operation, "AccessDeniedException")
    asks: dict[str, Callable[[str], object]] = {
        "get_event_source_mapping": stubbed.mappings.read,
        "update_event_source_mapping": partial(stubbed.mappings.ask, enabled=True),
    }
    with pytest.raises(MappingsUnavailableError, match="AccessDeniedException"):
        asks[operation]("marketing")


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ({"outcome": "accepted", "why": ""}, CanaryAnswer(CanaryOutcome.ACCEPTED)),
        ({"outcome": "accepted"}, CanaryAnswer(CanaryOutcome.ACCEPTED)),
        ({"outcome": "busy", "why": "throttled"}, CanaryAnswer(CanaryOutcome.BUSY, "throttled")),
        (
            {"outcome": "unusable", "why": "sending_paused"},
            CanaryAnswer(CanaryOutcome.UNUSABLE, "sending_paused"),
        ),
        ({"outcome": "of_later"}, CanaryAnswer(CanaryOutcome.UNKNOWN)),
        ({"batchItemFailures": []}, CanaryAnswer(CanaryOutcome.UNKNOWN)),
        (None, CanaryAnswer(CanaryOutcome.UNKNOWN)),
        (b"no JSON", CanaryAnswer(CanaryOutcome.UNKNOWN)),
    ],
)
def test_a_canary_s_answer_is_the_function_s(stubbed: Stubbed, told: object, answer: CanaryAnswer) -> None:
    stubbed.answers(told)
    assert stubbed.canaries.send("marketing") == answer


def test_a_function_that_crashed_has_given_no_answer(stubbed: Stubbed) -> None:
    stubbed.answers({"outcome": "accepted", "errorType": "Runtime.ExitError"}, FunctionError="Unhandled")
    assert stubbed.canaries.send("marketing").outcome is CanaryOutcome.UNKNOWN


@pytest.mark.parametrize("code", ["TooManyRequestsException", "AccessDeniedException", "ServiceException"])
def test_a_function_that_can_t_be_asked_has_given_no_answer(stubbed: Stubbed, code: str) -> None:
    stubbed.stub.add_client_error("invoke", code)
    assert stubbed.canaries.send("marketing").outcome is CanaryOutcome.UNKNOWN


def test_a_canary_is_asked_for_once_even_if_no_answer_comes() -> None:
    client = boto3.client("lambda", config=canary_config())
    asked: list[object] = []

    def hang(**request: object) -> None:
        asked.append(request)
        raise ReadTimeoutError(endpoint_url="https://lambda.example")

    client.meta.events.register("before-send.lambda.Invoke", hang)
    canaries = LambdaCanaries(client, {"marketing": "send-marketing"}, logger=LOGGER)
    assert canaries.send("marketing").outcome is CanaryOutcome.UNKNOWN
    assert len(asked) == 1


def test_dispatch_is_woken_without_waiting_for_it(stubbed: Stubbed) -> None:
    stubbed.stub.add_response(
        "invoke",
        {"StatusCode": 202},
        {"FunctionName": "dispatch", "InvocationType": "Event", "Payload": b'{"reassert": "marketing"}'},
    )
    DispatchWaker(stubbed.client, "dispatch", logger=LOGGER)("marketing")


def test_waking_dispatch_never_raises(stubbed: Stubbed) -> None:
    stubbed.stub.add_client_error("invoke", "TooManyRequestsException")
    DispatchWaker(stubbed.client, "dispatch", logger=LOGGER)("marketing")


def test_waking_a_dispatch_that_can_t_be_reached_never_raises() -> None:
    client = boto3.client("lambda", config=canary_config())

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://lambda.example")

    client.meta.events.register("before-send.lambda.Invoke", unreachable)
    DispatchWaker(client, "dispatch", logger=LOGGER)("marketing")


def ses(answer: dict[str, Any]) -> tuple[SesAccount, Stubber]:
    client = boto3.client("sesv2")
    stub = Stubber(client)
    stub.add_response("get_account", answer, {})
    stub.activate()
    return SesAccount(client), stub


def test_the_account_s_numbers_are_ses_s() -> None:
    quota = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 1_234.0}
    account, _ = ses({"SendQuota": quota})
    found = account.read()
    assert found == Quota(max_24_hours=50_000, per_second=14, sent_24_hours=1_234)
    assert found.left == 48_766


def test_an_account_that_can_t_be_asked_is_told_as_such() -> None:
    account, stub = ses({})
    with pytest.raises(AccountUnavailableError):
        account.read()
    stub.add_client_error("get_account", "TooManyRequestsException")
    with pytest.raises(AccountUnavailableError):
        account.read()
    memory = MemoryAccount()
    memory.quota = None
    with pytest.raises(AccountUnavailableError):
        memory.read()


def test_what_is_left_of_a_quota_is_never_less_than_nothing_and_may_have_no_end() -> None:
    assert Quota(max_24_hours=200, per_second=1, sent_24_hours=203).left == 0
    assert Quota(max_24_hours=UNLIMITED, per_second=1, sent_24_hours=203).left == float("inf")
    assert MemoryAccount().read().left == 50_000
