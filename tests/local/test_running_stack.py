"""What runs on this machine, and where it listens."""

import json
import os
import stat
from pathlib import Path

from typer.testing import CliRunner

from postroad.local.commands import app
from postroad.local.lifecycle import status, up
from postroad.local.processes import marked
from tests.local_stack import LocalStack

LISTENING = "0A"
LOOPBACK = "0100007F"  # 127.0.0.1 as /proc/net/tcp writes it


def listeners(pids: list[int]) -> list[tuple[str, int]]:
    """Return the address and port of every TCP socket on which one of these processes listens."""
    inodes = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(handle)  # noqa: PTH115 - a socket is no path
            except FileNotFoundError:
                continue  # closed meanwhile
            if target.startswith("socket:["):
                inodes.add(target[len("socket:[") : -1])
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == LISTENING and fields[9] in inodes:
                found.append((address, int(port, 16)))
    return found


def test_every_listener_is_on_loopback(stack: LocalStack) -> None:
    stack.send(stack.message("wakes-the-workers"))
    pids = list(marked(stack.state.mark))
    commands = [Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8") for pid in pids]
    assert any("_worker.py" in command for command in commands), "the functions' workers must be among them"

    found = listeners(pids)

    assert sorted(found) == sorted((LOOPBACK, port) for port in stack.state.ports.values())


def test_a_second_up_says_what_runs_and_where(stack: LocalStack) -> None:
    again = up(stack.state.folder)
    assert (again.started, again.deployed, again.state) == (False, False, stack.state)

    said = CliRunner().invoke(app, ["up", "--folder", str(stack.state.folder)])
    assert said.exit_code == 0
    assert "running already" in said.output
    assert stack.state.inbox in said.output
    assert stack.state.endpoint in said.output


def test_status_tells_of_each_process(stack: LocalStack) -> None:
    assert status(stack.state.folder) == (stack.state, {"cloud": True, "simulator": True})

    told = CliRunner().invoke(app, ["status", "--json", "--folder", str(stack.state.folder)])

    assert told.exit_code == 0
    facts = json.loads(told.output)
    assert facts["running"] is True
    assert facts["inbox"] == stack.state.inbox
    assert stack.state.secret_access_key not in told.output


def test_the_state_and_the_key_are_the_owners_alone(stack: LocalStack) -> None:
    for path in (stack.state.folder / "state.json", stack.state.key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
