"""Who a history names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postroad.cli.operators import operator
from postroad.cli.problem import ExitCode, Problem
from tests.unit.cli.deployed import ANA

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

GETUSER = "postroad.cli.operators.getpass.getuser"


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[31mana", "a" * 101])
def test_a_name_that_would_spoil_a_history_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(GETUSER, lambda: name)
    with pytest.raises(Problem):
        operator()


def test_where_nobody_is_known_a_command_says_what_to_set(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(GETUSER, unknown)
    result = deployed.run("suppression", "add", ANA)
    assert result.exit_code == ExitCode.USAGE
    assert "Set LOGNAME" in result.stderr
