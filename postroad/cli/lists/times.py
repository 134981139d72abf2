"""Times as lists have them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SECONDS = re.compile(r"\d{9,10}(\.\d{1,9})?")


class NoTimeError(ValueError):
    """The text is no time."""


def read_time(text: str) -> datetime:
    """Return a time: ISO 8601 (UTC where it has no zone), seconds since 1970, or a mail's date (RFC 5322).

    Raises NoTimeError.
    """
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - only for lists that have such dates

        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise NoTimeError from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise NoTimeError from error
