import json
import re
from pathlib import Path

import pytest

from postroad.rendering.build import build_templates, template_names
from postroad.rendering.catalogue import Catalogue
from postroad.rendering.compiled import CompiledRenderer
from postroad.rendering.mirrored import LOCALE, mirror
from postroad.rendering.ports import Rendered

TEMPLATES = Path(__file__).parents[3] / "templates"
NAMES = template_names(TEMPLATES)
# Comments, and the keys of texts.
ASIDE = re.compile(r"\{#.*?#\}|/\*.*?\*/|\bt\(\"\w+\"", re.DOTALL)
SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> CompiledRenderer:
    target = tmp_path_factory.mktemp("mirrored") / "compiled"
    build_templates(TEMPLATES, target, mirrored=True)
    return CompiledRenderer(target)


def render(renderer: CompiledRenderer, name: str, locale: str) -> Rendered:
    data = json.loads((TEMPLATES / name / "example.json").read_text("utf-8"))
    return renderer.render(name, locale=locale, data=data)


def test_nothing_that_is_deployed_has_the_mirrored_locale(renderer: CompiledRenderer) -> None:
    assert not [name for name, locales in renderer.manifest.locales.items() if LOCALE in locales]


@pytest.mark.parametrize("name", NAMES)
def test_every_mail_is_turned_round(mirrored: CompiledRenderer, name: str) -> None:
    default = mirrored.manifest.locales[name][0]
    usual, turned = (render(mirrored, name, locale).html or "" for locale in (default, LOCALE))
    assert f'<html lang="{LOCALE}" dir="rtl"' in turned
    assert usual.count('dir="ltr"') == turned.count('dir="rtl"') > 0
    for side, other in (("left", "right"), ("right", "left")):
        for pattern in (f'align="{side}"', f"padding-{side}: "):
            # The head's rules name both sides.
            body = usual[usual.index("<body") :], turned[turned.index("<body") :]
            assert body[0].count(pattern) == body[1].count(pattern.replace(side, other)), pattern


@pytest.mark.parametrize("name", NAMES)
def test_its_words_are_the_defaults(mirrored: CompiledRenderer, name: str) -> None:
    default = mirrored.manifest.locales[name][0]
    usual, turned = (render(mirrored, name, locale) for locale in (default, LOCALE))

    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]+", text.lower()))

    assert words(turned.subject) <= words(usual.subject)
    assert len(words(usual.text) & words(turned.text)) > 0.8 * len(words(usual.text))


def test_words_run_from_right_to_left_and_places_stay(tmp_path: Path) -> None:
    catalogue = Catalogue(
        tmp_path / "en.toml", "en", {"a": {"other": "Two words, {name} {{x}}"}}, {"used-before"}
    )
    turned = mirror(catalogue)
    assert (
        turned.texts["a"]["other"].replace("\N{RIGHT-TO-LEFT MARK}", "|")
        == "|Two| |words,| ||{name}|| |{{x}}|"
    )
    turned.used.add("a")
    assert catalogue.used == {"used-before", "a"}


@pytest.mark.parametrize(
    "source", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: "/".join(path.parts[-2:])
)
def test_no_source_names_a_side(source: Path) -> None:
    """`mail.start` and `mail.end` are what turns round."""
    assert SIDES.findall(ASIDE.sub("", source.read_text("utf-8"))) == []


@pytest.mark.parametrize("name", ["inline.css", "head.css"])
def test_no_rule_treats_the_sides_differently(name: str) -> None:
    css = ASIDE.sub("", (TEMPLATES / "_base" / name).read_text("utf-8"))
    rules = re.findall(r"\{([^{}]*)\}", css)
    assert len(rules) > 5
    for rule in rules:
        declarations = {
            key.strip(): value.replace("!important", "").strip()
            for key, _, value in (one.partition(":") for one in rule.split(";"))
        }
        for key, value in declarations.items():
            if SIDES.search(key):
                other = SIDES.sub(lambda side: "right" if side[0] == "left" else "left", key)
                assert declarations.get(other) == value, rule
            else:
                assert not SIDES.search(value), rule
            sides = value.split()
            if key in {"padding", "margin", "border-width", "border-radius"} and len(sides) == 4:
                assert sides[1] == sides[3], rule
