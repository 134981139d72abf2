"""Folders that are not the stack's, and wishes that can't be met: refused before anything is started."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from postroad.local.commands import app
from postroad.local.errors import LocalCloudError
from postroad.local.lifecycle import down, up
from postroad.local.ports import free_ports
from postroad.local.processes import Process, start_time
from postroad.local.state import State


def test_up_leaves_a_folder_alone_that_holds_somebody_elses_files(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    # Had `down` left a lock there, `up` would take the folder for its own.
    assert down(tmp_path) is False
    with pytest.raises(LocalCloudError, match="holds other files: name a folder that is new or empty"):
        up(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    place = tmp_path / "notes.txt"
    place.touch()
    with pytest.raises(LocalCloudError, match=r"notes\.txt can't keep the local stack's state \(File exists"):
        up(place)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(LocalCloudError, match=f"{port} is no port: name one from 1 to 65535"):
        free_ports((port,))


@pytest.mark.parametrize("name", ["[/x]", "[red]", ":smile:"])
def test_a_folder_is_named_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    told = CliRunner().invoke(app, ["status", "--folder", name])
    assert told.stdout == f"No local stack in {name}: start one with `postroad local up`.\n"
    folder = tmp_path / name
    folder.mkdir(parents=True)
    State(
        folder=folder,
        mark="abc",
        region="us-east-1",
        access_key_id="AKIAEXAMPLE",
        secret_access_key="hidden",
        ports={"cloud": 4566, "simulator": 4567, "inbox": 8025},
        processes=(Process("cloud", os.getpid(), start_time(os.getpid()) or ""),),
        ready=True,
    ).save()
    shown = CliRunner().invoke(app, ["status", "--folder", name])
    assert shown.exit_code == 0
    assert f"{folder}/logs" in shown.stdout
    assert "http://127.0.0.1:8025" in shown.stdout
    assert "[link" not in shown.stdout
