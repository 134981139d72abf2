"""Run a command that is silent for minutes, and say now and then that it goes on.

`python tools/still_at_it.py pip install …` ends with the command's own code. It runs before anything is
installed, and needs the standard library alone.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

EVERY_SECONDS = 30.0
INTERRUPTED = 130


def run(command: Sequence[str], *, every_seconds: float = EVERY_SECONDS) -> int:
    """Return the command's exit code; 128 and the signal's number where one ended it."""
    began = time.monotonic()
    try:
        with subprocess.Popen(list(command)) as child:  # noqa: S603  the Makefile's own words
            while True:
                try:
                    code = child.wait(every_seconds)
                except subprocess.TimeoutExpired:
                    print(f"  still at it after {time.monotonic() - began:.0f} s", flush=True)
                else:
                    return code if code >= 0 else 128 - code
    except KeyboardInterrupt:  # Popen has waited for the child, which was interrupted too
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
