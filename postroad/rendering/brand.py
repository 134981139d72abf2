"""`config/brand.toml`: the shop's name, logo, address, fonts and colours, read at build."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from re import fullmatch

from postroad.rendering.contrast import LEAST, contrast
from postroad.rendering.problems import TemplateBuildError

_COLOURS = ("background", "surface", "text", "muted", "line", "accent", "on-accent")
# What stands on what in layout, parts and inline.css; letters of each must be readable.
_READ_ON = (
    ("text", "surface"),
    ("text", "background"),
    ("muted", "surface"),
    ("muted", "background"),
    ("accent", "surface"),
    ("accent", "background"),
    ("on-accent", "accent"),
)
_KEYS = {"name", "website", "postal_address", "default_locale", "fonts", "logo", "colours"}
_LOGO_KEYS = {"url", "alt", "width", "height"}
_WIDEST_LOGO = 320
# Words of a CSS identifier: such a family name needs no quotes, which an HTML attribute would have to escape.
_FONT = r"-?[A-Za-z_][A-Za-z0-9_-]*( [A-Za-z_][A-Za-z0-9_-]*)*"
_GENERIC_FONTS = ("serif", "sans-serif", "monospace")
# Known to Apple's machines alone; Outlook on Windows falls back to Times at a name that it doesn't know.
_APPLE_FONTS = ("-apple-system", "BlinkMacSystemFont")


@dataclass(frozen=True, slots=True)
class Logo:
    """The image in the head of each mail; without `url` the name is written. Sizes in pixels."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Brand:
    """`colours` maps CSS names (`accent`, `dark-accent`, ...) to values such as #1f5f4f."""

    name: str
    website: str
    postal_address: tuple[str, ...]
    default_locale: str
    fonts: tuple[str, ...]
    logo: Logo
    colours: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Brand":
        """Read and check the file; raises TemplateBuildError naming every key that is wrong."""
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise TemplateBuildError([f"{path}: no such file; it says who the mails come from"]) from error
        except (OSError, ValueError) as error:  # unreadable, not UTF-8, or not TOML
            raise TemplateBuildError([f"{path}: {error}"]) from error
        keys = _Keys(path, content)
        keys.known(_KEYS)
        logo = keys.table("logo")
        logo.known(_LOGO_KEYS)
        brand = cls(
            keys.text("name"),
            keys.link("website"),
            keys.lines("postal_address"),
            keys.text("default_locale"),
            keys.fonts(),
            Logo(
                logo.link("url", ""),
                logo.text("alt"),
                logo.pixels("width", _WIDEST_LOGO),
                logo.pixels("height"),
            ),
            {**keys.colours("light", ""), **keys.colours("dark", "dark-")},
        )
        if keys.problems:
            raise TemplateBuildError(keys.problems)
        return brand

    @property
    def css(self) -> dict[str, str]:
        """What `var(--name)` stands for in the style sheets."""
        return {**self.colours, "font": ", ".join(self.fonts)}

    def facts(self) -> dict[str, object]:
        """Give what templates see as `mail.brand`."""
        return {
            "name": self.name,
            "website": self.website,
            "postal_address": self.postal_address,
            "outlook_font": ", ".join(font for font in self.fonts if font not in _APPLE_FONTS),
            "logo": {
                "url": self.logo.url,
                "alt": self.logo.alt,
                "width": str(self.logo.width),
                "height": str(self.logo.height),
            },
        }


@dataclass(frozen=True, slots=True)
class _Keys:
    """Reads one key at a time and collects what is wrong with each."""

    path: Path
    content: Mapping[str, object]
    prefix: str = ""
    problems: list[str] = field(default_factory=list)

    def wrong(self, key: str, expected: str) -> None:
        self.problems.append(f"{self.path}: {self.prefix}{key}: {expected}")

    def known(self, keys: set[str]) -> None:
        for key in sorted(self.content.keys() - keys):
            self.wrong(key, f"unknown key; known are {', '.join(sorted(keys))}")

    def table(self, key: str) -> "_Keys":
        """Read on inside `[key]`; without it each of its keys is reported."""
        value = self.content.get(key)
        inside = value if isinstance(value, dict) else {}
        return _Keys(self.path, inside, f"{self.prefix}{key}.", self.problems)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.content.get(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.wrong(key, "expected a text")
            return ""
        return value

    def link(self, key: str, default: str | None = None) -> str:
        value = self.text(key, default)
        if value and not fullmatch(r"https://[^\s/\"<>]+[^\s\"<>]*", value):
            self.wrong(key, "expected a link that starts with https://")
        return value

    def lines(self, key: str) -> tuple[str, ...]:
        value = self.content.get(key)
        if (
            isinstance(value, list)
            and value
            and all(isinstance(line, str) and line.strip() for line in value)
        ):
            return tuple(value)
        self.wrong(key, "expected a list of lines")
        return ()

    def pixels(self, key: str, largest: int = 1000) -> int:
        value = self.content.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= largest:
            return value
        self.wrong(key, f"expected a number of pixels from 1 to {largest}")
        return 0

    def fonts(self) -> tuple[str, ...]:
        fonts = self.lines("fonts")
        for font in fonts:
            if not fullmatch(_FONT, font):
                self.wrong("fonts", f"expected names of letters, digits, hyphens and spaces, got {font!r}")
        if fonts and fonts[-1] not in _GENERIC_FONTS:
            self.wrong("fonts", f"the last must be one that every machine has: {', '.join(_GENERIC_FONTS)}")
        return fonts

    def colours(self, scheme: str, prefix: str) -> dict[str, str]:
        given = self.table("colours").table(scheme)
        given.known(set(_COLOURS))
        found: dict[str, str] = {}
        for name in _COLOURS:
            value = given.content.get(name)
            if isinstance(value, str) and fullmatch(r"#[0-9a-fA-F]{6}", value):
                found[name] = value
            else:
                given.wrong(name, "expected one such as #1f5f4f")
        for front, back in _READ_ON:
            if front in found and back in found and (ratio := contrast(found[front], found[back])) < LEAST:
                given.wrong(
                    front,
                    f"can't be read on {given.prefix}{back}: their contrast is {_floor(ratio)}:1, "
                    f"expected {LEAST}:1 or more",
                )
        return {prefix + name: value for name, value in found.items()}


def _floor(ratio: float) -> str:
    """Write 4.4996 as 4.49: rounded up it would look like enough."""
    return f"{int(ratio * 100) / 100:.2f}"
