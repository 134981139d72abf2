"""Finds the Chromium of this machine, and starts it so that it talks to this machine alone."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VARIABLE = "POSTROAD_BROWSER"
NO_BROWSER = (
    "Browser tests did not run: no Chromium found. Install it (apt-get install chromium, or set "
    f"{VARIABLE}=/path/to/chromium) and run make browser."
)
_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Glyphs and their edges come out the same on every machine with the same fonts.
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    # Nothing but this machine has an address, whatever a page or Chromium itself asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def find_browser(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the browser that POSTROAD_BROWSER names, else the first on PATH or in macOS's usual places.

    None where there is none; a POSTROAD_BROWSER that can't be run is none, whatever else is installed.
    """
    named = environment.get(VARIABLE)
    candidates = (named,) if named else (*_COMMANDS, *_MACOS)
    found = (shutil.which(each, path=environment.get("PATH")) for each in candidates)
    return next((Path(each) for each in found if each is not None), None)


@contextmanager
def browser(executable: Path) -> Iterator["Browser"]:
    """Start Chromium, and close it with everything that it opened."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - finding a browser needs no Playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=[*_ARGUMENTS])
        try:
            yield started
        finally:
            started.close()
