"""`templates/_brand.toml`: the shop's name, address and colours, read at build."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from re import fullmatch

from postroad.rendering.problems import TemplateBuildError

_COLOURS = ("background", "surface", "text", "muted", "line", "accent", "on-accent")


@dataclass(frozen=True, slots=True)
class Brand:
    """`colours` maps CSS names (`accent`, `dark-accent`, ...) to values such as #1f5f4f."""

    name: str
    website: str
    postal_address: tuple[str, ...]
    logo: str
    default_locale: str
    colours: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Brand":
        """Read and check the file; raises TemplateBuildError naming every key that is wrong."""
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise TemplateBuildError([f"{path}: {error}"]) from error
        keys = _Keys(path, content)
        brand = cls(
            keys.text("name"),
            keys.link("website"),
            keys.lines("postal_address"),
            keys.link("logo", ""),
            keys.text("default_locale"),
            {**keys.colours("light", ""), **keys.colours("dark", "dark-")},
        )
        if keys.problems:
            raise TemplateBuildError(keys.problems)
        return brand

    def facts(self) -> dict[str, object]:
        """Give what templates see as `mail.brand`."""
        return {
            "name": self.name,
            "website": self.website,
            "postal_address": self.postal_address,
            "logo": self.logo,
        }


@dataclass(frozen=True, slots=True)
class _Keys:
    """Reads one key at a time and collects what is wrong with each."""

    path: Path
    content: Mapping[str, object]
    problems: list[str] = field(default_factory=list)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.content.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            self.problems.append(f"{self.path}: {key}: expected a text")
            return ""
        return value

    def link(self, key: str, default: str | None = None) -> str:
        value = self.text(key, default)
        if value and not value.startswith("https://"):
            self.problems.append(f"{self.path}: {key}: expected a link that starts with https://")
        return value

    def lines(self, key: str) -> tuple[str, ...]:
        value = self.content.get(key)
        if isinstance(value, list) and value and all(isinstance(line, str) and line for line in value):
            return tuple(value)
        self.problems.append(f"{self.path}: {key}: expected a list of lines")
        return ()

    def colours(self, table: str, prefix: str) -> dict[str, str]:
        every = self.content.get("colours")
        chosen = every.get(table) if isinstance(every, dict) else None
        given = chosen if isinstance(chosen, dict) else {}
        found: dict[str, str] = {}
        for name in _COLOURS:
            value = given.get(name)
            if isinstance(value, str) and fullmatch(r"#[0-9a-fA-F]{6}", value):
                found[prefix + name] = value
            else:
                self.problems.append(f"{self.path}: colours.{table}.{name}: expected one such as #1f5f4f")
        return found
