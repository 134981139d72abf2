"""The account in memory."""

from __future__ import annotations

from postroad.account.errors import AccountUnavailableError
from postroad.account.ports import Quota


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
