"""Faults of calls that concern many rows at once: each row has a fate of its own, and processes die whole.

DynamoDB runs the statements of one request one by one, in no order that it promises, and may put some off:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html. So a request
that is lost in the middle, or whose function dies of it, leaves any of its rows written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from postroad.errors import TransientError
from tests.matrix.gates import Call, DiedError, Gate, plain

if TYPE_CHECKING:
    from tests.matrix.whole import Whole

BULK = frozenset({"ledger.insert_many", "ledger.replace_many"})
ROWS = 3
"""Rows whose fates are told apart; a call with more takes them in turn."""


class RowFate(Enum):
    """What becomes of one row of a call."""

    TOLD = "told"
    """As DynamoDB says."""
    UNTOLD = "untold"
    """Asked of DynamoDB, and its answer got lost."""
    LEFT = "left"
    """Put off, or lost on its way there: an error, and nothing is written."""


Fates = tuple[RowFate, ...]
EVERY: list[Fates] = [each for each in product(RowFate, repeat=ROWS) if set(each) != {RowFate.TOLD}]
"""Every fate of every row; but for the one in which nothing goes wrong."""
SOME: list[Fates] = [
    (RowFate.TOLD, RowFate.UNTOLD, RowFate.LEFT),
    (RowFate.LEFT, RowFate.TOLD, RowFate.UNTOLD),
    (RowFate.UNTOLD, RowFate.LEFT, RowFate.TOLD),
    (RowFate.UNTOLD,) * ROWS,
    (RowFate.LEFT,) * ROWS,
]
"""Each fate of each row, beside each fate of the row after it; and a call that went wrong as a whole."""
EVERY_HALF: list[Fates] = list(product((RowFate.TOLD, RowFate.LEFT), repeat=ROWS))
"""Each part of the rows that may be written when the function dies of the call: none, some, all."""


@dataclass
class Mortal:
    """Once a process died at one of its calls, none of its threads makes another."""

    whole: "Whole"
    inner: Gate = plain
    dead: int = -1

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        if self.whole.deaths == self.dead:
            raise DiedError
        try:
            return self.inner(name, call)
        except DiedError:
            self.dead = self.whole.deaths
            raise


@dataclass
class BulkAt:
    """Spoils the k-th call (from 0) that writes many rows, and no other; the function may die of it."""

    place: int
    fates: Fates
    dies: bool = False
    inner: Gate = plain
    sizes: list[int] = field(default_factory=list)

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        if name not in BULK:
            return self.inner(name, call)
        rows = rows_of(call)
        self.sizes.append(len(rows))
        if len(self.sizes) - 1 != self.place:
            return self.inner(name, call)
        fates = [self.fates[number % len(self.fates)] for number in range(len(rows))]
        asked = [row for row, fate in zip(rows, fates, strict=True) if fate is not RowFate.LEFT]
        told = iter(self.inner(name, with_rows(call, asked)) if asked else ())
        if self.dies:
            raise DiedError
        outcomes = []
        for fate in fates:
            outcome = None if fate is RowFate.LEFT else next(told)
            outcomes.append(outcome if fate is RowFate.TOLD else TransientError(fate.value))
        return outcomes

    @property
    def struck(self) -> bool:
        return len(self.sizes) > self.place


def rows_of(call: Any) -> Sequence[Any]:  # noqa: ANN401  the partial that WatchedLedger makes
    """Return the rows that a call would write."""
    (rows,) = call.args
    found: Sequence[Any] = rows
    return found


def with_rows(call: Any, rows: Sequence[Any]) -> Call:  # noqa: ANN401  as above
    """Return the call as it would write these rows alone."""
    return partial(call.func, rows)
