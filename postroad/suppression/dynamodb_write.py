"""What becomes of one address's suppressions, as items of one transaction. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.suppression.item import current_item, history_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.suppression.change import Change

MOST_CHANGES = 50
"""Of one address in one transaction, which takes 100 items."""


@dataclass(frozen=True, slots=True)
class Write:
    """What becomes of one address: at least one change, in order, over `version` (0: nothing stood)."""

    changes: Sequence[Change]
    version: int

    @property
    def size(self) -> int:
        """How many items it takes: what stands, and a line for each change."""
        return 1 + len(self.changes)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return what to put: what stands in the end, on condition that nobody wrote, and each line.

        Each line has a version of its own, which keeps lines of one moment apart.
        """
        last = self.changes[-1].suppression
        current: dict[str, Any] = {
            "TableName": table,
            "Item": current_item(last, self.version + len(self.changes)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if self.version:
            current["ConditionExpression"] = "version = :version"
            current["ExpressionAttributeValues"] = {":version": {"N": str(self.version)}}
        lines = [
            {"TableName": table, "Item": history_item(last.address_key, change.history, version)}
            for version, change in enumerate(self.changes, self.version + 1)
        ]
        return [{"Put": put} for put in (current, *lines)]
