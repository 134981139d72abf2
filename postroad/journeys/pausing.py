"""A journey that an operator holds: its contacts wait where they are, and nobody is lost. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when, by whom (`operator:<name>`), and why."""

    since: datetime
    by: str
    why: str = ""
