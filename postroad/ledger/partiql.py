"""A row's writes as statements of PartiQL, many of which go in one request. Pure.

Every name is quoted, since `status`, `owner` and others are words that DynamoDB keeps for itself
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html). Values are parameters
and never part of a text: so nothing that somebody wrote is read as PartiQL, and a text is a few hundred
characters long whatever the row holds (DynamoDB takes 8,192).
"""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from postroad.ledger.item import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_STATEMENTS = 25
"""BatchExecuteStatement takes no more at once; each has its own outcome, in order."""

MOST_CHARACTERS = 8_192
"""Of one statement's text, less its parameters."""

_KEY = ("pk", "sk")


class Fate(Enum):
    """What became of one statement, and so what is next."""

    WRITTEN = auto()
    MET = auto()
    """Nothing was written, since another row stands; or our own, and the answer to the first try was lost."""
    AGAIN = auto()
    """Not written, or nobody knows. The write is conditional, so repeating it is safe."""
    REFUSED = auto()


_FATES = {
    "": Fate.WRITTEN,
    "DuplicateItem": Fate.MET,
    "ConditionalCheckFailed": Fate.MET,
    "InternalServerError": Fate.AGAIN,
    "ProvisionedThroughputExceeded": Fate.AGAIN,
    "RequestLimitExceeded": Fate.AGAIN,
    "ThrottlingError": Fate.AGAIN,
    "TransactionConflict": Fate.AGAIN,
}
REFUSALS = frozenset(
    {"AccessDenied", "ItemCollectionSizeLimitExceeded", "ResourceNotFound", "ValidationError"}
)
"""Codes after which the same statement would be refused again."""


def fate_of(code: str) -> Fate:
    """Return what a statement's error code means; empty where there was none.

    A code that nobody knows yet is a refusal: it is told, and the message comes again by its queue
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html).
    """
    return _FATES.get(code, Fate.REFUSED)


def insertion(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement that writes this item unless one with its key stands."""
    return {"Statement": _insert(table, tuple(item)), "Parameters": list(item.values())}


def replacement(table: str, item: Mapping[str, Any], *, expected: int) -> dict[str, Any]:
    """Return the statement that makes the item of this key, at version `expected`, this item.

    UPDATE changes attributes one by one, so those that the new item lacks are removed.
    """
    names = tuple(name for name in item if name not in _KEY)
    return {
        "Statement": _update(table, names),
        "Parameters": [
            *(item[name] for name in names),
            *(item[name] for name in _KEY),
            {"N": str(expected)},
        ],
        # What stands instead comes with the refusal, and costs nothing.
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...]) -> str:
    values = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table}" VALUE {{{values}}}'


@lru_cache(maxsize=256)
def _update(table: str, names: tuple[str, ...]) -> str:
    changes = [f'SET "{name}" = ?' for name in names]
    changes += [f'REMOVE "{name}"' for name in ATTRIBUTES if name not in names]
    where = '"pk" = ? AND "sk" = ? AND "version" = ?'
    return f'UPDATE "{table}" {" ".join(changes)} WHERE {where}'
