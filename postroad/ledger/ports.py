"""What the use cases need of the ledger."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from postroad.errors import TransientError
from postroad.ledger.row import Row

Change = Callable[[Row], Row | None]
"""A pure step from the row that stands to the row that shall stand; None when nothing changes."""


class Ledger(Protocol):
    """The rows of all messages. Every write is conditional, and repeating it changes nothing."""

    def get(self, message_id: str) -> Row | None:
        """Return the row as it stands now (a consistent read), or None."""
        ...

    def get_many(self, message_ids: Collection[str], *, may_be_old: bool = False) -> dict[str, Row]:
        """Return the rows of these messages as they stand now, by message id, less those that have none.

        With `may_be_old` at half the price as they stood a moment ago: a row may be missing that was written
        just now. A write on such a row's version is as safe as any.

        Raises LedgerUnavailableError if not all of them could be asked for.
        """
        ...

    def insert(self, row: Row) -> Row | None:
        """Write the first row of its message and return None.

        If a row stands there already nothing is written, and that row is returned. A repetition of the same
        write (an answer was lost) counts as written.
        """
        ...

    def replace(self, row: Row, *, expected: int) -> bool:
        """Write the row over version `expected` and say whether it now stands.

        The row's own version must be `expected + 1`. A repetition of the same write counts as written.
        """
        ...

    def insert_many(self, rows: Sequence[Row]) -> list[Row | TransientError | None]:
        """Do `insert` with each of these rows, of as many messages, in as few requests as can be.

        One outcome for each, in order: None (it stands now), the row that stands instead, or the error that
        left this one unknown. One row's trouble is not another's. Never raises a TransientError.
        """
        ...

    def replace_many(self, rows: Sequence[Row]) -> list[bool | TransientError]:
        """Do `replace` with each of these rows, over the version before its own; see `insert_many`."""
        ...

    def apply(self, message_id: str, change: Change) -> Row | None:
        """Read, change and write one row until no one else interferes; return the row that now stands.

        Returns None if there is no such row: an event never makes one. Raises LedgerBusyError if others kept
        changing the row.
        """
        ...

    def by_recipient(
        self, address_key: str, *, limit: int, may_be_old: bool = True, until: datetime | None = None
    ) -> Sequence[Row]:
        """Return the latest rows of one recipient, newest first (eventually consistent), at most 100.

        Unless they may be old, those that were there a moment ago are read as they stand. With `until`, the
        latest of those accepted by then: the last one's own time gives the next ones, and itself.
        """
        ...
