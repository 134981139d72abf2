"""What sending, feedback and the command line need of the suppressions."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from postroad.suppression.model import HistoryEntry, NewSuppression, ScopeEntry, Suppression

OnLifted = Callable[[NewSuppression, bool], object]


class SuppressionStore(Protocol):
    """One item per address with its scopes, and a history beside it that is only ever added to."""

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        """Read these addresses' suppressions consistently, by address key. Keys may repeat."""

    def suppress(self, address_key: str, email: str, scope: str, entry: ScopeEntry) -> bool:
        """Stop a scope of an address; True if this call changed what stands.

        A stronger or older entry is kept (`postroad.suppression.change.replaces`). Copies of one event
        give equal entries, and write one history item in all.
        """

    def suppress_many(
        self, wanted: Sequence[NewSuppression], *, write: bool = True, on_lifted: OnLifted | None = None
    ) -> list[bool]:
        """Stop many scopes of many addresses, in this order; True for each that changed what stands.

        Where a stronger or older entry stands already, nothing is written, and no line of history either: so
        the same list may be given again, as after a crash. Several entries of one address and scope end as
        `suppress` would end them. With `write` off nothing is written, and the answer is what would change.

        An entry whose like was lifted after its `since` stays lifted. `on_lifted` is told of each entry whose
        scope was lifted before and stands no more: with True if it is suppressed again, False if it is left.
        """

    def lift(
        self, address_key: str, scope: str, *, source: str, now: datetime, note: str = "",
        only: Callable[[ScopeEntry], bool] | None = None,
    ) -> bool:  # fmt: skip
        """Let a scope of an address be mailed again; False if nothing stood there. The history stays.

        A complaint stays, and the answer is False, without a `note`: why it is lifted all the same, kept in
        the history. Whoever had also left this scope has left it still. With `only`, nothing is lifted unless
        that says yes to what stands: what came meanwhile stays.
        """

    def history(self, address_key: str) -> list[HistoryEntry]:
        """Tell what happened to this address, oldest first."""

    def histories(self, address_keys: Sequence[str]) -> dict[str, list[HistoryEntry]]:
        """Tell what happened to those of these addresses that have a history, each oldest first."""

    def pages(self) -> Iterator[list[Suppression]]:
        """Yield every address with at least one scope, page by page, in no particular order."""
