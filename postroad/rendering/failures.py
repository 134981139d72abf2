"""From an exception inside a template to the field of the message's data that caused it.

The happy path carries no bookkeeping. Only when rendering has failed is the offending object looked up in
the data, by identity, to name its path.
"""

import re
from collections.abc import Iterator, Mapping

_SAFE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


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


def walk(data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield every value in `data` with its path, in document order, however deep it is nested."""
    pending: list[tuple[str, object]] = [("", data)]
    while pending:
        path, value = pending.pop()
        if path:
            yield path, value
        children: list[tuple[str, object]] = []
        if isinstance(value, Mapping):
            for key, child in value.items():
                # A key that is no plain word may be data itself (an address, say): it is not repeated.
                name = key if isinstance(key, str) and _SAFE_KEY.fullmatch(key) else "?"
                children.append((f"{path}.{name}" if path else name, child))
        elif isinstance(value, list | tuple):
            children = [(f"{path}[{index}]", child) for index, child in enumerate(value)]
        pending.extend(reversed(children))
