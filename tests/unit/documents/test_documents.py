"""What the project says of itself is so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from postroad.contract.parser import fingerprint, parse_message
from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCUMENTS = [README, CONTRIBUTING, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "templates" / "README.md"]


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def blocks(document: Path, language: str) -> list[str]:
    text = document.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:`|^)make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE)
    }
    assert named >= {"demo", "test", "check"}
    assert named - targets == set()


def paths_in(table_row: str) -> Iterator[str]:
    """Yield the paths that a row names; a file without its folder is beside the one before it."""
    folder = ""
    for word in re.findall(r"`([^`\s]+)`", table_row):
        if "<" in word or "*" in word or not re.search(r"[/.](?:py|md|toml)?", word):
            continue
        if "/" in word:
            folder = word.rpartition("/")[0]
            yield word
        elif word.startswith("test_"):
            yield f"{folder}/{word}"


def test_every_file_that_a_newcomer_is_sent_to_exists() -> None:
    rows = [line for line in CONTRIBUTING.read_text("utf-8").splitlines() if line.startswith("| ")]
    named = [path for row in rows for path in paths_in(row)]
    assert len(named) > 25
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in listed] == list(range(1, len(listed) + 1))


def test_every_page_is_on_the_map() -> None:
    mapped = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        assert f"(reference/{page.name})" in mapped


def test_the_readme_s_message_is_a_mail(tmp_path: Path) -> None:
    (text,) = blocks(README, "json")
    message = parse_message(text)
    build_templates(ROOT / "templates", tmp_path / "compiled")
    mail = CompiledRenderer(tmp_path / "compiled").render(
        message.template or "", locale=message.locale, data=message.data
    )
    assert mail.locale == "es"
    assert "1042" in mail.subject


@mock_aws
def test_the_readme_s_ways_to_enqueue_are_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = blocks(README, "json")
    (tmp_path / "message.json").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="transactional")["QueueUrl"]
    boto3.client("ssm").put_parameter(Name="/postroad/prod/transactional/queue-url", Value=url, Type="String")

    found = set()
    for example in blocks(README, "python"):
        scope: dict[str, Any] = {}
        exec(compile(example, "README.md", "exec"), scope)  # noqa: S102 - our own page
        (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
        found.add(fingerprint(parse_message(received["Body"])))

    assert found == {fingerprint(parse_message(json.dumps(json.loads(text))))}
    assert len(blocks(README, "python")) == 2


def test_the_licence_is_whole() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
