"""The keys of the objects that Firehose writes, and the times in them. Pure.

A key is `events/2026/11/22/14/<stream>-<version>-2026-11-22-14-03-11-<uuid>`, with an extension at times:
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html. The time is that of the object's oldest
record's arrival, in UTC: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html. Keys sort by hour;
within one hour by the stream's version first, so that only whole hours can be told to come in order.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

PREFIX = "events/"

_TIME = re.compile(r"-(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[^/]*\Z")
_FOLDER = re.compile(r"(\d{4}/\d\d/\d\d/\d\d)/")


def time_of(key: str) -> datetime | None:
    """Return the second that a key names, else the hour of its folder, else None: it isn't Firehose's."""
    name = key.removeprefix(PREFIX)
    if found := _TIME.search(name):
        return _moment(found[1].split("-"))
    if found := _FOLDER.match(name):
        return _moment(found[1].split("/"))
    return None


def hour_of(at: datetime) -> datetime:
    """Return the hour that a moment lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


def folder_of(at: datetime) -> str:
    """Return the prefix of the keys of one hour; it sorts before all of them."""
    return f"{PREFIX}{at:%Y/%m/%d/%H}/"


def _moment(parts: list[str]) -> datetime | None:
    """Return the moment of these years, months, days and so on; strptime would take ten times as long."""
    year, month, day, hour, minute, second = [*map(int, parts), 0, 0][:6]
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:  # digits that are no time
        return None
