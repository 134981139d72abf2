"""Progress is for somebody who watches, and for nobody else."""

from __future__ import annotations

import io
import sys

import pytest

from postroad.cli.progress import bar, counter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("size", [1_000, None])
def test_on_a_terminal_the_rows_are_shown(monkeypatch: pytest.MonkeyPatch, size: int | None) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with bar("importing [bold].csv", size, hidden=False) as show:
        show(500, 1_234)
    assert "1,234 rows" in terminal.getvalue()
    assert "importing [bold].csv" in terminal.getvalue()
    assert ("50%" in terminal.getvalue()) is (size is not None)


@pytest.mark.parametrize(("stream", "hidden"), [(Terminal(), True), (io.StringIO(), False)])
def test_where_nobody_watches_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, hidden: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with bar("importing", 1_000, hidden=hidden) as show:
        show(500, 1_234)
    assert stream.getvalue() == ""


def test_on_a_terminal_what_is_done_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with counter("sending again", total=40) as done:
        done(17)
    assert "sending again" in terminal.getvalue()
    assert "17/40" in terminal.getvalue()


def test_where_nobody_watches_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with counter("looking", total=None) as seen:
        seen(17)
    assert stream.getvalue() == ""
