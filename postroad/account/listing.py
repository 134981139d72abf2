"""SES's own list of addresses that it sends nothing to: one for an account and Region. Pure.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


SECONDS_BETWEEN = 1.0
"""SES documents one request a second for calls about the account, such as GetSendQuota, and no other rate for
these: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""


class ListReason(StrEnum):
    """Why an address is on the list: SES knows no other reasons.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutSuppressedDestination.html
    """

    BOUNCE = "BOUNCE"
    COMPLAINT = "COMPLAINT"


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """One entry: the address as SES writes it, why, and since when."""

    email: str
    reason: ListReason
    since: datetime


class AccountList(Protocol):
    """The list. Each call may take a second or more: SES asks for patience.

    All raise AccountUnavailableError where SES can't be asked.
    """

    def pages(self) -> Iterator[list[ListedAddress]]:
        """Yield every entry, page by page, in no particular order."""
        ...

    def find(self, email: str) -> ListedAddress | None:
        """Return an address's entry, or None. Raises AddressRefusedError."""
        ...

    def put(self, email: str, reason: ListReason) -> None:
        """Put an address on the list, or change its reason; raises AddressRefusedError."""
        ...

    def delete(self, email: str) -> bool:
        """Take an address off the list; False if it wasn't there. Raises AddressRefusedError."""
        ...
