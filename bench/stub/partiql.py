"""The PartiQL of BatchExecuteStatement and ExecuteStatement: INSERT, UPDATE and SELECT of one item."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bench.stub.expressions import Words, changes, operand, test
from bench.stub.tables import FailedCondition
from bench.stub.values import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.stub.tables import Table
    from bench.stub.values import Item, Value

    Values = Mapping[str, Value]
    Run = Callable[[Callable[[str], Table], Values], Item | None]


class DuplicateItem(Exception):  # noqa: N818 - DynamoDB's own code
    """An INSERT meets an item under the same key."""


def execute(statement: str, parameters: Sequence[Value], table_of: Callable[[str], Table]) -> Item | None:
    """Run one statement; return the item that a SELECT finds.

    Raises DuplicateItem, FailedCondition or RequestError.
    """
    values = {f":{place}": value for place, value in enumerate(parameters)}
    return _parsed(statement)(table_of, values)


@lru_cache(maxsize=1000)
def _parsed(statement: str) -> Run:
    words = Words(statement, {})
    if words.takes("INSERT", "INTO"):
        return _insert(words)
    if words.takes("UPDATE"):
        return _update(words)
    if words.takes("SELECT", "*", "FROM"):
        return _select(words)
    raise RequestError(f"a statement that begins with {words.word!r}")


def _insert(words: Words) -> Run:
    name = words.take().strip('"')
    words.need("VALUE", "{")
    parts = {}
    while not words.takes("}"):
        key = words.take().strip("'\"")
        words.need(":")
        parts[key] = operand(words)
        words.takes(",")

    def run(table_of: Callable[[str], Table], values: Values) -> None:
        item = {key: value for key, part in parts.items() if (value := part({}, values)) is not None}
        table = table_of(name)
        try:
            table.write(table.key_of(item), item, lambda standing: not standing)
        except FailedCondition as error:
            raise DuplicateItem("Duplicate primary key exists in table") from error

    return run


def _update(words: Words) -> Run:
    name = words.take().strip('"')
    wanted = changes(words)
    words.need("WHERE")
    key, allows = _where(words)

    def run(table_of: Callable[[str], Table], values: Values) -> None:
        table = table_of(name)
        place = key(table, values)
        standing = table.get(place)
        if standing is None or not allows(standing, values):
            raise FailedCondition(standing)
        after = dict(standing)
        for change in wanted:
            change(standing, after, values)
        table.write(place, after)

    return run


def _select(words: Words) -> Run:
    name = words.take().strip('"')
    words.need("WHERE")
    key, allows = _where(words)

    def run(table_of: Callable[[str], Table], values: Values) -> Item | None:
        table = table_of(name)
        found = table.get(key(table, values))
        return found if found is not None and allows(found, values) else None

    return run


def _where(words: Words) -> tuple[Callable[[Table, Values], Item], Callable[[Item, Values], bool]]:
    """Parse the condition, and find in it what the key is said to be."""
    seen = _Keys()
    allows = test(seen.watch(words))

    def key(table: Table, values: Values) -> Item:
        return {name: seen.value(name, values) for name in table.keys}

    return key, allows


class _Keys:
    """Which attribute a WHERE compares with which value."""

    def __init__(self) -> None:
        self._words: list[str] = []

    def watch(self, words: Words) -> Words:
        """Note the words that come, without taking them."""
        self._words = words.rest()
        return words

    def value(self, name: str, values: Values) -> Value:
        for place, word in enumerate(self._words[:-2]):
            if word.strip('"') == name and self._words[place + 1] == "=":
                said = self._words[place + 2]
                return values[said] if said.startswith(":") else {"S": said.strip("'")}
        raise RequestError(f"the WHERE names no {name}")
