"""The emulated cloud: MiniStack in a virtual environment of its own, on loopback, under TLS and IAM."""

import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from postroad.clock import OFFSET_FILE
from postroad.local.environment import environment, without_aws
from postroad.local.errors import LocalCloudError
from postroad.local.ports import LOOPBACK
from postroad.local.processes import MARK, Process, start_process
from postroad.local.state import State
from postroad.names import LOCAL_ACCOUNT

PROJECT = Path(__file__).resolve().parents[2]
_CLOUD_PYTHON = PROJECT / ".venv-cloud" / "bin" / "python"
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.1


def start_cloud(state: State) -> tuple[Process, subprocess.Popen[bytes]]:
    """Start MiniStack for this stack; `wait_for` tells when it answers."""
    if not _CLOUD_PYTHON.exists():
        raise LocalCloudError(f"{_CLOUD_PYTHON.parent.parent} is missing: run `make setup`")
    port = state.ports["cloud"]
    temporary = state.folder / "temporary"
    temporary.mkdir(exist_ok=True)
    variables = {
        **_inherited(),
        **environment(state),
        MARK: state.mark,
        "TMPDIR": str(temporary),
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": state.region,
        "MINISTACK_ACCOUNT_ID": LOCAL_ACCOUNT,
        "AUTH": "true",
        # Lambda workers inherit it, so that each function lives at the stage's time.
        OFFSET_FILE: str(state.clock),
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(state.certificate),
        "MINISTACK_SSL_KEY": str(state.key),
        # Each of these would open a port of its own, to the world.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    # By hypercorn and not by `ministack`, which also takes port 443 where it may. No workers: one process.
    command = [
        *(str(_CLOUD_PYTHON), "-m", "hypercorn", "ministack.app:app", "--workers", "0"),
        *("--bind", f"{LOOPBACK}:{port}", "--keep-alive", "75"),
        *("--certfile", str(state.certificate), "--keyfile", str(state.key)),
    ]
    return start_process(
        "cloud", command, environment=variables, folder=state.folder, log=state.logs / "cloud.log"
    )


def wait_for(
    url: str, *, name: str, child: subprocess.Popen[bytes], certificate: Path | None, log: Path
) -> dict[str, object]:
    """Wait until `url` answers with JSON, and return it; raise LocalCloudError when the child ends first."""
    context = ssl.create_default_context(cafile=str(certificate)) if certificate else None
    handlers = [urllib.request.ProxyHandler({})]
    opener = urllib.request.build_opener(*handlers, urllib.request.HTTPSHandler(context=context))
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        if child.poll() is not None:
            raise LocalCloudError(f"The {name} ended at its start (code {child.returncode}): see {log}")
        try:
            with opener.open(url, timeout=5) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except (OSError, ValueError):
            time.sleep(_POLL_SECONDS)
    raise LocalCloudError(f"The {name} did not answer at {url} for {_READY_SECONDS:.0f} s: see {log}")


def _inherited() -> dict[str, str]:
    """Only what a process needs to run at all: Lambda workers inherit the cloud's environment."""
    return {
        name: value
        for name, value in without_aws().items()
        if name in {"PATH", "HOME", "LANG", "LC_ALL", "TZ"}
    }
