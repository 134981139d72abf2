import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from postroad.authoring.beginning import SKELETON, BadName, NameTaken, write_template
from postroad.authoring.golden import approve
from postroad.authoring.project import Project
from tests.unit.authoring.conftest import ROOT

pytestmark = pytest.mark.slow

SHIPPED = sorted(path.stem for path in (ROOT / "templates" / "_base" / "locales").glob("*.toml"))


def test_a_new_folder_passes_every_check_of_the_templates_at_once(tmp_path: Path) -> None:
    """The tests that hold the shipped mails, in a copy of the repository with one mail more."""
    for folder in ("templates", "config", "tests/unit/rendering", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    project = Project(tmp_path)
    write_template(project, "loyalty_points")
    assert len(approve(project, ["loyalty_points"]).new) == 2 * len(SHIPPED)

    chosen = ("test_shipped_templates", "test_documented_data", "test_languages", "test_right_to_left")
    files = [f"tests/unit/rendering/{name}.py" for name in chosen]
    run = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout


def test_there_are_words_for_every_shipped_locale(project: Project) -> None:
    assert sorted(path.stem for path in (SKELETON / "locales").glob("*.toml")) == SHIPPED
    assert write_template(project, "loyalty_points").untranslated == []


def test_a_locale_of_ones_own_is_there_to_be_translated(project: Project) -> None:
    base = project.templates / "_base" / "locales"
    shutil.copy(base / "en.toml", base / "fr.toml")
    written = write_template(project, "loyalty_points")
    assert written.untranslated == ["fr"]
    locales = project.templates / "loyalty_points" / "locales"
    assert tomllib.loads((locales / "fr.toml").read_text("utf-8")) == tomllib.loads(
        (locales / "en.toml").read_text("utf-8")
    )
    assert approve(project, ["loyalty_points"]).new


def test_a_locale_that_the_project_dropped_does_not_come_back(project: Project) -> None:
    for path in project.templates.glob("*/locales/zh-Hans.toml"):
        path.unlink()
    write_template(project, "loyalty_points")
    locales = sorted(path.stem for path in (project.templates / "loyalty_points" / "locales").iterdir())
    assert locales == ["en", "es", "nl"]


def test_the_folder_knows_its_name(project: Project) -> None:
    written = write_template(project, "loyalty_points")
    assert all(path.is_file() for path in written.files)
    readme = (written.folder / "README.md").read_text("utf-8")
    assert readme.startswith("# loyalty_points\n")
    assert "__name__" not in readme


@pytest.mark.parametrize(
    "name",
    ["", "_base", "Loyalty", "loyalty-points", "1st", "a b", "../x", "x/y", "x" * 65, "é", "x\n", ".x"],
)
def test_a_bad_name_is_refused(project: Project, name: str) -> None:
    with pytest.raises(BadName):
        write_template(project, name)
    assert project.names() == ["order_confirmation"]


def test_a_folder_that_exists_is_left_alone(project: Project) -> None:
    before = {path: path.read_bytes() for path in project.templates.rglob("*") if path.is_file()}
    with pytest.raises(NameTaken):
        write_template(project, "order_confirmation")
    assert {path: path.read_bytes() for path in project.templates.rglob("*") if path.is_file()} == before


def test_a_link_that_leads_nowhere_is_left_alone(project: Project) -> None:
    link = project.templates / "reminder"
    link.symlink_to(project.root / "elsewhere")
    with pytest.raises(NameTaken):
        write_template(project, "reminder")
    assert link.is_symlink()
    assert not (project.root / "elsewhere").exists()
