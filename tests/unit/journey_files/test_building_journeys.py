from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postroad.journey_files.building import read_drafts, read_journeys
from postroad.journey_files.compiling import JourneyError
from postroad.journey_files.records import record_file, write_record
from postroad.journey_files.rules import World

if TYPE_CHECKING:
    from pathlib import Path

WORLD = World({"marketing": True}, {"offers": "marketing"}, frozenset({"hello", "tips"}))
GREETING = """\
version: 1
description: Greets.
stream: marketing
topic: offers
trigger: {event: contact.joined}
steps:
  - {id: hello, send: hello}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    journeys = tmp_path / "journeys"
    journeys.mkdir()
    (journeys / "greeting.yaml").write_text(GREETING)
    return journeys


def record(folder: Path) -> None:
    for plan in read_drafts(folder, WORLD):
        write_record(folder, plan)


def problems(folder: Path, world: World = WORLD) -> list[str]:
    with pytest.raises(JourneyError) as caught:
        read_journeys(folder, world)
    return list(caught.value.problems)


def test_no_folder_holds_no_journeys(tmp_path: Path) -> None:
    assert read_journeys(tmp_path / "journeys", WORLD) == []


def test_what_is_recorded_is_deployed_as_it_was_written(folder: Path) -> None:
    record(folder)
    assert read_journeys(folder, WORLD) == read_drafts(folder, WORLD)


def test_a_version_is_recorded_before_it_is_deployed(folder: Path) -> None:
    (problem,) = problems(folder)
    assert problem == (
        "journeys/greeting.yaml: version 1 isn't recorded; "
        "once it is as you want it, run: postroad journey record greeting"
    )


def test_other_steps_are_another_version(folder: Path) -> None:
    record(folder)
    (folder / "greeting.yaml").write_text(GREETING.replace("send: hello", "send: tips"))
    (problem,) = problems(folder)
    assert "differs from what is recorded as version 1" in problem
    assert "write version: 2, then run: postroad journey record greeting" in problem


def test_the_words_of_a_description_change_no_version(folder: Path) -> None:
    record(folder)
    (folder / "greeting.yaml").write_text(GREETING.replace("Greets.", "Says hello."))
    assert len(read_journeys(folder, WORLD)) == 1


def test_earlier_versions_are_deployed_beside_the_newest(folder: Path) -> None:
    record(folder)
    (folder / "greeting.yaml").write_text(GREETING.replace("version: 1", "version: 2"))
    record(folder)
    assert [(plan.version, plan.retired) for plan in read_journeys(folder, WORLD)] == [(1, False), (2, False)]


def test_a_version_goes_back_to_no_earlier_one(folder: Path) -> None:
    (folder / "greeting.yaml").write_text(GREETING.replace("version: 1", "version: 3"))
    record(folder)
    (folder / "greeting.yaml").write_text(GREETING)
    (problem,) = problems(folder)
    assert problem == (
        "journeys/greeting.yaml: version: expected 3 or 4, for 3 is recorded; got 1"
    )  # fmt: skip


def test_a_journey_without_its_file_is_retired(folder: Path) -> None:
    record(folder)
    (folder / "greeting.yaml").unlink()
    (plan,) = read_journeys(folder, WORLD)
    assert plan.retired


def test_what_a_recorded_version_needs_stays(folder: Path) -> None:
    record(folder)
    (folder / "greeting.yaml").unlink()
    (problem,) = problems(folder, World({"marketing": True}, {"offers": "marketing"}, frozenset({"tips"})))
    assert problem == (
        "journeys/versions/greeting.1.json: no template 'hello'; expected one of tips; "
        "keep it, or delete this record once nobody walks it any more"
    )


def test_every_problem_of_every_file_is_told_at_once(folder: Path) -> None:
    (folder / "greeting.yaml").write_text(GREETING.replace("topic: offers", "topic: ofers"))
    (folder / "other.yml").write_text(GREETING)
    (folder / "third.yaml").write_bytes(b"\xff")
    assert problems(folder) == [
        "journeys/greeting.yaml:4: topic: no topic 'ofers'; did you mean 'offers'?",
        "journeys/other.yml: expected a name that ends in .yaml; rename it",
        "journeys/third.yaml:1: expected UTF-8: invalid start byte at byte 0",
    ]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("notes.txt", "hello", "expected only records here"),
        ("greeting.1.json", "[", "no record of a journey"),
        ("greeting.1.json", "[]", "no record of a journey"),
    ],
)
def test_a_broken_record_is_told(folder: Path, name: str, content: str, expected: str) -> None:
    (folder / "versions").mkdir()
    (folder / "versions" / name).write_text(content)
    assert any(problem.startswith(f"journeys/versions/{name}: {expected}") for problem in problems(folder))


def test_a_record_bears_its_own_name(folder: Path) -> None:
    record(folder)
    (plan,) = read_drafts(folder, WORLD)
    record_file(folder, plan).rename(folder / "versions" / "greeting.2.json")
    assert any("holds version 1 of greeting" in problem for problem in problems(folder))
