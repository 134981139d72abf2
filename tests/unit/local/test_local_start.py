"""What a start says: a missing program at once, and ports that others hold."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from postroad.local import lifecycle
from postroad.local.commands import app
from postroad.local.errors import LocalCloudError
from postroad.local.lifecycle import Up
from postroad.local.state import State


def test_a_missing_openssl_is_told_once_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    with pytest.raises(LocalCloudError, match="The command `openssl` is missing") as caught:
        lifecycle.up(tmp_path / "stack", tell=told.append)
    assert caught.value.next_step == "Install it (package openssl), then repeat the command."
    assert told == []
    assert State.load(tmp_path / "stack") is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cloud": 4566, "simulator": 4567, "inbox": 8025}, None),
        ({"cloud": 40001, "simulator": 4567, "inbox": 40002}, "4566, 8025"),
    ],
)
def test_up_says_which_ports_were_taken(
    given: dict[str, int], said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(
        folder=tmp_path,
        mark="mark",
        region="us-east-1",
        access_key_id="AKIAEXAMPLE",
        secret_access_key="hidden",
        ports=given,
        seconds={"deploy": 1.0},
        ready=True,
    )

    def up(*_: object, **__: object) -> Up:
        return Up(state=state, started=True, deployed=True)

    monkeypatch.setattr(lifecycle, "up", up)
    shown = CliRunner().invoke(app, ["up", "--folder", str(tmp_path)])
    assert shown.exit_code == 0
    found = re.search(r"because these were taken: (.*)\.", shown.stdout)
    assert (found[1] if found else None) == said
