"""Times and durations as people read them. Pure."""

from datetime import UTC, datetime

NOTHING = "–"


def moment(at: datetime | None) -> str:
    """Return a time to the second, in UTC: `2026-11-22 14:03:11 UTC`."""
    return NOTHING if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Return `3.2 s`, `4 min`, `5 h` or `6 d`: two digits tell enough."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds:.1f} s" if unit == "s" else f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
