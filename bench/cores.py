"""Which core a process runs on: sender and stub each have one of their own, where the machine has two."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores for the sender and for the stub; None where processes can't be bound to a core."""

    sender: int | None
    stub: int | None


def find_cores() -> Cores:
    """Choose the last two cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[-1], usable[-2]) if len(usable) > 1 else Cores(usable[0], usable[0])


def stay_on(core: int | None) -> None:
    """Let this process run on this core alone."""
    if core is not None:
        os.sched_setaffinity(0, {core})
