"""YAML as journeys are written in: values, and the line of each. For the build, never in Lambda.

Of YAML it takes what JSON has: texts, numbers, true, false, null, lists and tables. What surprises people
reads as a text: 10:30 is no number of seconds, and `no` is no truth value. A key that comes twice is refused,
and so are anchors, tags and several documents in one file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]
_DEEPEST = 30
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")


class SourceError(ValueError):
    """The file is not what journeys are written in. `line` counts from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        """Keep the line for whoever shows the error."""
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content, and the line on which each of its values begins."""

    content: Any
    lines: Mapping[Path, int]

    def line_of(self, path: Sequence[str | int]) -> int:
        """Return the line of a value; where it is missing, that of what it is missing in."""
        here = tuple(path)
        while here not in self.lines:
            here = here[:-1]
        return self.lines[here]


class _Loader(yaml.SafeLoader):
    """Knows the plain values of JSON, and no others."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as its base has it


for _kind, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", _INTEGER.pattern, "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), list(_first))


def read_source(text: str) -> Source:
    """Read one file. Raises SourceError, which names the line and what was expected there."""
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SourceError(line, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise SourceError(1, f"not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise SourceError(1, "nested far deeper than any journey") from None
    if node is None:
        raise SourceError(1, "expected a journey, got an empty file")
    reading = _Reading()
    return Source(reading.value(node, ()), reading.lines)


class _Reading:
    """Values out of nodes, with their lines on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - whatever YAML holds
        line = node.start_mark.line + 1
        self.lines[path] = line
        if id(node) in self._seen:
            raise SourceError(line, "expected no anchors (&) and aliases (*): write it out")
        self._seen.add(id(node))
        if len(path) > _DEEPEST:
            raise SourceError(line, "nested far deeper than any journey")
        match node:
            case yaml.MappingNode():
                return self._table(node, path)
            case yaml.SequenceNode():
                return [self.value(each, (*path, place)) for place, each in enumerate(node.value)]
            case _:
                return _scalar(node, line)

    def _table(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise SourceError(line, "expected a name before the colon")
            name = str(key.value)
            if name in table:
                raise SourceError(line, f"'{name}' stands here twice: expected each key once")
            table[name] = self.value(value, (*path, name))
        return table


def _scalar(node: yaml.Node, line: int) -> Any:  # noqa: ANN401 - whatever YAML holds
    kind = node.tag.removeprefix(_TAG)
    text = str(node.value)
    match kind:
        case "str":
            return text
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool":
            return text == "true"
        case "null":
            return None
        case _:
            raise SourceError(line, f"expected no tags, got {node.tag}")
