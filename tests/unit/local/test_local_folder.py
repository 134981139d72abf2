"""Folders that are not the stack's, and wishes that can't be met: refused before anything is started."""

from pathlib import Path

import pytest

from postroad.local.errors import LocalCloudError
from postroad.local.lifecycle import down, up
from postroad.local.ports import free_ports


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
