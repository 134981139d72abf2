import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import all_tests
from tools.browser import NO_BROWSER, find_browser


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        path = tmp_path / name
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    return make


def test_the_first_browser_on_the_path_is_taken(tmp_path: Path, install: Callable[[str], Path]) -> None:
    install("google-chrome-stable")
    chromium = install("chromium")

    assert find_browser({"PATH": str(tmp_path)}) == chromium


def test_a_named_browser_goes_before_those_on_the_path(
    tmp_path: Path, install: Callable[[str], Path]
) -> None:
    install("chromium")
    mine = install("mine")

    assert find_browser({"PATH": str(tmp_path), "POSTROAD_BROWSER": str(mine)}) == mine


def test_a_named_browser_that_is_not_there_is_not_replaced_in_silence(
    tmp_path: Path, install: Callable[[str], Path]
) -> None:
    install("chromium")

    assert find_browser({"PATH": str(tmp_path), "POSTROAD_BROWSER": str(tmp_path / "none")}) is None


class Ran:
    """Stands for pytest's run."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check, "pytest's exit code is ours"
        self.paths = [word for word in command if word.startswith("tests/")]
        return subprocess.CompletedProcess(command, returncode=0)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    run = Ran()
    monkeypatch.setattr(subprocess, "run", run)
    return run


def test_without_a_browser_one_line_says_what_did_not_run(
    ran: Ran, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(all_tests, "find_browser", lambda: None)
    monkeypatch.delenv("CI", raising=False)

    assert all_tests.main() == 0
    assert ran.paths == ["tests/infrastructure", "tests/local"]
    assert capsys.readouterr().err.splitlines() == [NO_BROWSER]


def test_without_a_browser_the_continuous_integration_fails(
    ran: Ran, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(all_tests, "find_browser", lambda: None)
    monkeypatch.setenv("CI", "true")

    assert all_tests.main() == 1
    assert ran.paths == []
    assert capsys.readouterr().err.splitlines() == [NO_BROWSER]


def test_with_a_browser_its_tests_run_too(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_tests, "find_browser", lambda: Path("/usr/bin/chromium"))

    assert all_tests.main() == 0
    assert ran.paths[-1] == "tests/browser"
