"""Starting and stopping, with servers that really run; only the CDK is left out, which takes long."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postroad.local import lifecycle
from postroad.local.errors import LocalCloudError
from postroad.local.lifecycle import down, status, up
from postroad.local.processes import Process, marked, start_time, stop
from postroad.local.state import State

PATIENCE_SECONDS = 60.0
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "stack"
    down(tmp_path / "stack")


@pytest.fixture
def without_cdk(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        """Start no process."""

    monkeypatch.setattr(lifecycle, "bootstrap", nothing)
    monkeypatch.setattr(lifecycle, "deploy", nothing)


@pytest.mark.usefixtures("without_cdk")
def test_down_leaves_no_process_and_no_secret(folder: Path) -> None:
    state = up(folder).state
    assert len(list(marked(state.mark))) == len(state.processes) == 2

    assert down(folder) is True

    assert list(marked(state.mark)) == []
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "logs"]
    assert status(folder) is None
    assert down(folder) is False


@pytest.mark.usefixtures("without_cdk")
def test_taken_ports_are_replaced_by_free_ones(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        state = up(folder, ports={"cloud": port, "inbox": port}).state

    assert port not in state.ports.values()
    assert len(set(state.ports.values())) == len(state.ports) == 3


@pytest.mark.usefixtures("without_cdk")
def test_two_stacks_run_beside_each_other(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    one = up(folder).state
    try:
        two = up(other).state
        assert not set(one.ports.values()) & set(two.ports.values())
        down(other)
        assert one.alive()
    finally:
        down(other)


@pytest.mark.usefixtures("without_cdk")
def test_what_is_left_of_a_stack_is_cleared_away_by_the_next_up(folder: Path) -> None:
    first = up(folder).state
    cloud = first.processes[0]
    os.kill(cloud.pid, signal.SIGKILL)
    patiently(lambda: start_time(cloud.pid) is None)
    assert status(folder) == (first, {"cloud": False, "simulator": True})

    second = up(folder)

    assert second.started
    assert second.state.alive()
    assert list(marked(first.mark)) == []


@pytest.mark.usefixtures("without_cdk")
def test_a_start_that_fails_half_way_cleans_up_and_names_the_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def fail(state: State, **_: object) -> None:
        assert state.alive()
        seen.append(state.mark)
        raise LocalCloudError(f"cdk deploy failed: see {state.logs / 'deploy.log'}")

    monkeypatch.setattr(lifecycle, "deploy", fail)

    with pytest.raises(LocalCloudError, match=r"deploy\.log"):
        up(folder)

    assert list(marked(seen[0])) == []
    assert status(folder) is None


@pytest.mark.usefixtures("without_cdk")
def test_a_server_that_ends_at_its_start_is_told_with_its_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "PROJECT_PYTHON", "/bin/false")

    with pytest.raises(LocalCloudError, match=r"SES simulator ended at its start .*simulator\.log"):
        up(folder)

    assert status(folder) is None


def test_down_ends_what_a_killed_starter_left(folder: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from postroad.local import lifecycle
        lifecycle.bootstrap = lambda state, *, started: time.sleep(600)
        lifecycle.up(Path(sys.argv[1]))
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    starter = subprocess.Popen(command, cwd=PROJECT)  # noqa: S603 - a program of our own
    try:
        patiently(lambda: (found := State.load(folder)) is not None and len(found.processes) == 2)
    finally:
        starter.kill()
        starter.wait()
    left = State.load(folder)
    assert left is not None
    assert left.alive()

    assert down(folder) is True

    assert list(marked(left.mark)) == []


def test_an_id_that_was_given_to_somebody_else_is_never_signalled() -> None:
    stranger = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
    try:
        recycled = Process(name="cloud", pid=stranger.pid, started="another boot:1")

        stop([recycled], mark="nobody-carries-this")

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_at_once_do_not_mix(folder: Path) -> None:
    with lifecycle.locked(folder), pytest.raises(LocalCloudError, match="Another `up` or `down`"):
        up(folder)


def patiently(look: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
