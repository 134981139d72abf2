"""The command `postroad` where an application installed the client alone."""

import pytest

from postroad.cli import entry


def test_what_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "find_spec", lambda name: None if name == "typer" else object())
    with pytest.raises(SystemExit) as stopped:
        entry.run()
    assert stopped.value.code == "postroad: the command line needs typer: pip install 'postroad[cli]'"


def test_with_everything_there_it_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["postroad", "--help"])
    with pytest.raises(SystemExit) as stopped:
        entry.run()
    assert stopped.value.code == 0
    assert "suppression" in capsys.readouterr().out
