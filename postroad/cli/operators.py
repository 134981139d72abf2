"""Who gives a command, as histories name them."""

import getpass


def operator() -> str:
    """Return `operator:<name>`, the name that this machine knows."""
    return f"operator:{getpass.getuser()}"
