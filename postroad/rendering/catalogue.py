"""The texts of a template in one locale.

`locales/<locale>.toml` holds one text per key, with places for values in braces:

    greeting = "Hello {name},"
    [products]                    # forms by CLDR plural category; `other` is compulsory
    one = "One product"
    other = "{count} products"

A template asks for one with `{{ t("greeting", name=customer.name) }}`: see inlining.py.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from babel import Locale, UnknownLocaleError

from postroad.rendering.problems import TemplateBuildError

COUNT = "count"
OTHER = "other"


@dataclass
class Catalogue:
    """The texts of one folder in one locale. `used` collects the keys that templates asked for."""

    path: Path
    locale: str
    texts: Mapping[str, Mapping[str, str]]
    used: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "Catalogue":
        """Read a TOML file of texts and plural forms; raises TemplateBuildError."""
        try:
            content = tomllib.loads(path.read_text("utf-8"))
            tags = Locale.parse(path.stem, sep="-").plural_form.tags | {OTHER}
        except UnknownLocaleError as error:
            raise TemplateBuildError([f"{path}: {path.stem} is no locale that CLDR knows"]) from error
        except ValueError as error:  # not TOML, not UTF-8, or not the name of a locale
            raise TemplateBuildError([f"{path}: {error}"]) from error
        texts: dict[str, Mapping[str, str]] = {}
        problems: list[str] = []
        for key, value in content.items():
            forms = value if isinstance(value, dict) else {OTHER: value}
            if not all(isinstance(form, str) and form.strip() for form in forms.values()):
                problems.append(f"{path}: {key}: expected a text, or a table of plural forms")
            elif OTHER not in forms or not tags.issuperset(forms):
                problems.append(f"{path}: {key}: plural forms of {path.stem} are {', '.join(sorted(tags))}")
            else:
                texts[key] = forms
                problems += [
                    f"{path}: {key}: {problem}" for form in forms.values() for problem in _check(form)
                ]
        if problems:
            raise TemplateBuildError(problems)
        return cls(path, path.stem, texts)

    def places(self, key: str) -> set[str]:
        """Name the values that a text has places for, in any of its forms."""
        return {name for form in self.texts[key].values() for name in names_in(form)}


def compare(default: Catalogue, other: Catalogue) -> list[str]:
    """Say in what `other` differs from the default's keys and places."""
    problems = [f"{other.path}: {key} is missing" for key in default.texts.keys() - other.texts.keys()]
    problems += [
        f"{other.path}: {key} is not in {default.path.name}"
        for key in other.texts.keys() - default.texts.keys()
    ]
    for key in default.texts.keys() & other.texts.keys():
        if default.places(key) - {COUNT} != other.places(key) - {COUNT}:
            wanted = ", ".join(sorted(default.places(key))) or "no places"
            problems.append(f"{other.path}: {key}: expected {wanted} in braces, as in {default.path.name}")
    return sorted(problems)


def untranslated(default: Catalogue, other: Catalogue) -> list[str]:
    """List the texts of `other` that are letter by letter the default's, places and signs left aside."""
    return [
        form
        for key, forms in other.texts.items()
        for form in forms.values()
        if form in default.texts.get(key, {}).values() and _has_words(form)
    ]


def _has_words(form: str) -> bool:
    # One letter is a unit or a sign.
    return any(re.search(r"[^\W\d_]{2}", literal) for literal, *_ in Formatter().parse(form))


def names_in(form: str) -> list[str]:
    """List the places of a text, in order."""
    return [name for _, name, _, _ in Formatter().parse(form) if name is not None]


def _check(form: str) -> list[str]:
    try:
        parsed = list(Formatter().parse(form))
    except ValueError as error:
        return [f"{error}; write {{{{ and }}}} for braces"]
    return [
        f"expected a plain name in braces, got {{{name}}}"
        for _, name, spec, conversion in parsed
        if name is not None and (spec or conversion or not name.isidentifier())
    ]
