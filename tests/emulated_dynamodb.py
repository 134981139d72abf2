"""MiniStack's DynamoDB alone, in a process of its own: for what moto answers wrongly.

It judges a condition and writes in one step, which moto does not.
"""

import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PYTHON = Path(__file__).resolve().parents[1] / ".venv-cloud" / "bin" / "python"
READY_SECONDS = 60.0
POLL_SECONDS = 0.1


@contextmanager
def emulated_cloud() -> Iterator[str]:
    """Run MiniStack on loopback until the end of the block, and yield its address."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="postroad-cloud-") as folder:
        log = Path(folder) / "cloud.log"
        with log.open("wb") as output:
            child = subprocess.Popen(  # noqa: S603  the command is ours
                [
                    *(str(PYTHON), "-m", "hypercorn", "ministack.app:app", "--workers", "0"),
                    *("--bind", f"127.0.0.1:{port}"),
                ],
                cwd=folder,
                env={
                    "PATH": "/usr/bin:/bin",
                    "HOME": folder,
                    "TMPDIR": folder,
                    "BIND_HOST": "127.0.0.1",
                    "GATEWAY_PORT": str(port),
                    "MINISTACK_REGION": "us-east-1",
                    # Each of these would open a port of its own, to the world.
                    "IOT_MTLS_ENABLED": "0",
                    "SFTP_ENABLED": "0",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, child, log)
            yield url
        finally:
            child.terminate()
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_for(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        assert child.poll() is None, log.read_text(encoding="utf-8")
        try:
            with opener.open(f"{url}/_ministack/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(POLL_SECONDS)
    raise AssertionError(f"MiniStack did not answer:\n{log.read_text(encoding='utf-8')}")
