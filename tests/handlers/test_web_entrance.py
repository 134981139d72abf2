"""Behind a distribution, whole requests: who comes by the API's own name gets nothing, whatever they say."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from functions.web import handler
from postroad.web import wiring, wiring_entrance
from postroad.web.http import HEADERS
from postroad.web.settings import WebSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_secretsmanager import SecretsManagerClient

EVENT = (Path(__file__).parent / "http_api_one_click.json").read_text("utf-8")
SECRET = "s" * 64


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    with mock_aws():
        client = boto3.client("secretsmanager")
        # The function's own requests are no botocore client's, which alone moto answers.
        monkeypatch.setattr(wiring_entrance, "secrets_requests", lambda: client)
        settings = WebSettings(
            stage="test",
            messages_table="messages",
            contacts_table="contacts",
            suppressions_table="suppressions",
            schedule_table="schedule",
            token_keys_arn="arn",
            origin_secret_arn=client.create_secret(Name="origin", SecretString=SECRET)["ARN"],
        )
        for variable, value in settings.to_environment().items():
            monkeypatch.setenv(variable, value)
        wiring_entrance.entrance.cache_clear()
        yield client
    wiring_entrance.entrance.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    written = StringIO()
    monkeypatch.setattr(wiring.logger.registered_handler, "stream", written)
    return written


class Answered(Exception):  # noqa: N818 - no error: the pages were reached
    """The request came as far as the pages."""


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def website() -> None:
        raise Answered

    monkeypatch.setattr(handler, "website", website)


def event(**headers: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EVENT.replace("<token>", "x"))
    found["headers"] |= headers
    return found


@pytest.mark.parametrize("given", [{}, {"x-postroad-origin": "t" * 64}], ids=["none", "another"])
def test_by_the_apis_own_name_there_is_no_page(
    secrets: SecretsManagerClient, context: LambdaContext, log: StringIO, given: dict[str, str]
) -> None:
    del secrets
    forged = event(**{"cloudfront-viewer-address": "198.51.100.10:1"}, **given)

    answer = handler.lambda_handler(forged, context)

    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert answer["headers"].items() >= (HEADERS.items() - {("Content-Type", HEADERS["Content-Type"])})
    said = log.getvalue()
    assert "not from the distribution" in said
    assert "198.51.100.10" not in said
    assert "t" * 64 not in said


def test_by_the_distribution_the_pages_answer_and_with_the_secret_before_too(
    secrets: SecretsManagerClient, context: LambdaContext
) -> None:
    passed = event(**{"x-postroad-origin": SECRET, "cloudfront-viewer-address": "198.51.100.10:1"})
    with pytest.raises(Answered):
        handler.lambda_handler(passed, context)

    secrets.put_secret_value(SecretId="origin", SecretString="n" * 64)
    wiring_entrance.entrance.cache_clear()

    for secret in (SECRET, "n" * 64):
        with pytest.raises(Answered):
            handler.lambda_handler(event(**{"x-postroad-origin": secret}), context)
