"""What is shown while pip works, and the code that make sees."""

import sys

import pytest

from tools.still_at_it import run


def test_a_long_command_gives_signs_of_life(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([sys.executable, "-c", "import time; time.sleep(1)"], every_seconds=0.1) == 0
    assert "  still at it after 0 s\n" in capfd.readouterr().out


def test_a_short_one_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([sys.executable, "-c", "pass"]) == 0
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(("ends", "code"), [("sys.exit(3)", 3), ("os.kill(os.getpid(), 15)", 143)])
def test_make_sees_how_it_ended(ends: str, code: int) -> None:
    assert run([sys.executable, "-c", f"import os, sys; {ends}"]) == code
