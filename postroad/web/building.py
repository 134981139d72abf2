"""From `templates/_pages/` to one file of ready pages. Runs on the machine that deploys, never in Lambda.

    config/brand.toml                 name, logo, postal address, fonts, colours, default locale
    _pages/page.html                  what all pages have
    _pages/<kind>.html                what stands in a page, where that is more than a text
    _pages/page.css                   their styles, which stand in each page
    _pages/<kind>.js                  the script of a page that has one; no page needs it
    _pages/locales/<locale>.toml      the texts; `{shop}` is the brand's name

Every page is rendered here once for each locale, and cut into pieces (`postroad.web.cutting`). So the
function puts pieces together, escapes nothing and loads no template engine, and no request can change a page.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup, escape

from postroad.rendering import mirrored as mirroring
from postroad.rendering.brand import Brand
from postroad.rendering.catalogue import Catalogue, compare
from postroad.rendering.formats import Formats, likely_subtags
from postroad.rendering.locales import LocaleTag, parse_locale
from postroad.rendering.problems import TemplateBuildError
from postroad.web import naming
from postroad.web.answers import Kind, Why
from postroad.web.cutting import Piece, cut, place, when
from postroad.web.policy import content_security_policy
from postroad.web.preferences_form import PAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.web.naming import Topics
    from postroad.web.pages import Rule

PAGES = "pages.json"
SOURCES = Path(__file__).parents[2] / "templates" / "_pages"
SUFFIXES = frozenset({".html", ".css", ".js", ".toml"})
# Said of each topic, of which there may be none.
_BY_TOPIC = frozenset({"this_kind", "began", "ended"})
_CONSENT = "subscribe_consent"
_PLACES = frozenset({"shop", "topic", "day"})


def build_pages(
    target: Path,
    *,
    brand: Path,
    topics: Topics,
    rules: Mapping[str, Rule] | None = None,
    sources: Path = SOURCES,
    mirrored: bool = False,
) -> None:
    """Write `pages.json` into the folder `target`.

    `topics` gives each topic's name and description by locale, `en` at least, and `rules` its stream and
    opt-in rule (`postroad.web.naming` reads both). `mirrored` adds the locale
    ar-XB, which nothing deployed has. Raises TemplateBuildError with every problem found.
    """
    settings = Brand.read(brand)
    catalogues = _catalogues(sources / "locales", settings.default_locale)
    if mirrored:
        catalogues[mirroring.LOCALE] = mirroring.mirror(next(iter(catalogues.values())))
    css = _styles(sources / "page.css", settings)
    pages: dict[str, dict[str, list[Piece]]] = {}
    names: dict[str, dict[str, Markup]] = {}
    scripts = _scripts(sources)
    problems: list[str] = []
    for locale, catalogue in catalogues.items():
        try:
            names[locale] = naming.described(topics, locale, catalogue.texts["this_kind"]["other"])
            catalogue.used |= _BY_TOPIC
            facts = {
                # Once for all pages: it is half of each.
                "css": Markup(place("styles")),  # noqa: S704 - no text, but where one goes
                "scripts": scripts,
                "topics": naming.names(topics, locale),
                "described": names[locale],
            }
            pages[locale] = _render(sources, locale, catalogues, settings, facts)
        except (TemplateError, KeyError, ValueError) as error:
            problems.append(f"{sources} in {locale}: {error!r}")
    default = next(iter(catalogues.values()))
    unused = sorted(default.texts.keys() - default.used)
    problems += [] if problems else [f"{default.path}: {key} is used by no page" for key in unused]
    if problems:
        raise TemplateBuildError(problems)
    content = {
        "locales": list(catalogues),
        "likely_subtags": _subtags(catalogues),
        "policy": content_security_policy(styles=css, scripts=scripts.values(), images=settings.logo.url),
        "pages": pages,
        # Our own file, and colours and fonts that Brand has checked.
        "styles": css,
        "topics": names,
        "rules": dict(rules or {}),
        "wordings": {
            locale: naming.wordings(topics, locale, catalogue.texts[_CONSENT]["other"])
            for locale, catalogue in catalogues.items()
        },
        "days": {locale: _days(locale) for locale in catalogues},
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / PAGES).write_text(json.dumps(content, ensure_ascii=False) + "\n", "utf-8")


def _catalogues(folder: Path, default_locale: str) -> dict[str, Catalogue]:
    files = sorted(folder.glob("*.toml"), key=lambda file: (file.stem != default_locale, file))
    found = {file.stem: Catalogue.read(file) for file in files}
    if default_locale not in found:
        raise TemplateBuildError([f"{folder}: {default_locale}.toml is missing: it is the default locale"])
    problems = [problem for one in found.values() for problem in compare(found[default_locale], one)]
    problems += [
        f"{one.path}: {key}: expected a text whose only places are {', '.join(sorted(_PLACES))}"
        for one in found.values()
        for key, forms in one.texts.items()
        if len(forms) > 1 or one.places(key) - _PLACES
    ]
    if problems:
        raise TemplateBuildError(problems)
    return found


def _render(
    sources: Path, locale: str, catalogues: Mapping[str, Catalogue], brand: Brand, given: Mapping[str, object]
) -> dict[str, list[Piece]]:
    catalogue = catalogues[locale]

    def text(key: str, **values: str) -> Markup:
        catalogue.used.add(key)
        catalogues[next(iter(catalogues))].used.add(key)
        return escape(catalogue.texts[key]["other"]).format(**values)

    environment = Environment(
        loader=FileSystemLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html")
    facts = {
        "t": text,
        "locale": locale,
        "direction": Formats(_tag(locale)).direction,
        "brand": brand.facts(),
        **given,
        "topic": Markup(place("topic")),  # noqa: S704 - no text, but where one goes
        "day": Markup(place("day")),  # noqa: S704 - likewise
        "mail": Markup(place("mail")),  # noqa: S704 - likewise
        "when": lambda mark, caller: Markup(when(mark, caller)),  # noqa: S704 - the template's own words
        "reasons": [why.value for why in Why],
        "pauses": PAUSES,
        "languages": [(other, _language(other)) for other in catalogues],
    }
    return {kind.value: cut(template.render(facts, kind=kind.value)) for kind in Kind}


def _days(locale: str) -> list[str]:
    """Return how a day of each month is written, as CLDR has it, with places for `{day}` and `{year}`."""
    formats = Formats(_tag(locale))
    found = []
    for month in range(1, 13):
        pattern = formats.date(f"2345-{month:02}-25").replace("2345", "{year}").replace("25", "{day}")
        if pattern.format(year=2026, day=4) != formats.date(f"2026-{month:02}-04"):
            raise ValueError(f"a day in {locale} is more than a number, a month and a year")
        found.append(str(escape(pattern)))
    return found


def _scripts(sources: Path) -> dict[str, Markup]:
    """Return the scripts of the pages that have one."""
    found: dict[str, Markup] = {}
    for kind in Kind:
        path = sources / f"{kind.value}.js"
        if not path.is_file():
            continue
        script = path.read_text("utf-8")
        if "</" in script or "<!--" in script:
            raise TemplateBuildError([f"{path}: holds </ or <!--, at which a page ends its script"])
        found[kind.value] = Markup(script)  # noqa: S704 - our own file
    return found


def _styles(path: Path, brand: Brand) -> str:
    values = "".join(f"--{name}: {value};" for name, value in brand.css.items())
    css = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    css = re.sub(r"\s+", " ", f":root {{{values}}} {css}").strip()
    if "<" in css or "&" in css:
        raise TemplateBuildError([f"{path}: holds < or &, which a page can't carry"])
    return css


def _subtags(catalogues: Mapping[str, Catalogue]) -> dict[str, str]:
    """Return what CLDR says of the languages that there are: the function does without its whole table."""
    languages = {_tag(locale).language for locale in catalogues}
    return {name: full for name, full in sorted(likely_subtags().items()) if name.split("_")[0] in languages}


def _language(locale: str) -> str:
    known = Locale.parse(locale.replace("-", "_").removesuffix("_XB"))
    name = known.get_display_name() or locale
    return name[0].upper() + name[1:]


def _tag(locale: str) -> LocaleTag:
    return parse_locale(locale) or LocaleTag(locale)
