"""The page that producers copy from is written from the code, and its examples are real."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from postroad.contract.explain import EXPECTED
from postroad.contract.message import Message
from postroad.contract.parser import parse_message
from postroad.contract.rules import StreamRules, check_stream
from postroad.contract.schema import message_schema, result_schema, stream_schema
from postroad.contract.times import check_time
from postroad.contract.words import Reason, Status, StopReason
from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer
from tools.contract_page import PAGE, fields, page

TEMPLATES = Path(__file__).parents[3] / "templates"
NODES = {path: node for path, node, _ in fields(message_schema(), "Message")}
TEXT = page()


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == TEXT, "run `python -m tools.contract_page`"


def examples() -> list[Any]:
    return [
        json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    ]


@pytest.mark.parametrize("word", [*NODES, *Status, *Reason])
def test_every_field_status_and_reason_has_a_row_that_says_something(word: str) -> None:
    (row, *_) = re.findall(rf"^\| `{re.escape(word)}` \|(.*)\|$", TEXT, re.MULTILINE)
    assert len(row) > len("| required | text |")


@pytest.mark.parametrize(
    "path", sorted(set(NODES) - {"locale", "attachments.s3"})
)  # those two name their form
def test_what_is_told_of_a_field_s_form_holds_every_bound_of_its_type(path: str) -> None:
    bounds = re.findall(r'"(?:min|max)(?:Length|Items|Properties)": (\d+)', json.dumps(NODES[path]))
    told = re.findall(r"\d+", EXPECTED[path][1].replace("not empty", "of 1"))
    assert [bound for bound in bounds if bound not in told] == []


def test_the_message_is_one_that_can_be_sent(tmp_path: Path) -> None:
    example, _, _ = examples()
    assert set(example) == set(Message.__struct_fields__) - {"content", "send_at", "journey"}
    message = parse_message(json.dumps(example))
    bucket, _, _ = example["attachments"][0]["s3"].partition("/")
    check_stream(message, StreamRules("transactional", topic_required=True, attachments_bucket=bucket))
    check_time(message, datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC))

    build_templates(TEMPLATES, tmp_path / "compiled")
    mail = CompiledRenderer(tmp_path / "compiled").render(
        example["template"], locale=message.locale, data=message.data
    )
    assert (mail.locale, "1042" in mail.subject) == ("es", True)


def test_the_result_is_one_that_the_schema_takes() -> None:
    _, example, _ = examples()
    jsonschema.validate(example, result_schema())
    assert set(example) == set(result_schema()["$defs"]["Result"]["properties"])


def test_the_stream_s_event_is_one_that_the_schema_takes() -> None:
    _, _, example = examples()
    jsonschema.validate(example, stream_schema())
    assert set(example) == set(stream_schema()["$defs"]["StreamEvent"]["properties"])


def test_the_examples_of_why_a_stream_stopped_are_published_words_and_a_note() -> None:
    _, _, example = examples()
    assert example["why"] in set(StopReason)
    *words, note = stream_schema()["$defs"]["StreamEvent"]["properties"]["why"]["examples"]
    assert words
    assert set(words) <= set(StopReason)
    assert " " in note
