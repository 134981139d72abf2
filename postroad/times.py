"""Moments as whole milliseconds since 1970, as the tables and SQS have them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def milliseconds(at: datetime) -> int:
    """Return whole milliseconds since 1970, exactly (a float would round)."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """Return the moment so many milliseconds after 1970, in UTC."""
    return EPOCH + timedelta(milliseconds=at)
