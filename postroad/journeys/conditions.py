"""Conditions and values of journeys: expressions of Jinja2, in its sandbox, over names that we give. Pure.

A name that isn't there is empty, and so is whatever is asked of it; no comparison with it holds. There is
nothing that could take long or much memory, and nothing is called. What fails all the same is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn, cast

from jinja2 import ChainableUndefined, TemplateError, Undefined, nodes
from jinja2.filters import do_round
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 500
"""Characters of one expression."""
_ALLOWED = (
    nodes.Add, nodes.And, nodes.Compare, nodes.Concat, nodes.CondExpr, nodes.Const, nodes.Div, nodes.Filter,
    nodes.FloorDiv, nodes.Getattr, nodes.Getitem, nodes.List, nodes.Name, nodes.Neg, nodes.Not, nodes.Operand,
    nodes.Or, nodes.Pos, nodes.Sub, nodes.Test, nodes.Tuple,
)  # fmt: skip
"""Nothing that could take very long or very much memory (`9 ** 9 ** 9`, `'%999999999d' % 1`), nor call."""
_FILTERS = frozenset(
    ("abs", "default", "first", "float", "int", "join", "last", "length", "lower", "round", "string", "trim",
     "upper")
)  # fmt: skip
_MOST_DIGITS = 20


class ConditionError(ValueError):
    """An expression can't be used, or failed. Its text names no value of a contact."""


class _Missing(ChainableUndefined):
    """What isn't there: smaller, larger, equal to nothing, not even to something else that isn't there."""

    def _compares(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _compares  # type: ignore[assignment]  # Undefined's own never return
    __eq__ = _compares

    def __ne__(self, _other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return id(type(self))

    def _is_no_number(self) -> NoReturn:
        raise TypeError

    __int__ = __float__ = _is_no_number  # so that the filters `int` and `float` give their default


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with few filters and no globals; a dot leads to a key, and to nothing else."""

    def __init__(self) -> None:
        super().__init__(undefined=_Missing)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS} | {"round": _round}

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - whatever an expression names
        """Return what stands under a key. Python's own attributes would hide keys such as `items`."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Return what stands under a key, or at a place."""
        if isinstance(obj, Undefined):
            return obj
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)


def _round(value: float, precision: int = 0, method: Any = "common") -> float:  # noqa: ANN401 - it is checked
    """Round as Jinja2 does, but to no more digits than a number has: it would reckon for hours."""
    if abs(precision) > _MOST_DIGITS:
        raise ValueError
    return do_round(value, precision, method)


_ENVIRONMENT = _Environment()


def check(expression: str, names: frozenset[str]) -> None:
    """Hold an expression to these names and to what it may do.

    Raises ConditionError, which says what to write instead.
    """
    if not expression.strip():
        raise ConditionError("expected an expression, got an empty text")
    if len(expression) > LONGEST:
        raise ConditionError(f"expected at most {LONGEST} characters, got {len(expression)}")
    try:
        _check(expression, names)
    except RecursionError:
        raise ConditionError("nested too deep; take some of its brackets or signs away") from None


def _check(expression: str, names: frozenset[str]) -> None:
    try:
        tree = _ENVIRONMENT.parse("{{ (" + expression + ") }}")
    except TemplateError as error:
        raise ConditionError(f"not an expression of Jinja2: {error.message}") from None
    output = tree.body[0] if len(tree.body) == 1 else None
    if (
        not isinstance(output, nodes.Output)
        or len(output.nodes) != 1
        or isinstance(output.nodes[0], nodes.TemplateData)
    ):
        raise ConditionError("expected one expression, without {{ and }}")
    for node in (output.nodes[0], *output.nodes[0].find_all(nodes.Node)):
        if not isinstance(node, _ALLOWED):
            raise ConditionError("expected no call, no slice, no *, ** or %: compare what is there")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise ConditionError(f"no filter '{node.name}'; there are {', '.join(sorted(_FILTERS))}")
        if isinstance(node, nodes.Name) and node.name not in names:
            raise ConditionError(f"no name '{node.name}'; there are {', '.join(sorted(names))}")
    _compiled(expression)


def parts_of(expression: str, name: str) -> frozenset[str]:
    """Return what an expression that was checked asks of a name: `hello` for `steps.hello.opened`."""
    tree = _ENVIRONMENT.parse("{{ (" + expression + ") }}")
    asked = (node for node in tree.find_all(nodes.Getattr) if isinstance(node.node, nodes.Name))
    return frozenset(node.attr for node in asked if cast("nodes.Name", node.node).name == name)


def parts_below(expression: str, name: str, part: str) -> frozenset[str]:
    """Return what is asked below a part of a name: `total` for `event.properties.total`."""
    tree = _ENVIRONMENT.parse("{{ (" + expression + ") }}")
    return frozenset(
        node.attr
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Getattr)
        and node.node.attr == part
        and isinstance(node.node.node, nodes.Name)
        and node.node.node.name == name
    )


def value_of(expression: str, names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the expression gives
    """Return what an expression gives over these names; None for what isn't there.

    Raises ConditionError where it fails: two values that can't be compared, say.
    """
    try:
        return _compiled(expression)(**names)
    except ConditionError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a filter or an operator makes of a contact's values
        # Its kind alone: its text may hold what the contact's attributes hold.
        raise ConditionError(f"the expression failed: {type(error).__name__}") from None


def plain(value: object) -> object:
    """Return a value as JSON has it: what isn't there is None. Raises ConditionError for what JSON lacks."""
    match value:
        case None | bool() | int():
            return value
        case str() if not any("\ud800" <= letter <= "\udfff" for letter in value):
            return str(value)
        case float() if isfinite(value):
            return value
        case Undefined():
            return None
        case Mapping():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    raise ConditionError("the expression gave what is no text, number, list or object")


def holds(expression: str, names: Mapping[str, Any]) -> bool:
    """Say whether a condition holds; an empty one always does. Raises ConditionError where it fails."""
    return not expression or bool(value_of(expression, names))


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:  # noqa: ANN401 - Jinja2 types it so
    try:
        return _ENVIRONMENT.compile_expression(expression)
    except TemplateError as error:
        raise ConditionError(f"not an expression of Jinja2: {cast('str', error.message)}") from None
