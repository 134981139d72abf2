"""The suppressions in memory: for fast tests, and for walks that need no AWS account."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING

from postroad.suppression.change import Change, adding, lifted_before, lifting, places_by_key, suppressing
from postroad.suppression.model import HistoryEntry, ScopeEntry, Suppression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from postroad.suppression.model import NewSuppression
    from postroad.suppression.ports import OnLifted


class MemorySuppressions:
    """A `SuppressionStore` in a dictionary."""

    def __init__(self, *, page_size: int = 100) -> None:
        """Begin without suppressions."""
        self._standing: dict[str, Suppression] = {}
        self._history: defaultdict[str, list[HistoryEntry]] = defaultdict(list)
        self._page_size = page_size
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many addresses are suppressed."""
        return len(self._suppressed())

    def __contains__(self, address_key: str) -> bool:
        """Say whether anything is suppressed for this address."""
        return bool(self.find([address_key]))

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        """Return the suppressions among these addresses, by address key."""
        suppressed = {suppression.address_key: suppression for suppression in self._suppressed()}
        return {key: suppressed[key] for key in address_keys if key in suppressed}

    def suppress(self, address_key: str, email: str, scope: str, entry: ScopeEntry) -> bool:
        """Stop a scope of an address; see `SuppressionStore.suppress`."""
        with self._lock:
            standing = self._standing.get(address_key, Suppression(address_key, email, {}))
            history = self._history[address_key]
            return self._write(suppressing(standing, history, email=email, scope=scope, entry=entry))

    def suppress_many(
        self, wanted: Sequence[NewSuppression], *, write: bool = True, on_lifted: OnLifted | None = None
    ) -> list[bool]:
        """Stop many scopes of many addresses; see `SuppressionStore.suppress_many`."""
        changed = [False] * len(wanted)
        with self._lock:
            for key, places in places_by_key(wanted).items():
                standing = self._standing.get(key, Suppression(key, wanted[places[0]].email, {}))
                history = self._history.get(key, ())
                entries = [wanted[place] for place in places]
                changes = adding(standing, history, entries)
                if on_lifted is not None:
                    for each, again in lifted_before(standing, history, entries, changes):
                        on_lifted(each, again)
                for place, change in zip(places, changes, strict=True):
                    changed[place] = change is not None and (self._write(change) if write else change.changed)
        return changed

    def lift(
        self, address_key: str, scope: str, *, source: str, now: datetime, note: str = "",
        only: Callable[[ScopeEntry], bool] | None = None,
    ) -> bool:  # fmt: skip
        """Let a scope be mailed again; see `SuppressionStore.lift`."""
        with self._lock:
            standing = self._standing.get(address_key)
            if standing is None:
                return False
            lifted = lifting(
                standing, self._history[address_key],
                scope=scope, source=source, now=now, note=note, only=only,
            )  # fmt: skip
            return self._write(lifted)

    def history(self, address_key: str) -> list[HistoryEntry]:
        """Tell what happened to this address, oldest first."""
        return sorted(self._history[address_key], key=lambda line: line.at)

    def histories(self, address_keys: Sequence[str]) -> dict[str, list[HistoryEntry]]:
        """Tell what happened to those that have a history; see `SuppressionStore.histories`."""
        return {key: self.history(key) for key in address_keys if self._history.get(key)}

    def pages(self) -> Iterator[list[Suppression]]:
        """Yield every address with at least one scope, page by page."""
        suppressed = self._suppressed()
        for start in range(0, len(suppressed), self._page_size):
            yield suppressed[start : start + self._page_size]

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes as they were decided, in this order."""
        with self._lock:
            for change in changes:
                self._write(change)

    def standing(self, address_key: str) -> Suppression | None:
        """Return what stands of an address, though it be no scope."""
        return self._standing.get(address_key)

    def rewrite_history(self, address_key: str, change: Callable[[HistoryEntry], HistoryEntry]) -> None:
        """Put what `change` makes of each line in its place."""
        with self._lock:
            self._history[address_key] = [change(line) for line in self._history[address_key]]

    def _suppressed(self) -> list[Suppression]:
        return [suppression for suppression in list(self._standing.values()) if suppression.scopes]

    def _write(self, change: Change | None) -> bool:
        if change is None:
            return False
        key = change.suppression.address_key
        self._standing[key] = change.suppression
        self._history[key].append(change.history)
        return change.changed
