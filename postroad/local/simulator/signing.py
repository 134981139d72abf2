"""How old a signed request may be. Pure.

AWS refuses a request whose time (`X-Amz-Date`) is more than five minutes off, whatever its signature, so that
one that was held up can't take effect much later. The text is the one that AWS writes.
Source: "Signature Version 4", "Troubleshoot Signature Version 4 signing", in the IAM user guide.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from postroad.local.simulator.reply import Reply

DATE_HEADER: Final = "x-amz-date"
LONGEST: Final = timedelta(minutes=5)
_FORMAT: Final = "%Y%m%dT%H%M%SZ"


def signed_at(header: str | None) -> datetime | None:
    """Read X-Amz-Date; None where it is missing or no time: then the signature itself is wrong."""
    try:
        return datetime.strptime(header or "", _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def refuses(at: datetime | None, *, now: datetime) -> Reply | None:
    """Answer as AWS does to a request that was signed too long ago, or too far ahead."""
    if at is None or abs(now - at) <= LONGEST:
        return None
    if at < now:
        sign, what, bound = "-", "expired: {} is now earlier than", now - LONGEST
    else:
        sign, what, bound = "+", "not yet current: {} is still later than", now + LONGEST
    signed = what.format(f"{at:{_FORMAT}}")
    text = f"Signature {signed} {bound:{_FORMAT}} ({now:{_FORMAT}} {sign} 5 min.)"
    return Reply(403, {"message": text}, "InvalidSignatureException")
