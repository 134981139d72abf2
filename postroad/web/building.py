"""From `templates/_pages/` to one file of ready pages. Runs on the machine that deploys, never in Lambda.

    config/brand.toml                 name, logo, postal address, fonts, colours, default locale
    _pages/page.html                  what all pages have
    _pages/<kind>.html                what stands in a page, where that is more than a text
    _pages/page.css                   their styles, which stand in each page
    _pages/locales/<locale>.toml      the texts; `{shop}` is the brand's name

Every page is rendered here once for each locale, and cut into pieces (`postroad.web.cutting`). So the
function puts pieces together, escapes nothing and loads no template engine, and no request can change a page.
"""

from __future__ import annotations

import json
import re
import tomllib
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from postroad.rendering import mirrored as mirroring
from postroad.rendering.brand import Brand
from postroad.rendering.catalogue import Catalogue, compare
from postroad.rendering.formats import Formats, likely_subtags
from postroad.rendering.locales import LocaleTag, parse_locale
from postroad.rendering.problems import TemplateBuildError
from postroad.web.answers import Kind, Why
from postroad.web.cutting import Piece, cut, place, when

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES = "pages.json"
SOURCES = Path(__file__).parents[2] / "templates" / "_pages"
SUFFIXES = frozenset({".html", ".css", ".toml"})
_SHOP = "shop"
_FALLBACK = "en"


def build_pages(
    target: Path,
    *,
    brand: Path,
    topics: Mapping[str, Mapping[str, tuple[str, str]]],
    sources: Path = SOURCES,
    mirrored: bool = False,
) -> None:
    """Write `pages.json` into the folder `target`.

    `topics` gives each topic's name and description by locale, `en` at least. `mirrored` adds the locale
    ar-XB, which nothing deployed has. Raises TemplateBuildError with every problem found.
    """
    settings = Brand.read(brand)
    catalogues = _catalogues(sources / "locales", settings.default_locale)
    if mirrored:
        catalogues[mirroring.LOCALE] = mirroring.mirror(next(iter(catalogues.values())))
    css = _styles(sources / "page.css", settings)
    pages: dict[str, dict[str, list[Piece]]] = {}
    names: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for locale, catalogue in catalogues.items():
        try:
            names[locale] = _topics(topics, locale, catalogue)
            pages[locale] = _render(sources, locale, catalogues, settings, css)
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
        "policy": _policy(css, settings.logo.url),
        "pages": pages,
        "topics": names,
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / PAGES).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def topic_texts(file: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """Return each topic's name and description by locale, as config/topics.toml has them."""
    if not file.is_file():
        return {}
    topics = tomllib.loads(file.read_text("utf-8")).get("topics", {})
    return {
        topic: {
            locale: (name, facts.get("descriptions", {}).get(locale, ""))
            for locale, name in facts["names"].items()
        }
        for topic, facts in topics.items()
    }


def _catalogues(folder: Path, default_locale: str) -> dict[str, Catalogue]:
    files = sorted(folder.glob("*.toml"), key=lambda file: (file.stem != default_locale, file))
    found = {file.stem: Catalogue.read(file) for file in files}
    if default_locale not in found:
        raise TemplateBuildError([f"{folder}: {default_locale}.toml is missing: it is the default locale"])
    problems = [problem for one in found.values() for problem in compare(found[default_locale], one)]
    problems += [
        f"{one.path}: {key}: expected a text whose only place is {{{_SHOP}}}"
        for one in found.values()
        for key, forms in one.texts.items()
        if len(forms) > 1 or one.places(key) - {_SHOP}
    ]
    if problems:
        raise TemplateBuildError(problems)
    return found


def _render(
    sources: Path, locale: str, catalogues: Mapping[str, Catalogue], brand: Brand, css: str
) -> dict[str, list[Piece]]:
    catalogue = catalogues[locale]

    def text(key: str, **values: str) -> str:
        catalogue.used.add(key)
        catalogues[next(iter(catalogues))].used.add(key)
        return catalogue.texts[key]["other"].format(**values)

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
        "css": Markup(css),  # noqa: S704 - our own file, and colours and fonts that Brand has checked
        "topic": place("topic"),
        "when": lambda mark, caller: Markup(when(mark, caller)),  # noqa: S704 - the template's own words
        "reasons": [why.value for why in Why],
        "languages": [(other, _language(other)) for other in catalogues],
    }
    return {kind.value: cut(template.render(facts, kind=kind.value)) for kind in Kind}


def _topics(
    topics: Mapping[str, Mapping[str, tuple[str, str]]], locale: str, catalogue: Catalogue
) -> dict[str, str]:
    """Return each topic as HTML, and under the empty name what stands for one that is not configured."""
    found = {"": _named(catalogue.texts["this_kind"]["other"], "")}
    catalogue.used.add("this_kind")
    for topic, texts in topics.items():
        name, description = texts[locale] if locale in texts else texts[_FALLBACK]
        found[topic] = _named(name, description)
    return found


def _named(name: str, description: str) -> str:
    html = Markup('<bdi class="name">{}</bdi>').format(name)
    if description:
        html += Markup('<bdi class="description">{}</bdi>').format(description)
    return str(html)


def _styles(path: Path, brand: Brand) -> str:
    values = "".join(f"--{name}: {value};" for name, value in brand.css.items())
    css = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    css = re.sub(r"\s+", " ", f":root {{{values}}} {css}").strip()
    if "<" in css or "&" in css:
        raise TemplateBuildError([f"{path}: holds < or &, which a page can't carry"])
    return css


def _policy(css: str, logo: str) -> str:
    """Return the pages' Content-Security-Policy: their own styles, their own form, the brand's logo, no more.

    https://www.w3.org/TR/CSP3/
    """
    styles = b64encode(sha256(css.encode()).digest()).decode()
    parts = urlsplit(logo)
    images = f"{parts.scheme}://{parts.netloc}" if logo else "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{styles}'; img-src {images}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


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
