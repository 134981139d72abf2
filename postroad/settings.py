"""One class per function holds its environment, at both ends.

The stacks build a `Settings` and write it with `to_environment`; the function reads the same class back with
`from_env`. So the two can't drift, and a missing variable is an error that names it.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any, Self, get_origin, get_type_hints

PREFIX = "POSTROAD_"


class SettingsError(Exception):
    """A function's environment lacks a variable, or holds one that can't be read."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of each function's settings: a frozen dataclass whose field `foo_bar` is `POSTROAD_FOO_BAR`.

    Strings and numbers are written as text, booleans as `true` and `false`, tuples and mappings as JSON.
    """

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return each field's name with the environment variable that holds it."""
        return {field.name: PREFIX + field.name.upper() for field in dataclasses.fields(cls)}

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environment` (by default the process's own).

        Raises SettingsError naming the variable that is missing or can't be read.
        """
        found = os.environ if environment is None else environment
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        for name, variable in cls.variables().items():
            if variable not in found:
                raise SettingsError(f"{variable} is not set: {cls.__name__} needs it; deploy the stack again")
            values[name] = _read(variable, found[variable], hints[name])
        return cls(**values)

    def to_environment(self) -> dict[str, str]:
        """Return the variables that `from_env` reads back to equal settings."""
        return {variable: _write(getattr(self, name)) for name, variable in self.variables().items()}


def _write(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, separators=(",", ":"))


def _read(variable: str, text: str, hint: Any) -> object:  # noqa: ANN401  a field's type, whatever it is
    try:
        if hint is str:
            return text
        if hint is bool:
            return {"true": True, "false": False}[text]
        if hint is int or hint is float:
            return hint(text)
        return _read_json(text, hint)
    except (KeyError, ValueError, TypeError) as error:
        raise SettingsError(f"{variable} can't be read as {hint}: deploy the stack again") from error


def _read_json(text: str, hint: Any) -> object:  # noqa: ANN401  a field's type, whatever it is
    value = json.loads(text)
    if get_origin(hint) is tuple:
        return tuple(value)
    if not isinstance(value, dict):
        raise TypeError("expected an object")
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
