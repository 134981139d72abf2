"""Mails that left twice, told by SES's own ids. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroad.ledger.row import Row


def duplicates_between(before: Row | None, after: Row | None) -> int:
    """Return how many mails too many became known from one state of a row to the next.

    Each attempt that SES accepted has an id on the row, whether it was learned from SES's answer or from an
    event. The write that adds the second one makes the duplicate known.
    """
    return _too_many(after) - _too_many(before)


def _too_many(row: Row | None) -> int:
    return 0 if row is None else max(0, len(row.ses_ids) - 1)
