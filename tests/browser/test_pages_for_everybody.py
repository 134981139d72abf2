"""Every page in every state and language: by day and by night, on a phone and on a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from postroad.web.answers import Kind
from tests.browser.axe import grave_faults
from tests.browser.mails import DESK, HEIGHT, PHONE, SCHEMES, WIDTHS
from tests.browser.pages_shown import STATES, Look
from tests.browser.site import Site, built, serving
from tests.web_world import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

LOCALES = ("en", "es", "nl", "zh-Hans", "ar-XB")
LOOKS = [Look(state, locale) for state in STATES for locale in LOCALES]
MEASURE = """
() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`the page is ${wide} px too wide`);
  for (const one of document.querySelectorAll("a, button, select, input:not([type=hidden])")) {
    const box = (one.closest("label") || one).getBoundingClientRect();
    if (box.height < 24 || box.width < 24) faults.push(`too small to hit: ${one.outerHTML}`);
  }
  for (const text of document.querySelectorAll("h1, h2, p, li, legend, label, button")) {
    if (text.scrollWidth > text.clientWidth + 1 && getComputedStyle(text).display !== "inline")
      faults.push(`runs out of its box: ${text.outerHTML}`);
  }
  return faults;
}
"""
FROM_THE_RIGHT = """
() => [...document.querySelectorAll(".choice")].map((one) =>
  one.getBoundingClientRect().right - one.querySelector("input").getBoundingClientRect().right)
"""
NAMES_FROM_THE_RIGHT = """
() => [...document.querySelectorAll(".choice .name")].map((one) => {
  const text = document.createRange();
  text.selectNodeContents(one);
  return one.getBoundingClientRect().right - text.getBoundingClientRect().right;
})
"""
RING = """
() => {
  const style = getComputedStyle(document.activeElement);
  return [document.activeElement.outerHTML, style.outlineStyle, parseFloat(style.outlineWidth)];
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(built(tmp_path_factory.mktemp("pages"))) as found:
        yield found


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_each_kind_of_page_is_looked_at() -> None:
    assert {kind for kind, _ in STATES.values()} == set(Kind)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_page_has_no_grave_fault_and_fits(site: Site, page: Page, look: Look) -> None:
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    page.goto(site.url + look.path)
    faults = grave_faults(page, off=["color-contrast"])
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        faults += grave_faults(page, rules=["color-contrast"])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        faults += [f"at {width}: {fault}" for fault in page.evaluate(MEASURE)]
    assert faults == []


@pytest.mark.parametrize("state", ["preferences", "ask"])
def test_whoever_uses_keys_sees_where_they_are(site: Site, page: Page, state: str) -> None:
    page.set_viewport_size({"width": DESK, "height": HEIGHT})
    page.goto(site.url + Look(state, "en").path)
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        html, style, width = page.evaluate(RING)
        if html.startswith("<body"):
            break
        seen.add(html)
        assert (style, width >= 2) == ("solid", True), html
    assert sum(html.startswith(("<input", "<select", "<button")) for html in seen) >= 3


def test_a_page_reads_from_right_to_left_as_a_whole(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    page.goto(site.url + Look("preferences-saved", "ar-XB").path)
    assert max(page.evaluate(FROM_THE_RIGHT)) < 16
    assert max(page.evaluate(NAMES_FROM_THE_RIGHT)) < 1
    assert str(NOON.year) in page.inner_text("#told")
