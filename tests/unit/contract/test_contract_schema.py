from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from postroad.contract.result import Result
from postroad.contract.schema import FOLDER, files, message_schema, result_schema, stream_schema, write

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", list(files()))
def test_the_committed_schema_is_the_generated_one(name: str) -> None:
    committed = (ROOT / FOLDER / name).read_text(encoding="utf-8")
    assert committed == files()[name], "run: python -m postroad.contract.schema"


def test_writing_writes_what_is_generated(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == files()


@pytest.mark.parametrize("schema", [message_schema(), result_schema(), stream_schema()])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_schema_takes_the_whole_message(whole: dict[str, Any]) -> None:
    jsonschema.validate(whole, message_schema())


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "postroad.message.v2"},
        {"message_id": "order 1042"},
        {"message_id": "order-1042\n"},
        {"template": None},
        {"content": {"subject": "x", "text": "y"}},
        {"template": None, "content": {"subject": "x"}},
        {"to": {}},
        {"locale": "es_CO"},
        {"headers": {"X:Y": "z"}},
        {"headers": {"X-Order": "a\r\nb"}},
        {"headers": {f"X-{number}": "z" for number in range(11)}},
        {"tags": {"order": ""}},
        {"surprise": 1},
    ],
)
def test_the_schema_refuses_what_it_can_tell(whole: dict[str, Any], change: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(message_schema()).is_valid({**whole, **change})


def test_a_result_of_a_later_version_may_hold_more() -> None:
    result = {
        "schema": "postroad.result.v1",
        "id": "1",
        "message_id": "order-1042",
        "stream": "transactional",
        "status": "bounced",
        "reason": "a_reason_of_later",
        "at": "2026-11-22T14:03:11Z",
        "tags": {},
        "campaign": "winter",
    }
    jsonschema.validate(result, result_schema())


def test_a_stream_s_event_of_a_later_version_may_hold_more() -> None:
    event = {
        "schema": "postroad.stream.v1",
        "id": "1",
        "stream": "marketing",
        "flow": "open",
        "why": "a_reason_of_later",
        "by": "circuit",
        "at": "2026-11-22T14:03:11Z",
        "waiting": 1204,
    }
    jsonschema.validate(event, stream_schema())


def test_a_result_has_the_fields_of_the_contract_and_no_address() -> None:
    assert set(Result.__struct_fields__) == {
        *(
            "schema",
            "id",
            "message_id",
            "stream",
            "template",
            "status",
            "reason",
            "ses_message_id",
            "at",
            "tags",
        )
    }
