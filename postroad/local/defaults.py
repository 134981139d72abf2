"""Where a local stack is unless something else is asked for. It imports nothing, for the command's help."""

from collections.abc import Mapping
from pathlib import Path

DEFAULT_FOLDER = Path(".local")
DEFAULT_PORTS: Mapping[str, int] = {"cloud": 4566, "simulator": 4567, "inbox": 8025}
CLOCK = "clock"
"""The file of the folder that holds by how many seconds the stack lives ahead of this machine."""
