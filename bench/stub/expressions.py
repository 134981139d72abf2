"""DynamoDB's expressions, and PartiQL's where they are alike, turned into functions. Pure.

A condition becomes a function of an item and the given values; an update one that changes an item in place.
Each text is parsed once: a bench asks the same few a hundred thousand times.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from bench.stub.values import RequestError, Value, find, make_number, number, order, place, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.stub.values import Item

    Test = Callable[[Item, Mapping[str, Value]], bool]
    Operand = Callable[[Item, Mapping[str, Value]], Value | None]
    Change = Callable[[Item, Item, Mapping[str, Value]], None]

_TOKEN = re.compile(
    r"""\s*(?:(<>|<=|>=|!=|[=<>(),+\-\[\]{}.*?])|("(?:[^"]|"")*")|('(?:[^']|'')*')|([\#:]?\w+)|(:))""",
    re.VERBOSE,
)
_COMPARED = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Words:
    """The tokens of a text, taken one after the other."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        """Split a text; `names` are what its `#words` stand for. A `?` becomes `:0`, `:1` and so on."""
        self._words: list[str] = []
        self._names = names
        self._next = 0
        at = asked = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise RequestError(f"syntax error near {text[at : at + 20]!r}")
            word = found[0].strip()
            if word == "?":
                word, asked = f":{asked}", asked + 1
            self._words.append(word)
            at = found.end()

    @property
    def word(self) -> str:
        """The next word, or nothing at the end."""
        return self._words[self._next] if self._next < len(self._words) else ""

    def take(self) -> str:
        """Return the next word and go on."""
        word = self.word
        if not word:
            raise RequestError("the expression ends too early")
        self._next += 1
        return word

    def takes(self, *words: str) -> bool:
        """Go on over these words, if they are the next ones, in whatever case."""
        coming = self._words[self._next : self._next + len(words)]
        if tuple(word.upper() for word in coming) != words:
            return False
        self._next += len(words)
        return True

    def need(self, *words: str) -> None:
        """Go on over these words, which must come now."""
        if not self.takes(*words):
            raise RequestError(f"expected {' '.join(words)} before {self.word!r}")

    def rest(self) -> list[str]:
        """Return the words to come, without going on."""
        return self._words[self._next :]

    def path(self) -> tuple[str, ...]:
        """Take the path of an attribute."""
        parts = [self._name()]
        while self.takes("."):
            parts.append(self._name())
        return tuple(parts)

    def _name(self) -> str:
        word = self.take()
        if word.startswith("#"):
            return self._names[word]
        return word.strip('"')


def operand(words: Words) -> Operand:
    """Parse a value, a path, or a sum of two."""
    left = _single(words)
    for sign, factor in (("+", 1), ("-", -1)):
        if words.takes(sign):
            return _sum(left, _single(words), factor)
    return left


def _sum(left: Operand, right: Operand, factor: int) -> Operand:
    def add(item: Item, values: Mapping[str, Value]) -> Value | None:
        one, other = left(item, values), right(item, values)
        if one is None or other is None:
            raise RequestError(
                "the provided expression refers to an attribute that does not exist in the item"
            )
        return make_number(number(one) + factor * number(other))

    return add


def _single(words: Words) -> Operand:
    if words.takes("IF_NOT_EXISTS", "("):
        path = words.path()
        words.need(",")
        otherwise = operand(words)
        words.need(")")
        return lambda item, values: found if (found := find(item, path)) else otherwise(item, values)
    if words.takes("SIZE", "("):
        path = words.path()
        words.need(")")
        return lambda item, _: {"N": str(len(next(iter((find(item, path) or {"S": ""}).values()))))}
    literal = words.word
    if literal.startswith(":"):
        words.take()
        return lambda _, values: values[literal]
    if literal.startswith("'"):
        words.take()
        text = literal[1:-1].replace("''", "'")
        return lambda _item, _values: {"S": text}
    if literal.isdigit():
        words.take()
        return lambda _item, _values: {"N": literal}
    path = words.path()
    return lambda item, _: find(item, path)


def test(words: Words) -> Test:
    """Parse a condition, to its end or the next clause."""
    found = [_all_of(words)]
    while words.takes("OR"):
        found.append(_all_of(words))
    return found[0] if len(found) == 1 else lambda item, values: any(one(item, values) for one in found)


def _all_of(words: Words) -> Test:
    found = [_one_test(words)]
    while words.takes("AND"):
        found.append(_one_test(words))
    return found[0] if len(found) == 1 else lambda item, values: all(one(item, values) for one in found)


def _one_test(words: Words) -> Test:
    if words.takes("NOT"):
        inner = _one_test(words)
        return lambda item, values: not inner(item, values)
    if words.takes("("):
        inner = test(words)
        words.need(")")
        return inner
    for name, wanted in (("ATTRIBUTE_EXISTS", True), ("ATTRIBUTE_NOT_EXISTS", False)):
        if words.takes(name, "("):
            path = words.path()
            words.need(")")
            return lambda item, _, path=path, wanted=wanted: (find(item, path) is not None) == wanted  # type: ignore[misc]  # a lambda's defaults
    if words.takes("BEGINS_WITH", "("):
        path = words.path()
        words.need(",")
        beginning = operand(words)
        words.need(")")
        return lambda item, values: _text(find(item, path)).startswith(_text(beginning(item, values)))
    return _comparison(words, operand(words))


def _text(value: Value | None) -> str:
    return str((value or {}).get("S", ""))


def _comparison(words: Words, left: Operand) -> Test:
    if words.takes("BETWEEN"):
        low = operand(words)
        words.need("AND")
        high = operand(words)
        return lambda item, values: (
            _compares(ge, left(item, values), low(item, values))
            and _compares(le, left(item, values), high(item, values))
        )
    if words.takes("IN"):
        closing = {"(": ")", "[": "]"}[words.take()]
        among = [operand(words)]
        while words.takes(","):
            among.append(operand(words))
        words.need(closing)
        return lambda item, values: any(same(left(item, values), one(item, values)) for one in among)
    if words.takes("IS"):
        wanted = not words.takes("NOT")
        words.need("MISSING")
        return lambda item, values: (left(item, values) is None) == wanted
    sign = words.take()
    right = operand(words)
    if sign == "=":
        return lambda item, values: same(left(item, values), right(item, values))
    if sign in {"<>", "!="}:
        return lambda item, values: not same(left(item, values), right(item, values))
    if sign not in _COMPARED:
        raise RequestError(f"syntax error at {sign!r}")
    compared = _COMPARED[sign]
    return lambda item, values: _compares(compared, left(item, values), right(item, values))


def _compares(compared: Callable[[Any, Any], bool], one: Value | None, other: Value | None) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    return compared(order(one), order(other))


def changes(words: Words) -> list[Change]:
    """Parse the clauses of an update: SET, ADD and REMOVE, each with its commas, or without as in PartiQL."""
    found: list[Change] = []
    while True:
        if words.takes("SET"):
            parse = _set
        elif words.takes("ADD"):
            parse = _add
        elif words.takes("REMOVE"):
            parse = _remove
        else:
            return found
        found.append(parse(words))
        while words.takes(","):
            found.append(parse(words))


def _set(words: Words) -> Change:
    path = words.path()
    words.need("=")
    value = operand(words)
    return lambda before, after, values: place(after, path, value(before, values))


def _add(words: Words) -> Change:
    path = words.path()
    value = operand(words)

    def add(before: Item, after: Item, values: Mapping[str, Value]) -> None:
        standing = find(before, path) or {"N": "0"}
        place(after, path, make_number(number(standing) + number(value(before, values) or {})))

    return add


def _remove(words: Words) -> Change:
    path = words.path()
    return lambda _before, after, _values: place(after, path, None)


@lru_cache(maxsize=1000)
def _condition(text: str, names: tuple[tuple[str, str], ...]) -> Test:
    words = Words(text, dict(names))
    found = test(words)
    if words.word:
        raise RequestError(f"syntax error at {words.word!r}")
    return found


@lru_cache(maxsize=1000)
def _update(text: str, names: tuple[tuple[str, str], ...]) -> list[Change]:
    words = Words(text, dict(names))
    found = changes(words)
    if words.word:
        raise RequestError(f"syntax error at {words.word!r}")
    return found


def condition(text: str, names: Mapping[str, str]) -> Test:
    """Return the test that a condition, filter or key condition stands for."""
    return _condition(text, tuple(sorted(names.items())))


def update(text: str, names: Mapping[str, str]) -> list[Change]:
    """Return the changes that an update expression stands for, each from what stood before."""
    return _update(text, tuple(sorted(names.items())))
