"""Child processes that outlive their starter, and are found again without ever hitting a stranger.

A process is known by its id and its start time, so that an id that the system has given to somebody else is
never signalled. Every child also carries a mark in its environment that names its stack. Lambda workers
inherit it, so what is left of a stack is found even when its leaders, or the file that named them, are gone.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from postroad.local.errors import LocalCloudError

MARK = "POSTROAD_LOCAL_STACK"
_PROC = Path("/proc")
_START_TIME_FIELD = 19  # starttime is field 22 of proc(5) stat; the first three end at the comm's parenthesis
_STATE_FIELD = 0
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05
# Kept so that they can be reaped: a child that nobody holds would warn, and leave a zombie when it ends.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Process:
    """A child that we started as the leader of its own session: `pid` is also its process group."""

    name: str
    pid: int
    started: str


def start_process(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
) -> tuple[Process, subprocess.Popen[bytes]]:
    """Start `command` in its own session with its output in `log`."""
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603  the command is ours
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children.append(child)
    return Process(name=name, pid=child.pid, started=start_time(child.pid) or ""), child


def start_time(pid: int) -> str | None:
    """Return when this process started, as a text that no other process of this machine shares with its id.

    None where there is no such process, or only its zombie.
    """
    if not _PROC.joinpath("self/stat").exists():
        return _start_time_from_ps(pid)
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    if fields[_STATE_FIELD] in {"Z", "X"}:
        return None
    boot = _PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[_START_TIME_FIELD]}"


def _start_time_from_ps(pid: int) -> str | None:
    answer = subprocess.run(  # noqa: S603  fixed words and a number
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607  wherever the system keeps ps
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout.strip()
    state, _, started = answer.partition(" ")
    return started.strip() if answer and not state.startswith("Z") else None


def is_alive(process: Process) -> bool:
    """Return whether this very process still runs, and not another one that was given its id."""
    return bool(process.started) and start_time(process.pid) == process.started


def stop(processes: Sequence[Process], *, mark: str) -> None:
    """End the processes with all their descendants: first asked, then killed after some seconds.

    Raises LocalCloudError naming what could not be ended.
    """
    targets = [process for process in processes if is_alive(process)]
    for process in targets:
        _signal_group(process, signal.SIGTERM)
    _wait(lambda: not any(is_alive(process) for process in targets))
    for process in targets:
        if is_alive(process):
            _signal_group(process, signal.SIGKILL)
    # Workers whose leader is gone: MiniStack starts them in its own group, and they may outlive it.
    for pid in marked(mark):
        _signal(pid, signal.SIGKILL)
    _wait(lambda: not any(is_alive(process) for process in targets) and not list(marked(mark)))
    left = [str(process.pid) for process in targets if is_alive(process)]
    left.extend(str(pid) for pid in marked(mark))
    _reap()
    if left:
        raise LocalCloudError(f"These processes of the local stack would not end: {', '.join(left)}")


def marked(mark: str) -> Iterator[int]:
    """Yield the ids of the live processes whose environment carries this stack's mark (Linux only)."""
    wanted = f"{MARK}={mark}".encode()
    for entry in _PROC.glob("[0-9]*"):
        pid = int(entry.name)
        try:
            variables = entry.joinpath("environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile, or somebody else's
        if wanted in variables and pid != os.getpid() and start_time(pid) is not None:
            yield pid


def _signal_group(process: Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _GRACE_SECONDS
    while not done():
        if time.monotonic() >= end:
            return
        time.sleep(_POLL_SECONDS)
