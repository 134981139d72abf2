"""Mails that left twice, told by SES's own ids. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroad.ledger.row import Row


def duplicates_between(before: Row | None, after: Row | None) -> int:
    """Return how many mails too many became known from one state of a row to the next.

    Each attempt that SES accepted has an id on the row. Whoever writes the second one counts a duplicate,
    whether it learned of it from SES's answer or from an event; so each is counted once.
    """
    return _too_many(after) - _too_many(before)


def _too_many(row: Row | None) -> int:
    return 0 if row is None else max(0, len(row.ses_ids) - 1)
