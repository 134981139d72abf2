"""Runs code with the standard library, a bundle and a layer, and nothing else: as Lambda would."""

import subprocess
import sys
from pathlib import Path

PRELUDE = "import sys; sys.path[:0] = sys.argv[1:3]; "


def run_alone(code: str, bundle: Path, layer: Path, *arguments: str, **environment: str) -> str:
    """Return what `code` prints; `arguments` begin at sys.argv[3]. A warning is a failure."""
    command = [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", PRELUDE + code]
    command += [str(bundle), str(layer / "python"), *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - all words are ours
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout
