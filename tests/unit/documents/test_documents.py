"""What the project says of itself is so."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

import pytest

from postroad.clock import SystemClock
from postroad.local.simulator.api import Api
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.options import Options
from postroad.local.simulator.publishing import EventPublisher
from tests.documented import DOCUMENTS, ROOT, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"


def anchors(document: Path) -> set[str]:
    """Return the ids that GitHub gives to the headings of a page."""
    text = re.sub(r"^ *```.*?^ *```$", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        number = next(each for each in count() if (f"{slug}-{each}" if each else slug) not in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


def links(document: Path) -> list[str]:
    text = re.sub(r"^ *```.*?^ *```$", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`]*`", "", text)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset|href)="([^"]+)"', text)
    return [link for link in found if not re.match(r"https?://|mailto:", link)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = []
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_picture_says_what_it_shows(document: Path) -> None:
    text = document.read_text("utf-8")
    pictures = re.findall(r"!\[([^\]]*)\]", text) + re.findall(r'<img [^>]*alt="([^"]*)"', text)
    assert len(pictures) == text.count("![") + text.count("<img ")
    assert all(len(alt) > len("a picture") for alt in pictures)


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
    mapped = set(links(ROOT / "docs" / "README.md"))
    for page in (ROOT / "docs").rglob("*.md"):
        one = page.relative_to(ROOT / "docs")
        # Decisions and runbooks have lists of their own.
        inside = {"decisions", "runbooks"} & set(one.parts) and one.name != "README.md"
        assert inside or one == Path("README.md") or str(one) in mapped, one


def test_the_local_stage_s_page_lists_the_inbox_s_requests() -> None:
    page = (ROOT / "docs" / "reference" / "local.md").read_text("utf-8")
    told = re.findall(r"`(GET|POST) (/api/[^`]+)`", page)
    api = Api(Simulator(), publisher=create_autospec(EventPublisher), clock=SystemClock(), options=Options())
    there = {(method, route.path) for route in api.routes() for method in (route.methods or set()) - {"HEAD"}}
    assert set(told) == there


def test_the_licence_is_whole() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
