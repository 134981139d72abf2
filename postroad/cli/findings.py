"""What `postroad doctor` finds: about what, how bad, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How bad, from nothing to mail that doesn't leave."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `next_step` is empty where there is nothing to do."""

    about: str
    level: Level
    says: str
    next_step: str = ""


def number(value: float) -> str:
    """Return a rate as people read it: three digits, and no more of a large one than is whole."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level; `OK` if nothing was found."""
    order = list(Level)
    return max((each.level for each in findings), key=order.index, default=Level.OK)
