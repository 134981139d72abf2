"""`postroad doctor limits` on a deployed stage."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.problem import ExitCode
from tests.unit.cli.deployed import configure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.cli.deployed import Deployed

SES = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 1.0, "SentLast24Hours": 120.0},
    "PricingAttributes": {"CurrentPlan": "NONE"},
}


# As two streams that divide 1 mail a second are sized, of which five in seven can be granted.
MAPPING = {"UUID": "1", "BatchSize": 5, "ScalingConfig": {"MaximumConcurrency": 2}}


def _answer(answer: dict[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
    return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {}}


@contextmanager
def answering(deployed: Deployed, **changes: object) -> Iterator[None]:
    """Answer for SES and Lambda, of which moto knows neither call."""
    answers: dict[str, Any] = {
        "before-call.sesv2.GetAccount": {**SES, **changes},
        "before-call.lambda.GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
        "before-call.lambda.ListEventSourceMappings": {"EventSourceMappings": [MAPPING]},
    }
    hooks: dict[str, Any] = {event: partial(_answer, answer) for event, answer in answers.items()}
    for event, hook in hooks.items():
        deployed.session.events.register(event, hook)
    try:
        yield
    finally:
        for event, hook in hooks.items():
            deployed.session.events.unregister(event, hook)


@pytest.fixture(autouse=True)
def _configured(deployed: Deployed) -> None:
    """Two transactional streams, and no rate."""
    assert deployed
    configure()


def test_the_document_has_what_was_compared_and_what_was_found(deployed: Deployed) -> None:
    with answering(deployed):
        found = deployed.json("doctor", "limits")

    assert (found["stage"], found["level"]) == ("test", "ok")
    assert found["ses"]["rate_per_second"] == 1.0
    assert found["ses"]["plan"] == "NONE"
    assert found["lambda"]["copies"]["send-order-updates"] == 2
    assert [stream["stream"] for stream in found["streams"]] == ["transactional", "order-updates"]
    (first, _) = found["streams"]
    in_flight = first["maximum_concurrency"] * first["batch_size"]
    assert first["wait_seconds"] == pytest.approx(in_flight / first["share_per_second"], rel=1e-3)
    assert first["wait_seconds"] <= 30
    assert {"about", "level", "says", "next"} == set(found["findings"][0])


def test_the_table_has_the_arithmetic_and_what_to_do_next(deployed: Deployed) -> None:
    with answering(deployed, PricingAttributes={"CurrentPlan": "ESSENTIALS"}):
        result = deployed.run("doctor", "limits")

    assert result.exit_code == 0
    assert "order-updates  2" in result.stdout
    assert "wait = copies × batch ÷ share" in result.stdout
    assert "WARNING" in result.stdout
    assert (
        "next, plan: aws sesv2 put-account-pricing-attributes --plan NONE --region eu-west-1" in result.stdout
    )


def test_what_is_wrong_is_an_exit_code_and_a_whole_document(deployed: Deployed) -> None:
    with answering(deployed, SendingEnabled=False):
        found = deployed.json("doctor", "limits", code=ExitCode.FAILED)

    assert found["level"] == "wrong"
    assert [each["about"] for each in found["findings"] if each["level"] == "wrong"] == ["sending"]


def test_a_configuration_that_is_not_there_is_named(deployed: Deployed) -> None:
    result = deployed.run("doctor", "limits", stage="elsewhere")

    assert result.exit_code == ExitCode.NOT_FOUND
    assert "There is no config/elsewhere.toml here." in result.stderr


def test_a_plan_that_is_newer_than_this_code_is_no_error(deployed: Deployed) -> None:
    with answering(deployed, PricingAttributes={"CurrentPlan": "PLATINUM"}):
        found = deployed.json("doctor", "limits")

    assert found["ses"]["plan"] is None
