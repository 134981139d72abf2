"""The page of `postroad preview --all`."""

from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page

from postroad.authoring.preview_page import DESKTOP, PHONE, make_page
from postroad.authoring.project import Project
from postroad.authoring.rendering import render
from postroad.rendering.brand import Brand
from tests.browser.axe import grave_faults
from tests.browser.conftest import NewContext
from tests.browser.mails import SCHEMES, WIDTHS, Scheme
from tools.shown_mails import names

PROJECT = Project(Path(__file__).parents[2])
ADDRESS = "http://localhost/preview"
EAGER = 12
"""Frames that are there before anybody scrolls, at most; the page has more than 70."""


@pytest.fixture(scope="module")
def content() -> str:
    return make_page(render(PROJECT, every_locale=True), shop="The Example Shop")


def open_page(
    new_context: NewContext, content: str, *, width: int = 1280, scheme: Scheme = "light", place: str = ""
) -> Page:
    page = new_context(width=width, scheme=scheme).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route(f"{ADDRESS}*", lambda route: route.fulfill(body=content, content_type="text/html"))
    page.goto(f"{ADDRESS}{place}")
    page.wait_for_selector("iframe")
    assert complaints == []
    return page


def frame_of(page: Page, title: str) -> Frame:
    page.locator(f'iframe[title="{title}"]').scroll_into_view_if_needed()
    frame = page.locator(f'iframe[title="{title}"]').element_handle().content_frame()
    assert frame is not None
    frame.wait_for_selector("h1")
    return frame


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_everybody_can_read_it(new_context: NewContext, content: str, width: int, scheme: Scheme) -> None:
    page = open_page(new_context, content, width=width, scheme=scheme)
    assert grave_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_mails_are_framed_when_they_come_into_view(new_context: NewContext, content: str) -> None:
    page = open_page(new_context, content)
    assert 0 < page.locator("iframe").count() <= EAGER
    assert page.locator("article").count() == len(names()) > EAGER
    page.locator("article").last.scroll_into_view_if_needed()
    page.locator("article").last.locator("iframe").first.wait_for()


def test_a_mail_is_shown_whole_on_a_phone_and_a_desktop(new_context: NewContext, content: str) -> None:
    page = open_page(new_context, content, place="#order_confirmation@es")
    for name, width in (("Phone", PHONE), ("Desktop", DESKTOP)):
        frame = frame_of(page, f"order_confirmation@es: {name}, {width} px, light")
        assert frame.inner_text("h1") == "Gracias por su pedido"
        assert frame.evaluate("innerWidth") == width
        assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_day_and_night_are_chosen_in_the_page(new_context: NewContext, content: str) -> None:
    page = open_page(new_context, content, scheme="dark", place="#order_confirmation@en")
    page.get_by_label("Colours").select_option("Both")
    backgrounds = [
        frame_of(page, f"order_confirmation@en: Phone, {PHONE} px, {scheme}").evaluate(
            "getComputedStyle(document.querySelector('.surface')).backgroundColor"
        )
        for scheme in SCHEMES
    ]
    colours = Brand.read(PROJECT.brand).colours
    chosen = [bytes.fromhex(colours[name][1:]) for name in ("surface", "dark-surface")]
    assert backgrounds == [f"rgb({red}, {green}, {blue})" for red, green, blue in chosen]


def test_filters_leave_what_is_asked_for(new_context: NewContext, content: str) -> None:
    page = open_page(new_context, content)
    page.get_by_label("Locale").select_option("nl")
    assert page.get_by_role("status").inner_text() == f"{len(PROJECT.names())} mails"
    page.get_by_role("combobox", name="Mail", exact=True).select_option("invoice")
    assert page.get_by_role("status").inner_text() == "1 mail"
    assert page.get_by_role("heading", level=2).all_inner_texts() == ["invoice"]
    page.get_by_label("Width").select_option(str(PHONE))
    page.wait_for_function("document.querySelectorAll('article:not([hidden]) iframe').length === 1")
    page.get_by_label("Text parts").check()
    assert page.locator("article:visible pre").inner_text().startswith("Beste")


def test_a_link_of_the_index_shows_what_a_filter_hides(new_context: NewContext, content: str) -> None:
    page = open_page(new_context, content)
    page.get_by_label("Locale").select_option("nl")
    page.get_by_role("link", name="welcome in es").click()
    page.wait_for_function("document.getElementById('welcome@es').getBoundingClientRect().top < innerHeight")
    assert page.get_by_role("status").inner_text() == f"{len(names())} mails"


def test_the_address_leads_to_its_mail_however_long_others_become(
    new_context: NewContext, content: str
) -> None:
    page = open_page(new_context, content, width=PHONE, place="#order_confirmation@ar-XB")
    page.wait_for_function("document.querySelectorAll('iframe').length > 3")
    page.wait_for_timeout(1000)
    top = page.evaluate("document.getElementById('order_confirmation@ar-XB').getBoundingClientRect().top")
    assert 0 <= top < 300


def test_no_script_of_a_mail_is_run(new_context: NewContext, content: str) -> None:
    evil = content.replace(
        "Gracias por su pedido", "\\u003cscript>parent.document.title='run'\\u003c/script>Hola"
    )
    page = new_context().new_page()
    page.route(f"{ADDRESS}*", lambda route: route.fulfill(body=evil, content_type="text/html"))
    page.goto(f"{ADDRESS}#order_confirmation@es")
    frame = frame_of(page, f"order_confirmation@es: Phone, {PHONE} px, light")
    assert frame.inner_text("h1") == "Hola"
    assert page.title() == "Mails of The Example Shop"
