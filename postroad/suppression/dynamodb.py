"""The suppressions in DynamoDB: the table Suppressions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from postroad.dynamodb_table import ATTEMPTS, MOST_KEYS, Table
from postroad.suppression.change import Change, adding, lifted_before, lifting, places_by_key, suppressing
from postroad.suppression.dynamodb_write import MOST_CHANGES, Write
from postroad.suppression.errors import SuppressionsBusyError, SuppressionsUnavailableError
from postroad.suppression.item import (
    CURRENT,
    HISTORY,
    current_key,
    read_current,
    read_history,
    read_version,
)
from postroad.suppression.model import HistoryEntry, NewSuppression, ScopeEntry, Suppression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.suppression.ports import OnLifted

_Decide = Callable[[Suppression | None, list[HistoryEntry]], Change | None]
_DecideAll = Callable[[Suppression | None, list[HistoryEntry]], list[Change | None]]


class DynamoSuppressions:
    """A `SuppressionStore` over the table Suppressions.

    A change reads the address's items consistently, decides, and writes what stands together with its line of
    history in one transaction, on condition that nobody wrote in between. Needs dynamodb:BatchGetItem for
    `find`, dynamodb:Query too for `histories`, dynamodb:Query and dynamodb:PutItem for `suppress` and `lift`,
    all three for `suppress_many`, dynamodb:Scan for `pages`.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client and this table; `page_size` is for tests, `pause` takes seconds."""
        self._table = Table(
            client, table_name, unavailable=SuppressionsUnavailableError, page_size=page_size, pause=pause
        )

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        """Read these addresses' suppressions consistently, by address key."""
        found: dict[str, Suppression] = {}
        for item in self._table.read([current_key(key) for key in dict.fromkeys(address_keys)]):
            suppression = read_current(item)
            if suppression.scopes:
                found[suppression.address_key] = suppression
        return found

    def suppress(self, address_key: str, email: str, scope: str, entry: ScopeEntry) -> bool:
        """Stop a scope of an address; see `SuppressionStore.suppress`."""

        def decide(standing: Suppression | None, history: list[HistoryEntry]) -> Change | None:
            before = standing or Suppression(address_key, email, {})
            return suppressing(before, history, email=email, scope=scope, entry=entry)

        return self._change(address_key, decide)

    def suppress_many(
        self, wanted: Sequence[NewSuppression], *, write: bool = True, on_lifted: OnLifted | None = None
    ) -> list[bool]:
        """Stop many scopes of many addresses; see `SuppressionStore.suppress_many`."""
        changed = [False] * len(wanted)
        for some in _portions(places_by_key(wanted)):
            standing = {
                item["pk"]["S"]: (read_current(item), read_version(item))
                for item in self._table.read([current_key(key) for key in some])
            }
            entries = {key: [wanted[place] for place in places] for key, places in some.items()}
            for key, results in self._add_to(standing, entries, write, on_lifted).items():
                for place, result in zip(some[key], results, strict=True):
                    changed[place] = changed[place] or result
        return changed

    def lift(
        self, address_key: str, scope: str, *, source: str, now: datetime, note: str = "",
        only: Callable[[ScopeEntry], bool] | None = None,
    ) -> bool:  # fmt: skip
        """Let a scope be mailed again; see `SuppressionStore.lift`."""

        def decide(standing: Suppression | None, history: list[HistoryEntry]) -> Change | None:
            if standing is None:
                return None
            return lifting(standing, history, scope=scope, source=source, now=now, note=note, only=only)

        return self._change(address_key, decide)

    def history(self, address_key: str) -> list[HistoryEntry]:
        """Tell what happened to this address, oldest first."""
        return [read_history(item) for item in self._items(address_key) if item["sk"]["S"] != CURRENT]

    def histories(self, address_keys: Sequence[str]) -> dict[str, list[HistoryEntry]]:
        """Tell what happened to those that have a history; see `SuppressionStore.histories`.

        Addresses that were never suppressed cost a request for each hundred, the others one each besides.
        """
        known = self._table.read([current_key(key) for key in dict.fromkeys(address_keys)])
        return {key: self.history(key) for key in [item["pk"]["S"] for item in known]}

    def pages(self) -> Iterator[list[Suppression]]:
        """Yield every address with at least one scope, page by page, by a scan of the table."""
        pages = self._table.scan(
            FilterExpression="sk = :current", ExpressionAttributeValues={":current": {"S": CURRENT}}
        )
        for items in pages:
            standing = [read_current(item) for item in items]
            if page := [suppression for suppression in standing if suppression.scopes]:
                yield page

    def _change(self, address_key: str, decide: _Decide) -> bool:
        return any(self._change_all(address_key, lambda *found: [decide(*found)]))

    def _change_all(self, address_key: str, decide: _DecideAll, *, attempts: int = 1) -> list[bool]:
        for attempt in range(ATTEMPTS):
            standing, version, history = self.stands(address_key)
            decided = decide(standing, history)
            changes = [change for change in decided if change is not None]
            if not changes or all(self._table.write([Write(changes, version)], attempts=attempts)):
                return _changed(decided)
            self._table.wait(attempt)
        raise SuppressionsBusyError("others kept changing this address's suppressions; try again")

    def _add_to(
        self, standing: Mapping[str, tuple[Suppression, int]], wanted: Mapping[str, Sequence[NewSuppression]],
        write: bool, on_lifted: OnLifted | None,  # noqa: FBT001 - passed on by `suppress_many` alone
    ) -> dict[str, list[bool]]:  # fmt: skip
        """Do `suppress_many`; `standing` holds what was read of those addresses that have an item."""
        changed: dict[str, list[bool]] = {}
        writes: dict[str, Write] = {}
        read_on: set[str] = set()
        for key, entries in wanted.items():
            found, version = standing.get(key, (Suppression(key, entries[0].email, {}), 0))
            decided = adding(found, (), entries)
            changed[key] = _changed(decided)
            # An address without an item has no history: the two are written together.
            changes = [change for change in decided if change is not None]
            if changes and version == 0:
                writes[key] = Write(changes, version)
            elif changes:  # also where one only adds a line: what it says depends on the history
                read_on.add(key)
        late = [key for key in standing if key in read_on]
        if write and writes:
            stands = self._table.write(list(writes.values()))
            late += [key for key, done in zip(writes, stands, strict=True) if not done]
        for key in late:
            changed[key] = self._add_to_one(wanted[key], write=write, on_lifted=on_lifted)
        return changed

    def _add_to_one(
        self, wanted: Sequence[NewSuppression], *, write: bool, on_lifted: OnLifted | None
    ) -> list[bool]:
        key = wanted[0].address_key
        lifted: list[tuple[NewSuppression, bool]] = []

        def decide(standing: Suppression | None, history: list[HistoryEntry]) -> list[Change | None]:
            before = standing or Suppression(key, wanted[0].email, {})
            changes = adding(before, history, wanted)
            lifted[:] = lifted_before(before, history, wanted, changes)  # of the last attempt alone
            return changes

        if write:
            changed = self._change_all(key, decide, attempts=ATTEMPTS)
        else:
            standing, _, history = self.stands(key)
            changed = _changed(decide(standing, history))
        if on_lifted is not None:
            for each, again in lifted:
                on_lifted(each, again)
        return changed

    def stands(self, address_key: str) -> tuple[Suppression | None, int, list[HistoryEntry]]:
        """Read what stands of an address, the version of its item (0: there is none), and its history."""
        standing: Suppression | None = None
        version, history = 0, []
        for item in self._items(address_key):
            if item["sk"]["S"] == CURRENT:
                standing, version = read_current(item), read_version(item)
            else:
                history.append(read_history(item))
        return standing, version, history

    def _items(self, address_key: str) -> Iterator[dict[str, Any]]:
        """Yield `current` and then the history by time: so they sort."""
        between = {":key": {"S": address_key}, ":first": {"S": CURRENT}, ":last": {"S": HISTORY + "~"}}
        return self._table.query(
            KeyConditionExpression="pk = :key AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=between,
        )


def _portions(places: Mapping[str, list[int]]) -> Iterator[dict[str, list[int]]]:
    """Yield as many addresses as one BatchGetItem takes, with as many entries as a transaction does."""
    most = max((len(each) for each in places.values()), default=0)
    for first in range(0, most, MOST_CHANGES):
        some = {key: each[first : first + MOST_CHANGES] for key, each in places.items() if len(each) > first}
        keys = list(some)
        for start in range(0, len(keys), MOST_KEYS):
            yield {key: some[key] for key in keys[start : start + MOST_KEYS]}


def _changed(changes: Sequence[Change | None]) -> list[bool]:
    return [change is not None and change.changed for change in changes]
