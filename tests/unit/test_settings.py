"""A function's environment: written by the stacks, read back by the function."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from postroad.settings import Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    name: str
    count: int
    share: float
    enabled: bool
    patterns: tuple[str, ...]
    publishes: Mapping[str, tuple[str, ...]]


EXAMPLE = Example(
    name="a name",
    count=3,
    share=0.5,
    enabled=True,
    patterns=("*", "ä"),
    publishes={"marketing": ("bounced",)},
)


def test_what_is_written_is_read_back() -> None:
    assert Example.from_env(EXAMPLE.to_environment()) == EXAMPLE


def test_the_process_s_own_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in EXAMPLE.to_environment().items():
        monkeypatch.setenv(variable, value)
    assert Example.from_env() == EXAMPLE


@pytest.mark.parametrize("field", Example.variables())
def test_a_missing_variable_is_named(field: str) -> None:
    environment = EXAMPLE.to_environment()
    del environment[Example.variables()[field]]
    with pytest.raises(SettingsError, match=Example.variables()[field]):
        Example.from_env(environment)


@pytest.mark.parametrize(
    ("variable", "text"),
    [("COUNT", "three"), ("SHARE", "half"), ("ENABLED", "yes"), ("PATTERNS", "["), ("PUBLISHES", "[]")],
)
def test_an_unreadable_variable_is_named(variable: str, text: str) -> None:
    environment = EXAMPLE.to_environment() | {f"POSTROAD_{variable}": text}
    with pytest.raises(SettingsError, match=f"POSTROAD_{variable}"):
        Example.from_env(environment)
