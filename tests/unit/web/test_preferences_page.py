"""The preference centre as HTML: what is ticked and chosen, what is told, and what nobody can put in."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from postroad.rendering.problems import TemplateBuildError
from postroad.web.answers import Answer, Kind, Why
from postroad.web.building import PAGES, SOURCES, build_pages
from postroad.web.forms import URLENCODED
from postroad.web.http import read_request
from postroad.web.pages import Pages
from postroad.web.preferences_form import PAUSES, Choice, read_choice
from postroad.web.requests import Form, Route
from tests.preferences_world import PreferencesWorld, rules_of
from tests.web_world import ADDRESS, EMAIL, NOON, TOPIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.web.http import Response

BRAND = Path(__file__).parents[3] / "config" / "brand.toml"
HOSTILE = '<script>alert("1")</script>'
TOPICS = {
    TOPIC: {"en": ("Product updates", "What is new."), "es": ("Novedades", "Lo nuevo.")},
    "hostile": {"en": (HOSTILE, "a & b\r\nSet-Cookie: c=d")},
}
NAMED = re.compile(r"^name *=.*$", re.MULTILINE)


def build(folder: Path, **changes: Any) -> Pages:  # noqa: ANN401  whatever build_pages takes
    given: dict[str, Any] = {
        "brand": BRAND,
        "topics": TOPICS,
        "rules": rules_of(TOPICS),
        "mirrored": True,
    } | changes
    build_pages(folder, **given | changes)
    return Pages.read(folder / PAGES)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return build(tmp_path_factory.mktemp("preferences-page"))


class Reader(HTMLParser):
    """Notes each tag with its attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *names: str) -> list[Mapping[str, str | None]]:
        return [given for tag, given in self.tags if tag in names]

    def sent(self) -> dict[str, list[str]]:
        """Return the form as a browser would send it by its first button."""
        found: dict[str, list[str]] = {}
        for given in self.all("input"):
            if given["type"] == "hidden" or "checked" in given:
                found.setdefault(given["name"] or "", []).append(given["value"] or "")
        options = [
            given["value"] or "" for tag, given in self.tags if tag == "option" and "selected" in given
        ]
        found["language"] = options or [""]
        found["do"] = [self.all("button")[0]["value"] or ""]
        return found


def page(pages: Pages, *marks: str, locale: str = "en", day: date | None = None) -> Reader:
    return Reader(pages.page(Answer(Kind.PREFERENCES, TOPIC, frozenset({"topics", *marks}), day), locale))


def ask(world: PreferencesWorld, method: str = "GET", body: str | None = None, **query: str) -> Response:
    event = {
        "routeKey": f"ANY {Route.PREFERENCES}",
        "headers": {"content-type": URLENCODED, "accept-language": "en"},
        "requestContext": {"requestId": "r-1", "http": {"method": method, "sourceIp": "192.0.2.7"}},
        "pathParameters": {"token": world.token()},
        "queryStringParameters": query,
        "body": body,
        "isBase64Encoded": False,
    }
    return world.website.answer(read_request(event), now=NOON)[1]


def test_what_stands_is_ticked_and_chosen_and_nothing_else(pages: Pages) -> None:
    for locale in pages.locales:
        reader = page(pages, f"on:{TOPIC}", "language:nl", locale=locale)
        boxes = {
            given["value"]: "checked" in given for given in reader.all("input") if given["name"] == "topic"
        }
        assert boxes == {TOPIC: True, "hostile": False}
        chosen = [given["value"] for given in reader.all("option") if "selected" in given]
        assert chosen == ["nl"]
        radios = [given for given in reader.all("input") if given["name"] == "pause"]
        assert [given["value"] for given in radios] == ["", *map(str, PAUSES)]
        assert ["checked" in given for given in radios] == [True, False, False, False]


def test_the_form_as_it_comes_says_that_nothing_changes(pages: Pages) -> None:
    for marks in (
        [],
        [f"on:{TOPIC}"],
        [f"on:{TOPIC}", "on:hostile", "language:zh-Hans"],
        ["paused", "language:"],
    ):
        sent = page(pages, *marks, day=date(2026, 12, 22)).sent()
        choice = read_choice(Form(sent), topics=list(TOPICS), languages=pages.locales)
        on = {mark.removeprefix("on:") for mark in marks if mark.startswith("on:")}
        assert isinstance(choice, Choice)
        assert choice == Choice(leave_all=False, not_ticked=choice.not_ticked)
        assert set(choice.not_ticked) == TOPICS.keys() - on


def test_a_pause_tells_its_day_as_the_language_writes_it(pages: Pages) -> None:
    days = {
        "en": "22 December 2026",
        "es": "22 de diciembre de 2026",
        "nl": "22 december 2026",
        "zh-Hans": "2026年12月22日",
    }
    for locale, written in days.items():
        reader = page(pages, "paused", locale=locale, day=date(2026, 12, 22))
        assert written in reader.text or (locale == "en" and "December 22, 2026" in reader.text)
        values = [given["value"] for given in reader.all("input") if given["name"] == "pause"]
        assert values == ["", "end", "30", "60", "90"]
        assert "2026" not in page(pages, locale=locale).text


def test_what_has_changed_is_told_in_the_topics_name(pages: Pages) -> None:
    told = page(pages, "saved", f"began:{TOPIC}", "ended:hostile", "language_now:nl", locale="es").text
    for words in ("Guardado", "Recibirá: Novedades", f"Ya no recibirá: {HOSTILE}", "Nederlands"):
        assert words in told
    assert "Guardado" not in page(pages, locale="es").text


def test_whoever_left_everything_is_not_asked_to_once_more(pages: Pages) -> None:
    values = [given["value"] for given in page(pages, "left_all").all("button")]
    assert values == ["save"]
    assert [given["value"] for given in page(pages).all("button")] == ["save", "leave"]


def test_without_topics_there_is_no_empty_list(tmp_path: Path) -> None:
    empty = build(tmp_path, topics={}, rules={})
    world = PreferencesWorld(empty)
    reader = Reader(ask(world)["body"])
    assert len(reader.all("fieldset")) == 1
    assert ask(world, "POST", urlencode({"do": "save", "pause": "30"}))["statusCode"] == 200


def test_each_field_has_its_label_and_each_error_its_field(pages: Pages) -> None:
    wrong = ("refused", "error:topics", "error:pause", "error:language")
    for locale in pages.locales:
        for marks in ((), wrong, ("paused", "saved"), ("left_all",)):
            reader = page(pages, *marks, locale=locale, day=date(2026, 12, 22))
            found = [given["id"] for _, given in reader.tags if "id" in given]
            assert len(found) == len(set(found))
            for _, given in reader.tags:
                assert set((given.get("aria-describedby") or "").split()) <= set(found)
            assert {given["id"] for given in reader.all("select")} == {
                given["for"] for given in reader.all("label") if "for" in given
            }
            links = [given["href"] or "" for given in reader.all("a")]
            assert {link[1:] for link in links if link.startswith("#")} <= set(found)
            assert len(reader.all("fieldset")) == len(reader.all("legend")) == 2
        broken = page(pages, *wrong, locale=locale)
        (language,) = [given for given in broken.all("select") if given["id"] == "language"]
        assert (language["aria-invalid"], language["aria-describedby"]) == ("true", "language-error")


@pytest.mark.parametrize("reason", [why.value for why in Why])
def test_every_reason_is_offered(pages: Pages, reason: str) -> None:
    assert reason in [given["value"] for given in page(pages).all("option")]


def test_names_of_topics_and_brand_are_text(tmp_path: Path) -> None:
    brand = tmp_path / "brand.toml"
    brand.write_text(NAMED.sub(f"name = '{HOSTILE}'", BRAND.read_text("utf-8"), count=1), "utf-8")
    hostile = build(tmp_path / "out", brand=brand)
    marks = ("saved", "left_all_now", "began:hostile", "on:hostile", "left_all")
    for locale in hostile.locales:
        html = hostile.page(Answer(Kind.PREFERENCES, "hostile", frozenset({"topics", *marks})), locale)
        assert html.count("<script>") == html.count("</script>") == 1
        assert "alert(" not in html.partition("<script>")[2]
        assert html.count("&lt;script&gt;") > 5


def test_nothing_of_a_request_comes_back(pages: Pages) -> None:
    world = PreferencesWorld(pages)
    odd = "zq9-odd-zq9"
    for do in ("save", "leave", odd):
        body = urlencode(
            {"do": do, "topic": odd, "on": odd, "language": odd, "pause": odd, "reason": odd, odd: odd}
        )
        response = ask(world, "POST", body, lang=odd, m=f"<{odd}>")
        assert odd not in json.dumps(response)
        assert world.token() not in json.dumps(response)
        assert not {"Location", "Set-Cookie"} & set(response["headers"])


def test_no_page_holds_the_address_or_its_key(pages: Pages) -> None:
    world = PreferencesWorld(pages)
    world.agree(TOPIC, locale="es")
    body = ask(world)["body"]
    assert EMAIL not in body
    assert ADDRESS not in body


def test_saving_is_told_on_the_page_itself_and_a_spoilt_form_with_400(pages: Pages) -> None:
    world = PreferencesWorld(pages)
    world.agree(TOPIC)
    reader = Reader(ask(world)["body"])
    sent = reader.sent() | {"topic": ["hostile"], "pause": ["60"], "language": ["nl"]}
    saved = ask(world, "POST", urlencode(sent, doseq=True))
    told = Reader(saved["body"])
    assert saved["statusCode"] == 200
    assert "You will no longer get: Product updates" in told.text
    assert "Saved · Your mail preferences" in told.text
    assert told.sent()["topic"] == ["hostile"]
    spoilt = ask(world, "POST", urlencode(sent | {"pause": ["61"]}, doseq=True))
    assert spoilt["statusCode"] == 400
    assert "Nothing was saved yet" in Reader(spoilt["body"]).text
    assert Reader(spoilt["body"]).sent()["topic"] == ["hostile"]


@pytest.mark.parametrize("script", ["x</script>", "<!-- x"])
def test_a_script_that_would_end_early_is_a_mistake(tmp_path: Path, script: str) -> None:
    for file in SOURCES.rglob("*.*"):
        copy = tmp_path / "sources" / file.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (tmp_path / "sources" / "preferences.js").write_text(script, "utf-8")
    with pytest.raises(TemplateBuildError, match="ends its script"):
        build(tmp_path / "out", sources=tmp_path / "sources")
