"""What the governor grants: room for some mails, for a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Shortage(Enum):
    """Why less was granted than was asked for."""

    TIME = "time"
    """Its turn would come after the caller's deadline: ask again in another run."""
    QUOTA = "quota"
    """What the daily quota leaves to this kind of stream is used up: nothing leaves for hours."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Room for `count` mails, which may leave from now on, but none at `until` or later.

    A mail that leaves later would meet those of whoever was granted the time after it, and the rate would be
    exceeded. What is not used is lost, and harms nothing. `until` is None where nothing is governed.
    `shortage` says why `count` is 0; it is None whenever anything is granted.
    """

    count: int
    until: datetime | None = None
    shortage: Shortage | None = None
