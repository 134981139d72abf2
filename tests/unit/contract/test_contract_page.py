"""The page that producers copy from keeps up with the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
from moto import mock_aws

from postroad.contract.message import Message
from postroad.contract.parser import parse_message
from postroad.contract.schema import result_schema
from postroad.contract.words import Reason, Status

PAGE = (Path(__file__).parents[3] / "docs/reference/contract.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def first_column(heading: str) -> list[str]:
    table = re.search(rf"^\| {heading} \|.*?\n\|---.*?\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table, heading
    return re.findall(r"^\| `([a-z0-9_]+)` \|", table.group(1), re.MULTILINE)


def test_every_field_is_described() -> None:
    assert sorted(first_column("field")) == sorted(Message.__struct_fields__)


def test_every_status_is_described() -> None:
    assert first_column("status") == list(Status)


def test_every_reason_is_described() -> None:
    assert sorted(first_column("reason")) == sorted(Reason)


def test_the_examples_of_json_are_what_they_say() -> None:
    message, result = (json.loads(block) for block in blocks("json"))
    assert set(message) == set(Message.__struct_fields__) - {"content"}
    parse_message(json.dumps(message))
    jsonschema.validate(result, result_schema())


def test_the_command_lines_message_is_a_message() -> None:
    (script,) = blocks("sh")
    body = re.search(r"<<'JSON'\n(.*?)^JSON$", script, re.DOTALL | re.MULTILINE)
    assert body
    parse_message(body.group(1))


@mock_aws
@pytest.mark.parametrize("example", blocks("python"))
def test_the_examples_in_python_enqueue(example: str) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="transactional")["QueueUrl"]
    boto3.client("ssm").put_parameter(Name="/postroad/prod/transactional/queue-url", Value=url, Type="String")
    scope: dict[str, Any] = {}

    exec(compile(example, "contract.md", "exec"), scope)  # noqa: S102 - our own page

    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    message = parse_message(received["Body"])
    assert message.message_id == "order-1042-confirmation"
    assert message.created_at is not None
