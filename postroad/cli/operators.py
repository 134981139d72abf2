"""Who gives a command, as histories name them."""

import getpass

from postroad.cli.problem import ExitCode, Problem

MOST = 100
"""Characters of a name."""


def operator() -> str:
    """Return `operator:<name>`, the name that this machine knows; raises Problem if it knows none."""
    try:
        name = getpass.getuser()
    except (
        KeyError,
        OSError,
        ImportError,
    ):  # a container's user often has no name; the error differs by Python
        name = ""
    if not name or len(name) > MOST or not name.isprintable():
        raise Problem(
            "Nobody knows who gives this command: this machine has no plain name for its user.",
            "Set LOGNAME to your name: the history of what you change will show it.",
            ExitCode.USAGE,
        )
    return f"operator:{name}"
