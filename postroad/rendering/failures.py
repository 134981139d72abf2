"""From an exception inside a template to the field of the message's data that caused it.

The happy path carries no bookkeeping. Only when rendering has failed is the offending object looked up in
the data, by identity, to name its path.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

_SAFE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
# Each suspect costs one more rendering, whose time grows with the data: 1 MiB of it takes seconds, and the
# function's time belongs to the other messages of the batch too.
_SUSPECTS = 50
_VALUES_RENDERED = 20_000


class BadValue(Exception):  # noqa: N818 - internal: always turned into TemplateDataError
    """A filter or an output was given a value that it can't use. Never shown: it holds the value."""

    def __init__(self, value: object, expected: str) -> None:
        """Keep the value itself, to find its place in the data."""
        super().__init__(expected)
        self.value = value
        self.expected = expected


class MissingValue(Exception):  # noqa: N818 - internal: always turned into TemplateDataError
    """A template used a name that the data does not have. `owner` is the object that lacks it, if any."""

    def __init__(self, owner: object, name: str) -> None:
        """Keep the object that lacks `name`; `name` comes from the template's source, never from data."""
        super().__init__(name)
        self.owner = owner
        self.name = name


class Probe:
    """Stands for a null, true or false in a second rendering, to tell it from its likes."""

    __slots__ = ("stands_for",)

    def __init__(self, stands_for: object) -> None:
        """Keep the value, whose truth a template may ask for."""
        self.stands_for = stands_for

    def __bool__(self) -> bool:
        """Be as true as what it stands for."""
        return bool(self.stands_for)


def path_of(data: Mapping[str, object], target: object) -> str:
    """Name where `target` stands in `data`, as `lines[2].unit_price`.

    Python shares small values, so one object can stand in several places: then the key that they have in
    common is given, or "" if they have none.
    """
    paths = [path for path, value in walk(data) if value is target]
    if len(paths) <= 1:
        return paths[0] if paths else ""
    keys = {path.rpartition(".")[2] for path in paths}
    return keys.pop() if len(keys) == 1 else ""


def path_of_bad_value(
    data: Mapping[str, object], error: BadValue, render: Callable[[Mapping[str, object]], object]
) -> str:
    """Name where the value stands that a template refused.

    There is only one None, True and False, so each of their places is tried: `render` renders again with a
    Probe there, and the place is found when it is the probe that is refused.
    """
    if error.value is not None and not isinstance(error.value, bool):
        return path_of(data, error.value)
    values = list(walk(data))
    suspects = max(1, min(_SUSPECTS, _VALUES_RENDERED // max(1, len(values))))
    places = (path for path, value in values if value is error.value)
    for path in islice(places, suspects):
        probe = Probe(error.value)
        try:
            render(_replaced(data, path, probe))
        except BadValue as again:
            if again.value is probe:
                return path
        except Exception:  # noqa: BLE001, S112 - then this was not the place; the first failure is reported
            continue
    return path_of(data, error.value)


def path_of_change(
    data: Mapping[str, object],
    suspicious: Callable[[str], bool],
    render: Callable[[Mapping[str, object]], str],
) -> str:
    """Name the first suspicious text without which `render` gives another result."""
    before = render(data)
    places = (path for path, value in walk(data) if isinstance(value, str) and suspicious(value))
    for path in islice(places, _SUSPECTS):
        if render(_replaced(data, path, "")) != before:
            return path
    return ""


def walk(data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield every value in `data` with its path, in document order, however deep it is nested."""
    pending: list[tuple[str, object]] = list(reversed(_children("", data)))
    while pending:
        path, value = pending.pop()
        yield path, value
        pending.extend(reversed(_children(path, value)))


def _children(path: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, Mapping):
        return [(f"{path}.{_name(key)}" if path else _name(key), child) for key, child in value.items()]
    if isinstance(value, list | tuple):
        return [(f"{path}[{index}]", child) for index, child in enumerate(value)]
    return []


def _name(key: object) -> str:
    # A key that is no plain word may be data itself (an address, say): it is not repeated.
    return key if isinstance(key, str) and _SAFE_KEY.fullmatch(key) else "?"


def _replaced(data: Mapping[str, object], place: str, replacement: object) -> dict[str, object]:
    def copy(path: str, value: object) -> object:
        if path == place:
            return replacement
        if not place.startswith(path):
            return value
        children = [copy(name, child) for name, child in _children(path, value)]
        if isinstance(value, Mapping):
            return dict(zip(value, children, strict=True))
        return children if isinstance(value, list | tuple) else value

    return {key: copy(_name(key), value) for key, value in data.items()}
