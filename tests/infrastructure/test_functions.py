"""Each handler is deployed once, as it is meant to run."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from postroad.dispatching.settings import DispatchSettings
from postroad.feedback.settings import FeedbackSettings
from postroad.intake.settings import IntakeSettings
from postroad.journeys.settings import JourneysSettings
from postroad.outcomes.counting.settings import CountingSettings
from postroad.outcomes.settings import OutcomesSettings
from postroad.sending.settings import SendSettings
from postroad.settings import Settings
from postroad.web.settings import WebSettings
from tests.infrastructure.templates import Stacks

SETTINGS: dict[str, type[Settings]] = {
    "send": SendSettings,
    "feedback": FeedbackSettings,
    "intake": IntakeSettings,
    "journeys": JourneysSettings,
    "outcomes": OutcomesSettings,
    "counting": CountingSettings,
    "dispatch": DispatchSettings,
    "web": WebSettings,
}
SES_ENDPOINT = "AWS_ENDPOINT_URL_SESV2"


def functions(stacks: Stacks) -> list[dict[str, Any]]:
    return stacks.properties("AWS::Lambda::Function")


def verb_of(function: dict[str, Any]) -> str:
    package, verb, rest = function["Handler"].split(".", 2)
    assert (package, rest) == ("functions", "handler.lambda_handler")
    return str(verb)


def test_each_handler_has_exactly_one_function_and_send_one_per_stream(prod: Stacks) -> None:
    handlers = {path.parent.name for path in Path("functions").glob("*/handler.py")}
    expected = dict.fromkeys(handlers, 1) | {"send": len(prod.configuration.streams)}
    assert Counter(verb_of(function) for function in functions(prod)) == expected


@pytest.mark.parametrize("stage", ["prod", "local"])
def test_environment_is_what_the_function_reads(stage: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    for function in functions(stacks):
        variables = dict(function["Environment"]["Variables"])
        endpoint = variables.pop(SES_ENDPOINT, None)
        asks_ses = verb_of(function) in {"send", "dispatch"}
        assert (endpoint is not None) == (stage == "local" and asks_ses)
        settings = SETTINGS[verb_of(function)]
        assert set(variables) == set(settings.variables().values())
        resolved = {key: stacks.readable(value) for key, value in variables.items()}
        assert settings.from_env(resolved).to_environment() == resolved


def test_functions_run_python_313_on_arm64(prod: Stacks) -> None:
    assert {function["Runtime"] for function in functions(prod)} == {"python3.13"}
    assert [function["Architectures"] for function in functions(prod)] == [["arm64"]] * len(functions(prod))


def test_each_function_has_a_role_of_its_own(prod: Stacks) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions(prod)]
    assert len(set(roles)) == len(functions(prod))
    assert not any("ManagedPolicyArns" in role for role in prod.properties("AWS::IAM::Role"))


def test_logs_are_json_and_kept_as_long_as_configured(prod: Stacks) -> None:
    groups = prod.all("AWS::Logs::LogGroup")
    for function in functions(prod):
        logging = function["LoggingConfig"]
        assert logging["LogFormat"] == "JSON"
        group = groups[logging["LogGroup"]["Ref"]]["Properties"]
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"
        assert group["RetentionInDays"] == prod.configuration.retention.logs_days


def test_no_concurrency_is_reserved(prod: Stacks) -> None:
    assert not any("ReservedConcurrentExecutions" in function for function in functions(prod))


def test_the_function_ends_before_its_lease(prod: Stacks) -> None:
    for stream in prod.configuration.streams:
        function = prod.function(f"send-{stream}")
        lease = function["Environment"]["Variables"]["POSTROAD_LEASE_SECONDS"]
        assert function["Timeout"] < int(lease)


def test_dispatch_finds_each_stream_s_queue_event_source_and_function(prod: Stacks) -> None:
    variables = prod.function("dispatch")["Environment"]["Variables"]
    streams = json.loads(prod.readable(variables["POSTROAD_STREAMS"]))
    assert set(streams) == set(prod.configuration.streams)
    for name, (queue, mapping, function, kind) in streams.items():
        assert kind == prod.configuration.streams[name].kind
        assert queue == f"postroad-prod-{name}"  # its Ref is its URL
        assert function == f"postroad-prod-send-{name}"
        source = prod.all("AWS::Lambda::EventSourceMapping")[mapping.strip("<>")]["Properties"]
        assert prod.readable(source["FunctionName"]) == function
        assert prod.readable(source["EventSourceArn"]) == queue


def test_send_wakes_the_function_that_is_deployed_as_dispatch(prod: Stacks) -> None:
    for stream in prod.configuration.streams:
        variables = prod.function(f"send-{stream}")["Environment"]["Variables"]
        assert variables["POSTROAD_DISPATCH_FUNCTION"] == prod.function("dispatch")["FunctionName"]


def test_a_run_of_dispatch_ends_before_the_next_begins_and_is_not_repeated(prod: Stacks) -> None:
    rule = prod.named("AWS::Events::Rule", "Name", "postroad-prod-dispatch")
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    (target,) = rule["Targets"]
    assert prod.readable(target["Arn"]) == "postroad-prod-dispatch"
    # The time of the minute that is meant, whenever the run begins.
    paths, template = target["InputTransformer"].values()
    ((name, path),) = paths.items()
    assert path == "$.time"
    assert template == f'{{"time":<{name}>}}'
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    assert prod.function("dispatch")["Timeout"] < 60
    (configured,) = prod.properties("AWS::Lambda::EventInvokeConfig")
    assert prod.readable(configured["FunctionName"]) == "postroad-prod-dispatch"
    assert (configured["MaximumRetryAttempts"], configured["MaximumEventAgeInSeconds"]) == (0, 60)


def test_evidence_is_later_than_any_answer(prod: Stacks, local: Stacks) -> None:
    for stacks in (prod, local):
        for stream in stacks.configuration.streams:
            variables = stacks.function(f"send-{stream}")["Environment"]["Variables"]
            answer = sum(
                float(variables[f"POSTROAD_SES_{kind}_TIMEOUT_SECONDS"]) for kind in ("CONNECT", "READ")
            )
            assert int(variables["POSTROAD_EVIDENCE_SECONDS"]) > answer


def test_settings_fit_into_a_function_however_many_streams_there_are(crowd: Stacks) -> None:
    """Lambda takes 4 KB of environment."""
    url, uuid = "https://sqs.eu-west-1.amazonaws.com/123456789012/", "dfafc6d2-4fd8-47a0-83db-3cea76971af9"
    queues = crowd.all("AWS::SQS::Queue")
    for function in functions(crowd):
        size = 0
        for name, value in function["Environment"]["Variables"].items():
            text = re.sub(r"<\w+SqsEventSource\w+>", uuid, crowd.readable(value))
            named = [queue for queue in queues if f'{{"Ref": "{queue}"}}' in json.dumps(value)]
            size += len(name) + len(text) + len(named) * len(url)
        assert size <= 4096
