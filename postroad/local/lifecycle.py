"""`up`, `down` and `status`: one local stack per state folder, all of it or nothing of it."""

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from postroad.clock import OFFSET_FILE
from postroad.local.certificate import make_certificate
from postroad.local.cloud import start_cloud, wait_for
from postroad.local.defaults import DEFAULT_FOLDER, DEFAULT_PORTS
from postroad.local.deploy import Tell, bootstrap, deploy
from postroad.local.environment import environment, without_aws
from postroad.local.errors import LocalCloudError
from postroad.local.interrupts import uninterrupted
from postroad.local.ports import free_ports
from postroad.local.processes import MARK, Process, is_alive, start_process, stop
from postroad.local.state import State

REGION = "us-east-1"
PROJECT_PYTHON = sys.executable
_ATTEMPTS = 3  # another program may take a port between our choosing it and the child's listening on it
_LOCK = "lock"
_KEPT_OVER_STARTS = ("logs", "cdk.out", _LOCK)


@dataclass(frozen=True, slots=True)
class Up:
    """What `up` came to: the running stack, and whether this call started or deployed it."""

    state: State
    started: bool
    deployed: bool


def up(
    folder: Path = DEFAULT_FOLDER,
    *,
    ports: Mapping[str, int] | None = None,
    redeploy: bool = False,
    tell: Tell = lambda _: None,
) -> Up:
    """Start the whole local stack and deploy to it, or find it running (`redeploy`: deploy it again).

    `ports` are wishes by name (cloud, simulator, inbox): a port that is taken is replaced by any free one.
    Raises LocalCloudError, naming the log; whatever had been started by then has been stopped.
    """
    folder = folder.absolute()
    _refuse_foreign(folder)
    with locked(folder):
        found = State.load(folder)
        if found is not None and found.ready and found.alive():
            if redeploy:
                found = _deploy(found, tell)
            return Up(state=found, started=False, deployed=redeploy)
        if found is not None:
            tell("clearing away what is left of an earlier stack")
            _down(found)
        return Up(state=_start(folder, {**DEFAULT_PORTS, **(ports or {})}, tell), started=True, deployed=True)


def down(folder: Path = DEFAULT_FOLDER) -> bool:
    """Stop the stack of this folder with every process of it; return whether there was one.

    Logs stay; what the emulated cloud held is gone.
    """
    folder = folder.absolute()
    if not _is_ours(folder):
        return False
    with locked(folder):
        found = State.load(folder)
        if found is None:
            return False
        _down(found)
        return True


def status(folder: Path = DEFAULT_FOLDER) -> tuple[State, dict[str, bool]] | None:
    """Return the stack that this folder knows, with whether each of its processes runs; None without one."""
    found = State.load(folder)
    if found is None:
        return None
    return found, {process.name: is_alive(process) for process in found.processes}


def _start(folder: Path, wanted: Mapping[str, int], tell: Tell) -> State:
    for left in folder.iterdir():
        if left.name not in _KEPT_OVER_STARTS:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    (folder / "logs").mkdir(exist_ok=True)
    began = time.monotonic()
    for attempt in range(1, _ATTEMPTS + 1):
        # Anew each time, for a start that failed took it away. What this lacks, it would lack again.
        make_certificate(folder)
        state = State(
            folder=folder,
            mark=secrets.token_hex(8),
            region=REGION,
            access_key_id="AKIA" + secrets.token_hex(8).upper(),
            secret_access_key=secrets.token_urlsafe(30),
            ports=dict(zip(wanted, free_ports(tuple(wanted.values())), strict=True)),
        )
        # Written before the first child is started: `down` finds the children by the mark alone.
        state.save()
        try:
            state = _start_servers(state, tell)
            break
        except BaseException as error:
            _down(state)
            if attempt == _ATTEMPTS or not isinstance(error, LocalCloudError):
                raise
            tell(f"trying again: {error}")
    state = replace(state, seconds={"start": round(time.monotonic() - began, 1)})
    try:
        began = time.monotonic()
        bootstrap(state, started=_remember(state), tell=tell)
        state = replace(state, seconds={**state.seconds, "bootstrap": round(time.monotonic() - began, 1)})
        return _deploy(state, tell)
    except BaseException:
        _down(state)
        raise


def _start_servers(state: State, tell: Tell) -> State:
    tell("starting the emulated cloud")
    process, child = start_cloud(state)
    state = state.with_process(process)
    state.save()
    wait_for(
        f"{state.endpoint}/_ministack/health",
        name="emulated cloud",
        child=child,
        certificate=state.certificate,
        log=state.logs / "cloud.log",
    )
    tell("starting the SES simulator with its inbox")
    process, child = _start_simulator(state)
    state = state.with_process(process)
    state.save()
    wait_for(
        f"{state.inbox}/api/counts",
        name="SES simulator",
        child=child,
        certificate=None,
        log=state.logs / "simulator.log",
    )
    return state


def _start_simulator(state: State) -> tuple[Process, subprocess.Popen[bytes]]:
    command = [
        *(PROJECT_PYTHON, "-m", "postroad.local.simulator"),
        *("--port", str(state.ports["simulator"]), "--inbox-port", str(state.ports["inbox"])),
        *("--upstream", state.endpoint),
        *("--certificate", str(state.certificate), "--key", str(state.key)),
    ]
    variables = {
        **without_aws(),
        **environment(state),
        MARK: state.mark,
        OFFSET_FILE: str(state.clock),
    }
    return start_process(
        "simulator", command, environment=variables, folder=state.folder, log=state.logs / "simulator.log"
    )


def _deploy(state: State, tell: Tell) -> State:
    began = time.monotonic()
    try:
        deploy(state, started=_remember(state), tell=tell)
    except LocalCloudError:
        if state.ready:
            # What was deployed before still stands: forget the child that ended, not the mail in the inbox.
            state.save()
        raise
    seconds = {**state.seconds, "deploy": round(time.monotonic() - began, 1)}
    state = replace(state, seconds=seconds, ready=True)
    state.save()
    return state


def _remember(state: State) -> Callable[[Process], None]:
    """Return a function that writes a passing child down, so that `down` ends it when we are killed."""
    return lambda process: state.with_process(process).save()


def _down(state: State) -> None:
    written = State.load(state.folder)  # it may know a passing child more
    processes = written.processes if written is not None and written.mark == state.mark else state.processes
    with uninterrupted():
        stop(processes, mark=state.mark)
    (state.folder / "state.json").unlink(missing_ok=True)
    shutil.rmtree(state.folder / "temporary", ignore_errors=True)
    for name in ("key.pem", "certificate.pem", state.clock.name):
        (state.folder / name).unlink(missing_ok=True)


def _is_ours(folder: Path) -> bool:
    """Return whether a stack was ever started here: the lock is made first, and stays."""
    return os.path.lexists(folder / _LOCK)


def _refuse_foreign(folder: Path) -> None:
    """Keep `up` from erasing a folder that somebody named by mistake: it clears its own at each start."""
    if folder.is_dir() and not _is_ours(folder) and any(folder.iterdir()):
        raise LocalCloudError(f"{folder} holds other files: name a folder that is new or empty")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one `up` or `down` work in the folder at a time; a killed one's lock is released by the system."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / _LOCK).open("w")
    except OSError as error:
        raise LocalCloudError(
            f"{folder} can't keep the local stack's state ({error.strerror}): name another folder"
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalCloudError(f"Another `up` or `down` is at work in {folder}: wait for it") from error
        yield
