"""docs/reference/guarantees.md names tests; each of them exists, and each promise names one."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.documented import ROOT

PAGE = ROOT / "docs" / "reference" / "guarantees.md"
TESTS = ROOT / "tests"
REFERENCE = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
ROWS = [
    line
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| promise |", "| what is shown |"))
]
NAMED = sorted({found for row in ROWS for found in REFERENCE.findall(row)})


@cache
def functions_of(file: str) -> frozenset[str]:
    (path,) = TESTS.rglob(file)
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_a_named_test_exists(file: str, name: str) -> None:
    assert name in functions_of(file), f"{file} has no {name}: mend docs/reference/guarantees.md"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" | ")[0].strip("| ")[:60])
def test_each_promise_names_the_test_that_shows_it(row: str) -> None:
    cells = row.strip("| ").split(" | ")
    assert len(cells) in (2, 4)
    assert REFERENCE.search(cells[-1])
    assert REFERENCE.sub("", cells[-1]).strip() == ""


def test_the_page_is_no_stub() -> None:
    assert len(ROWS) > 25
    assert len(NAMED) > 40
