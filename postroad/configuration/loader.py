"""Reads config/<stage>.toml."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from postroad.configuration.events import EVENTS
from postroad.configuration.model import Configuration
from postroad.configuration.problems import ConfigurationError, Problem, from_validation, in_order
from postroad.configuration.rules import Parts, broken_rules
from postroad.configuration.texts import StageName
from postroad.configuration.topics import TOPICS

BRAND = "brand.toml"
"""Lies beside the stages' files, and is none: postroad/rendering reads it."""
_NO_STAGE = frozenset({BRAND, EVENTS, TOPICS})


def stages(folder: Path) -> list[str]:
    """Name the stages that have a file in `folder`."""
    return sorted(file.stem for file in folder.glob("*.toml") if file.name not in _NO_STAGE)


def load(stage: str, folder: Path = Path("config")) -> Configuration:
    """Read and check the configuration of a stage; ConfigurationError names every problem of the file."""
    file = folder / f"{stage}.toml"
    here = Path.cwd()
    shown = str(file.relative_to(here) if file.is_relative_to(here) else file)
    try:
        TypeAdapter(StageName).validate_python(stage)
        if file.name in _NO_STAGE:
            raise FileNotFoundError(file)  # noqa: TRY301 - as if it weren't there: to stages it isn't
        text = file.read_bytes().decode("utf-8")
    except ValidationError:
        expected = Configuration.model_json_schema()["properties"]["stage"]["expected"]
        # The name may be a path: a file is named only where it is one of the folder.
        where = shown if file.parent == folder and file.is_file() else "stage"
        sentence = f"expected {expected}, got '{stage}'"
        if where == shown:
            sentence = f"stage: {sentence}; the stage is the file's name: rename the file"
        raise ConfigurationError(where, [Problem((), sentence)]) from None
    except FileNotFoundError:
        known = ", ".join(f"'{one}'" for one in stages(folder)) or "none"
        sentence = f"no such file; stages in {folder}: {known}. Choose one of them, or write the file"
        raise ConfigurationError(shown, [Problem((), sentence)]) from None
    except UnicodeDecodeError as error:
        sentence = f"expected UTF-8, got byte 0x{error.object[error.start]:02x} at {error.start}"
        raise ConfigurationError(shown, [Problem((), sentence)]) from None
    return parse(text, stage=stage, file=shown)


def parse(text: str, *, stage: str, file: str) -> Configuration:
    """Check the text of a configuration file; `file` is what the errors call it."""
    try:
        return check(_read(text, file), stage=stage, file=file)
    except RecursionError:
        sentence = "nested far deeper than any key of this file"
    raise ConfigurationError(file, [Problem((), sentence)])


def _read(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        sentence = f"not TOML: {error}"
    except ValueError:  # of Python's own, about an integer: sys.get_int_max_str_digits
        sentence = "holds a number of thousands of digits"
    raise ConfigurationError(file, [Problem((), sentence)])


def check(content: Mapping[str, object], *, stage: str, file: str) -> Configuration:
    """Check the content of a configuration file."""
    problems = list(broken_rules(Parts.of(stage, content)))
    if "stage" in content:
        problems.append(Problem(("stage",), "unknown key; the stage is the file's name"))
    try:
        # JSON, for there strict means what readers of TOML expect: a list may become a tuple, a word an enum.
        configuration = Configuration.model_validate_json(
            json.dumps({**content, "stage": stage}, default=str)
        )
    except ValidationError as error:
        problems += from_validation(error)
    if problems:
        raise ConfigurationError(file, in_order(problems, content))
    return configuration
