"""Reads config/<stage>.toml."""

import json
import tomllib
from pathlib import Path

from pydantic import ValidationError

from postroad.configuration.model import Configuration


class ConfigurationError(Exception):
    """The file can't be used; the text names every problem of it, one a line."""


def load(stage: str, folder: Path = Path("config")) -> Configuration:
    """Read and check the configuration of a stage; ConfigurationError names every problem of the file."""
    file = folder / f"{stage}.toml"
    return parse(file.read_text(encoding="utf-8"), stage=stage, file=str(file))


def parse(text: str, *, stage: str, file: str) -> Configuration:
    """Check the text of a configuration file; `file` is what the errors call it."""
    content = tomllib.loads(text)
    try:
        return Configuration.model_validate_json(json.dumps({**content, "stage": stage}, default=str))
    except ValidationError as error:
        raise ConfigurationError(f"{file}: {error}") from error
