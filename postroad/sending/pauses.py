"""How long a record stays out of sight. Pure: the jitter comes from the record's own id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from postroad.records import Record

LONGEST_BACK_OFF = timedelta(minutes=15)

PATIENT_LOOKS = 5
"""So often evidence is looked for without a longer pause."""


def _jitter(seed: str, most: timedelta) -> timedelta:
    return most * (crc32(seed.encode()) % 1000) / 1000


def after_lease(until: datetime, *, seed: str) -> datetime:
    """Return when to look again at a message that somebody else is sending: when the lease is over."""
    return until + timedelta(seconds=1) + _jitter(seed, timedelta(seconds=4))


def after_race(now: datetime) -> datetime:
    """Return when to look again at a row that somebody changed at the same moment."""
    return now + timedelta(seconds=2)


def after_busy(now: datetime, record: Record) -> datetime:
    """Return when to try again what SES did not take: after 1, 2, 4 … seconds, up to a quarter hour."""
    pause = min(timedelta(seconds=2 ** min(record.receives - 1, 10)), LONGEST_BACK_OFF)
    return now + pause + _jitter(record.sqs_id, pause)


def after_unusable(now: datetime, record: Record, pause: timedelta) -> datetime:
    """Return when to try again while SES takes no mail at all: after `pause`, and ever longer.

    A pause or a used-up quota lasts a day; tried once a minute, the mail would be in SQS's dead letters after
    a hundred minutes, since SQS gives up at the hundredth receive.
    """
    return max(now + pause, after_busy(now, record))


def after_trouble(now: datetime, record: Record) -> datetime:
    """Return when to try again after an error of our own stores."""
    return after_busy(now, record)


def after_silence(now: datetime, *, looks: int, lead: timedelta) -> datetime:
    """Return when to look again for evidence that hasn't come: after `lead` at first, and ever longer.

    Evidence that is merely late comes within minutes. While its path is broken, a look at a message costs
    more than sending it did.
    """
    doubled: int = 2 ** min(max(looks - PATIENT_LOOKS, 0), 10)
    return now + min(lead * doubled, max(lead, LONGEST_BACK_OFF))
