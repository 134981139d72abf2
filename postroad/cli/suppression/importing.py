"""What an import does with suppressions: a batch goes to the store, and all are counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from postroad.cli.lists.problems import RowProblem
    from postroad.suppression.model import NewSuppression
    from postroad.suppression.ports import SuppressionStore

MOST_NAMED = 20
"""Addresses that were lifted here before and are named in the report."""

Done = tuple[list[bool], list[tuple["NewSuppression", bool]]]
"""Whether each of a batch was added; and those that were lifted here before, and whether they are again."""


@dataclass(slots=True)
class Tally:
    """What became of the rows so far: `added`, `standing` already, `invalid`, or still on their way.

    `again` are those of `added` that had been lifted here, `lifted` those of `standing` that do not stand:
    the same was lifted here after the row's own date, and stays lifted.
    """

    rows: int = 0
    added: int = 0
    standing: int = 0
    invalid: int = 0
    again: int = 0
    lifted: int = 0
    lifted_first: list[tuple[str, str, bool]] = field(default_factory=list)
    """The first of these: address, scope, and whether it is suppressed again."""

    @property
    def done(self) -> int:
        """Return how many stand, or were lifted with reason."""
        return self.added + self.standing

    def take(self, done: Done) -> Sequence[RowProblem]:
        """Count a batch. The store takes every row that can be read."""
        results, lifted = done
        self.added += sum(results)
        self.standing += len(results) - sum(results)
        again = sum(is_again for _, is_again in lifted)
        self.again += again
        self.lifted += len(lifted) - again
        room = MOST_NAMED - len(self.lifted_first)
        self.lifted_first += [(each.email, each.scope, is_again) for each, is_again in lifted[:room]]
        return ()

    def report(self) -> dict[str, Any]:
        """Return the counts by name, and the first addresses that had been lifted here."""
        counts = asdict(self)
        first = counts.pop("lifted_first")
        return {
            "rows": counts,
            "removed_before": [
                {"email": email, "scope": scope, "again": again} for email, scope, again in first
            ],
        }


def suppressing(store: SuppressionStore, *, write: bool) -> Callable[[list[NewSuppression]], Done]:
    """Return what takes a batch to the store, or with `write` off only says what would become of each."""

    def take(batch: list[NewSuppression]) -> Done:
        lifted: list[tuple[NewSuppression, bool]] = []
        results = store.suppress_many(
            batch, write=write, on_lifted=lambda each, again: lifted.append((each, again))
        )
        return results, lifted

    return take
