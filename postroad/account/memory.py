"""The account in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.account.errors import AccountUnavailableError, AddressRefusedError
from postroad.account.listing import ListedAddress, ListReason
from postroad.account.ports import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


class MemoryAccount:
    """An `Account` whose numbers a test sets; `None` for one that can't be asked."""

    def __init__(self, quota: Quota | None = None) -> None:
        """Begin with these numbers: without any, those of a new account out of the sandbox."""
        self.quota: Quota | None = quota or Quota(max_24_hours=50_000, per_second=14, sent_24_hours=0)

    def read(self) -> Quota:
        """Return the numbers."""
        if self.quota is None:
            raise AccountUnavailableError("the account can't be asked")
        return self.quota


class MemoryAccountList:
    """An `AccountList` in a dictionary; it takes no address without a domain."""

    def __init__(self, *, now: Callable[[], datetime], page_size: int = 1000) -> None:
        """Begin empty; `now` dates what is put."""
        self._entries: dict[str, ListedAddress] = {}
        self._now = now
        self._page_size = page_size

    def __len__(self) -> int:
        """Return how many addresses are listed."""
        return len(self._entries)

    def __contains__(self, email: str) -> bool:
        """Say whether an address is listed."""
        return email.lower() in self._entries

    def pages(self) -> Iterator[list[ListedAddress]]:
        """Yield every entry, page by page."""
        entries = [self._entries[email] for email in sorted(self._entries)]
        for start in range(0, len(entries), self._page_size):
            yield entries[start : start + self._page_size]

    def find(self, email: str) -> ListedAddress | None:
        """Return an address's entry, or None."""
        return self._entries.get(email.lower())

    def put(self, email: str, reason: ListReason) -> None:
        """Put an address on the list; see `AccountList.put`."""
        if "@" not in email:
            raise AddressRefusedError("SES refused: BadRequestException")
        self._entries[email.lower()] = ListedAddress(email.lower(), reason, self._now())

    def delete(self, email: str) -> bool:
        """Take an address off the list."""
        return self._entries.pop(email.lower(), None) is not None
