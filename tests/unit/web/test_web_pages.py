"""The pages as they are built: texts, escaping, languages, and what a browser is told."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postroad.rendering.catalogue import Catalogue, untranslated
from postroad.rendering.problems import TemplateBuildError
from postroad.web.answers import Answer, Kind, Why
from postroad.web.building import PAGES, SOURCES, build_pages
from postroad.web.pages import Pages
from tests.preferences_world import rules_of
from tests.web_world import EMAIL

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]
BRAND = ROOT / "config" / "brand.toml"
TOPICS = {
    "product_updates": {"en": ("Product updates", "What is new."), "es": ("Novedades", "Lo nuevo.")},
    "hostile": {"en": ('<script>alert("1")</script>', "a & b\r\nSet-Cookie: c=d")},
}

RULES = rules_of(TOPICS)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")
    build_pages(folder, brand=BRAND, topics=TOPICS, rules=RULES, mirrored=True)
    return Pages.read(folder / PAGES)


class Reader(HTMLParser):
    """Notes each tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[Mapping[str, str | None]]:
        return [given for tag, given in self.tags if tag in names]


def test_every_page_exists_in_every_language_with_its_direction(pages: Pages) -> None:
    assert list(pages.locales) == ["en", "es", "nl", "zh-Hans", "ar-XB"]
    for locale in pages.locales:
        for kind in Kind:
            (root,) = Reader(pages.page(Answer(kind), locale)).all("html")
            assert root == {"lang": locale, "dir": "rtl" if locale == "ar-XB" else "ltr"}


def test_a_page_loads_nothing_runs_its_own_script_at_most_and_sends_forms_to_itself(
    pages: Pages,
) -> None:
    for locale in pages.locales:
        for kind in Kind:
            reader = Reader(pages.page(Answer(kind, "product_updates"), locale))
            assert reader.all("img", "link", "iframe", "object", "base", "embed") == []
            assert reader.all("script") == ([{}] if kind is Kind.PREFERENCES else [])
            assert all("style" not in given for _, given in reader.tags)
            assert not [name for _, given in reader.tags for name in given if name.startswith("on")]
            for given in reader.all("form"):
                assert given["method"] == "post"
                assert "action" not in given
            assert not [given for given in reader.all("button") if "formaction" in given]
            hrefs = [given["href"] or "" for given in reader.all("a")]
            assert all(href.startswith(("?lang=", "#")) for href in hrefs[1:])
            assert hrefs[0] == "https://shop.example"


def test_the_policy_lets_the_pages_own_styles_in_and_nothing_else(pages: Pages) -> None:
    for locale in pages.locales:
        for kind in Kind:
            (css,) = re.findall("<style>(.*?)</style>", pages.page(Answer(kind), locale), flags=re.DOTALL)
            digest = b64encode(sha256(css.encode()).digest()).decode()
            assert f"style-src 'sha256-{digest}'" in pages.policy
    assert pages.policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in pages.policy
    assert "unsafe" not in pages.policy


def test_the_form_offers_the_topic_all_and_every_reason(pages: Pages) -> None:
    reader = Reader(pages.page(Answer(Kind.ASK, "product_updates"), "en"))
    radios = reader.all("input")
    assert [(given["name"], given["value"]) for given in radios] == [("leave", "topic"), ("leave", "all")]
    assert "checked" in radios[0]
    assert [given["value"] for given in reader.all("option")] == ["", *(why.value for why in Why)]
    (select,) = reader.all("select")
    assert [given["for"] for given in reader.all("label") if "for" in given] == [select["id"]]


def test_a_topic_is_named_in_the_language_or_in_english_or_not_at_all(pages: Pages) -> None:
    assert "Novedades" in pages.page(Answer(Kind.ASK, "product_updates"), "es")
    assert "Product updates" in pages.page(Answer(Kind.LEFT_TOPIC, "product_updates"), "nl")
    assert "Mails like the one with this link" in pages.page(Answer(Kind.ASK, "no_longer_configured"), "en")


def test_what_a_topic_is_called_is_text(pages: Pages) -> None:
    html = pages.page(Answer(Kind.ASK, "hostile"), "en")
    assert Reader(html).all("script") == []
    assert "&lt;script&gt;" in html


def test_no_page_holds_an_address_or_the_link(pages: Pages) -> None:
    for kind in Kind:
        assert "@" not in re.sub("<style>.*?</style>", "", pages.page(Answer(kind), "en"), flags=re.DOTALL)
        assert EMAIL not in pages.page(Answer(kind), "en")


@pytest.mark.parametrize(
    ("lang", "accepted", "locale"),
    [
        ("", "", "en"),
        ("es", "nl", "es"),
        ("es-CO", "", "es"),
        ("", "zh-CN", "zh-Hans"),
        ("", "zh-TW, nl;q=0.8", "nl"),
        ("", "fr, en;q=0.5, es;q=0.9", "es"),
        ("", "de;q=x, *, nl;q=0", "en"),
        ("xx", "nl", "nl"),
        ("<script>", "\r\n", "en"),
        ("", "nl;" * 5000, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_browsers(
    pages: Pages, lang: str, accepted: str, locale: str
) -> None:
    assert pages.locale(lang, accepted) == locale


def test_every_language_is_translated() -> None:
    default = Catalogue.read(SOURCES / "locales" / "en.toml")
    for file in sorted((SOURCES / "locales").glob("*.toml")):
        if file.stem != "en":
            assert untranslated(default, Catalogue.read(file)) == []


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_pages(tmp_path / name, brand=BRAND, topics=TOPICS)
    assert (tmp_path / "one" / PAGES).read_bytes() == (tmp_path / "two" / PAGES).read_bytes()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text.replace("leave_button", "leaf_button"), "leave_button is missing"),
        (lambda text: text.replace("{shop}", "{address}"), "only place"),
    ],
    ids=["a text is missing", "a place that is none"],
)
def test_a_mistake_in_the_texts_is_told(tmp_path: Path, spoil: object, told: str) -> None:
    assert callable(spoil)
    (tmp_path / "locales").mkdir()
    for file in SOURCES.rglob("*.*"):
        text = file.read_text("utf-8")
        (tmp_path / file.relative_to(SOURCES)).write_text(spoil(text) if file.stem == "nl" else text, "utf-8")
    with pytest.raises(TemplateBuildError, match=told):
        build_pages(tmp_path / "out", brand=BRAND, topics=TOPICS, sources=tmp_path)
