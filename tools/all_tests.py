"""Run the tests that need more than Python: synthesis, the whole stack, and its pages in Chromium.

Without a browser its tests are left out and one line says so, unless CI=true: then nothing may be left out.
"""

import os
import subprocess
import sys

from tools.browser import NO_BROWSER, find_browser

PATHS = ("tests/infrastructure", "tests/local")
BROWSER_PATH = "tests/browser"


def main() -> int:
    """Return pytest's exit code; 1 where the continuous integration has no browser."""
    found = find_browser()
    if found is None and os.environ.get("CI") == "true":
        print(NO_BROWSER, file=sys.stderr)
        return 1
    paths = [*PATHS, BROWSER_PATH] if found else [*PATHS]
    command = [sys.executable, "-m", "pytest", "-q", *paths]
    code = subprocess.run(command, check=False).returncode  # noqa: S603 - our own tests, by our own interpreter
    if found is None:
        print(NO_BROWSER, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
