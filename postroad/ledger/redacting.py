"""What stays of a row when its recipient's data are erased. Pure.

The id, the fingerprint and the end stay, or a late copy of the message would be sent: a row is what stops it.
What counts mails stays too, the journey and its step among it, with the word for the mailbox provider in the
address's place. It tells nothing of a person any more, so that events which come later move it on as they
move any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.ledger.row import ERASED

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row

KEPT_TAGS = frozenset({"campaign", "variant"})
"""What the statistics are broken down by; any other tag may say whom the mail was about."""


def redacted(row: Row, *, provider: str, now: datetime) -> Row:
    """Return the row without what says whom it was sent to, or anything about them.

    `provider` is what `postroad.stats.providers.provider_of` makes of the address.
    """
    if row.is_redacted:
        return row
    return replace(
        row.with_time(ERASED, now),
        email="",
        address_key="",
        detail="",
        notes=(),
        tags={name: value for name, value in row.tags.items() if name in KEPT_TAGS},
        provider=row.provider or provider,
    )
