import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from postroad.cli.main import app
from postroad.cli.problem import ExitCode

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
GOLDEN = Path("tests", "unit", "rendering", "golden")


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with golden files to come, which is the working folder."""
    for folder in ("_base", "order_confirmation"):
        shutil.copytree(ROOT / "templates" / folder, tmp_path / "templates" / folder)
    (tmp_path / "config").mkdir()
    sample = ROOT / "tests" / "unit" / "rendering" / "sample_brand.toml"
    shutil.copyfile(sample, tmp_path / "config" / "brand.toml")
    (tmp_path / GOLDEN).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["template", *words])


def test_a_new_mail_is_complete_and_its_writer_is_told_what_comes_next(workshop: Path) -> None:
    result = run("new", "loyalty_points")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "templates/loyalty_points/ has 9 files."
    assert [line.split(". ")[0].strip() for line in lines[1:]] == ["1", "2", "3", "4", "5"]
    for told in (
        "templates/README.md",
        "postroad preview loyalty_points",
        "postroad template approve loyalty_points",
    ):
        assert told in result.stdout
    assert "postroad send --template loyalty_points --to ana.ruiz@example.com --example" in result.stdout
    assert len(list((workshop / GOLDEN).glob("loyalty_points@*"))) == 8
    assert CliRunner().invoke(app, ["preview", "loyalty_points", "--no-open"]).exit_code == 0


def test_a_project_without_golden_files_gets_none(workshop: Path) -> None:
    (workshop / GOLDEN).rmdir()
    document = json.loads(run("new", "loyalty_points", "--json").stdout)
    assert not (workshop / GOLDEN).exists()
    assert "templates/loyalty_points/subject.txt" in document["files"]
    assert not [step for step in document["next"] if "approve" in step]


@pytest.mark.parametrize("name", ["Loyalty", "_base", "../out"])
@pytest.mark.usefixtures("workshop")
def test_a_bad_name_is_refused_with_a_good_one(name: str) -> None:
    result = run("new", name)
    assert result.exit_code == ExitCode.USAGE
    assert "can't be a template's name" in result.stderr
    assert "loyalty_points" in result.stderr


@pytest.mark.usefixtures("workshop")
def test_a_mail_that_exists_is_not_written_over() -> None:
    result = run("new", "order_confirmation")
    assert result.exit_code == ExitCode.REFUSED
    assert "templates/order_confirmation/ exists already." in result.stderr


def test_approving_tells_what_changed(workshop: Path) -> None:
    assert "new      tests/unit/rendering/golden/order_confirmation@en.txt" in run("approve").stdout
    assert run("approve").stdout == "All 8 files are as they were.\n"
    (workshop / GOLDEN / "order_confirmation@en.txt").write_text("old", "utf-8")
    (workshop / GOLDEN / "gone@en.txt").touch()
    document = json.loads(run("approve", "order_confirmation", "--json").stdout)
    assert document == {
        "folder": str(GOLDEN),
        "new": [],
        "changed": ["order_confirmation@en.txt"],
        "removed": ["gone@en.txt"],
        "unchanged": 7,
    }


@pytest.mark.usefixtures("workshop")
def test_a_mail_that_is_not_there_can_not_be_approved() -> None:
    result = run("approve", "nothing")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "postroad template new nothing" in result.stderr


@pytest.mark.parametrize("command", ["new", "approve"])
def test_help_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(app, ["template", command, "--help"])
    assert f"postroad template {command}" in result.stdout.partition("Example")[2]
