"""What is wrong with a configuration file, in sentences that say where and what was expected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from postroad.configuration.keys import Key, Step

# pydantic's mark for an error in a table's name and not in its content.
NAME = "[key]"
LONGEST_VALUE_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct: the key's path (empty for the file as a whole) and a sentence."""

    path: tuple[Step, ...]
    sentence: str

    def __str__(self) -> str:
        key = ""
        for step in self.path:
            key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else step
        return f"{key}: {self.sentence}" if key else self.sentence


class ConfigurationError(Exception):
    """A configuration file can't be used. The text names every problem of it, one a line."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


def from_validation(error: ValidationError, root: Key | None = None) -> Iterator[Problem]:
    """Translate pydantic's errors about a Configuration, or about what `root` describes."""
    root = root or Key()
    for detail in error.errors(include_url=False):
        if detail["type"] == "default_factory_not_called":
            continue  # A default that hangs on another key, which is what is wrong.
        if detail["type"] == "too_short" and detail["input"]:
            continue  # pydantic counts valid items alone; what is wrong with the others is told besides.
        path = tuple(detail["loc"])
        yield Problem(path[:-1] if path[-1] == NAME else path, _sentence(root, path, detail))


def in_order(problems: Iterable[Problem], content: Mapping[str, object]) -> list[Problem]:
    """Sort problems as their keys come in the file; what is missing comes last in its section."""

    def position(problem: Problem) -> list[int]:
        places: list[int] = []
        here: object = content
        for step in problem.path:
            if isinstance(here, dict):
                places.append(list(here).index(step) if step in here else len(here))
                here = here.get(step)
            elif isinstance(here, list) and isinstance(step, int):
                places.append(step)
                here = here[step]
        return places

    return sorted(problems, key=position)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown word: the known one that it resembles, or all."""
    known = list(known)
    close = get_close_matches(word, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"expected one of {', '.join(known)}"


def shown(value: object) -> str:
    """Return a value as readers of the file know it."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "a table"
        case list():
            return "a list" if value else "an empty list"
        case str():
            return _quoted(value if len(value) <= LONGEST_VALUE_SHOWN else f"{value[:LONGEST_VALUE_SHOWN]}…")
        case _:
            return str(value)


def _quoted(value: str) -> str:
    # One problem is one line, whatever the value holds.
    escaped = (
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in value
    )
    return f"'{''.join(escaped)}'"


def _sentence(root: Key, path: tuple[Step, ...], detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "rule":
        return str(context["sentence"])
    if detail["type"] == "extra_forbidden":
        return _unknown_key(root, path)
    if path[-1] == NAME:
        tables = root.at(path[:-2])
        return f"expected {tables.expected_name if tables else ''}, got {shown(path[-2])}"
    key = root.at(path)
    expected = key.expected if key else ""
    if detail["type"] == "missing":
        return f"missing; expected {expected}"
    value = detail["input"]
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        return f"still to be filled in: expected {expected}, got the placeholder {_quoted(value)}"
    reason = str(context.get("error", ""))
    return f"expected {expected}, got {shown(value)}" + (f" ({reason})" if reason else "")


def _unknown_key(root: Key, path: tuple[Step, ...]) -> str:
    name = str(path[-1])
    here = root.at(path[:-1])
    known = here.names if here else []
    if name in root.names and here != root:
        return "unknown key here; it belongs at the top of the file, before the first [table]"
    for section in root.keys:
        if section.section and name in section.section.names:
            return f"unknown key here; it belongs under {section.heading}"
    return f"unknown key; {did_you_mean(name, known)}"
