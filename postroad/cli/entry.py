"""Where the command `postroad` begins: before anything that only its own extra installs."""

import sys
from importlib.util import find_spec


def run() -> None:
    """Run the command line, or say what to install for it: an application's install comes without."""
    missing = [name for name in ("typer", "rich", "pydantic") if find_spec(name) is None]
    if missing:
        sys.exit(f"postroad: the command line needs {', '.join(missing)}: pip install 'postroad[cli]'")
    from postroad.cli.main import app  # noqa: PLC0415 - it imports what may be missing

    app()
