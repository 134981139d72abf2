"""The preference centre in Chromium, with its script and without: the same is saved, and the same is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from postroad.web.token import Purpose
from tests.browser.site import Site, built, serving
from tests.preferences_world import PreferencesWorld
from tests.web_world import ADDRESS, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Route

    from postroad.web.pages import Pages
    from tests.browser.conftest import NewContext

pytestmark = pytest.mark.slow

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
TEXTS = {
    "en": ("Save", "Saved", "You will get: Offers"),
    "es": ("Guardar", "Guardado", "Recibirá: Ofertas"),
    "nl": ("Opslaan", "Opgeslagen", "U ontvangt: Aanbiedingen"),
    "zh-Hans": ("保存", "已保存", "您将收到：优惠信息"),
}


class Open(Protocol):
    def __call__(self, *, locale: str = "en", scripts: bool = True, width: int = 1280) -> Page:
        """Open the page of a world's address, in a browser of its own."""
        ...


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return built(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def site(pages: Pages) -> Iterator[Site]:
    with serving(pages) as found:
        found.world.agree(TOPIC, locale="en")
        yield found


@pytest.fixture
def open_it(site: Site, new_context: NewContext) -> Iterator[Open]:
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        # Chromium notes each page with a status of 400 and more.
        if said.type in ("error", "warning") and not said.text.startswith("Failed to load resource"):
            complaints.append(said.text)

    def make(*, locale: str = "en", scripts: bool = True, width: int = 1280) -> Page:
        page = new_context(width=width, scripts=scripts).new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{site.url}/p/{site.world.token()}?lang={locale}")
        return page

    yield make
    assert complaints == [], "the browser complained in its console"


def topic(page: Page, name: str) -> Locator:
    return page.locator(f"input[name=topic][value={name}]")


def choose(page: Page, *, topics: dict[str, bool], button: str = "Save") -> None:
    for name, yes in topics.items():
        topic(page, name).set_checked(yes)
    page.get_by_role("button", name=button, exact=True).click()


@SCRIPTS
@pytest.mark.parametrize("locale", TEXTS)
def test_a_topic_is_chosen_and_the_page_says_so(
    site: Site, open_it: Open, locale: str, *, scripts: bool
) -> None:
    save, saved, told = TEXTS[locale]
    page = open_it(locale=locale, scripts=scripts)
    expect(topic(page, TOPIC)).to_be_checked()
    choose(page, topics={"offers": True}, button=save)
    expect(page.get_by_role("status")).to_contain_text(saved)
    expect(page.get_by_role("status")).to_contain_text(told)
    expect(page.locator("#told")).to_be_focused()
    assert page.title().startswith(saved)
    assert site.world.stands().topics == {
        TOPIC: True,
        "offers": True,
        "follow_ups": False,
        "shopping": False,
    }
    page.reload()
    expect(topic(page, "offers")).to_be_checked()


@SCRIPTS
def test_a_pause_is_taken_and_ended(site: Site, open_it: Open, *, scripts: bool) -> None:
    page = open_it(scripts=scripts)
    page.get_by_label("60 days").check()
    choose(page, topics={})
    expect(page.get_by_role("status")).to_contain_text("You get no news and offers until January 21, 2027.")
    assert site.world.stands().paused_until is not None
    assert site.world.stands().topics[TOPIC]
    page.get_by_label("End the break").check()
    choose(page, topics={})
    expect(page.get_by_role("status")).to_contain_text("Your break is over.")
    assert site.world.stands().paused_until is None


@SCRIPTS
def test_a_language_is_chosen_for_the_mails(site: Site, open_it: Open, *, scripts: bool) -> None:
    page = open_it(scripts=scripts, width=360)
    page.get_by_label("In which language").select_option("zh-Hans")
    choose(page, topics={})
    expect(page.get_by_role("status")).to_contain_text("中文")
    expect(page.get_by_label("In which language")).to_have_value("zh-Hans")
    assert site.world.contacts.find([ADDRESS])[ADDRESS].locale == "zh-Hans"


@SCRIPTS
def test_everything_is_left_and_somebody_comes_back(site: Site, open_it: Open, *, scripts: bool) -> None:
    page = open_it(scripts=scripts)
    page.get_by_label("If you stop something").select_option("too_many")
    page.get_by_role("button", name="Stop all news and offers").click()
    expect(page.get_by_role("status")).to_contain_text("no more news and offers")
    expect(page.get_by_role("button")).to_have_count(1)
    assert site.world.stands().left_all
    assert "too_many" in str(site.world.suppressions.history(ADDRESS))
    choose(page, topics={"offers": True})
    expect(page.get_by_role("status")).to_contain_text("You will get: Offers")
    assert site.world.stands().topics == {
        TOPIC: False,
        "offers": True,
        "follow_ups": False,
        "shopping": False,
    }


@SCRIPTS
def test_an_old_page_is_told_so_at_its_field(site: Site, open_it: Open, *, scripts: bool) -> None:
    page = open_it(scripts=scripts)
    page.evaluate("() => document.querySelector('input[value=follow_ups][type=hidden]').remove()")
    choose(page, topics={"offers": True})
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet")
    expect(page.locator("#told")).to_be_focused()
    expect(page.get_by_role("group", name="What would you like to get?")).to_have_accessible_description(
        "The list has changed since you opened this page. Please look through it again, and save."
    )
    assert not site.world.stands().topics["offers"]


def test_the_script_loads_no_page_and_shows_that_it_is_busy(site: Site, open_it: Open) -> None:
    page = open_it()
    page.evaluate("() => { window.same = true; }")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/p/*", hold)
    choose(page, topics={"offers": True})
    button = page.get_by_role("button", name="Saving…")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    button.click(force=True)
    page.wait_for_timeout(200)
    assert len(held) == 1, "a second press sends nothing"
    held[0].continue_()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    assert page.evaluate("() => window.same === true")
    assert site.world.stands().topics["offers"]


@pytest.mark.parametrize("answer", ["none", "gateway"])
def test_where_nothing_could_be_saved_the_script_says_so_and_keeps_the_choice(
    site: Site, open_it: Open, answer: str
) -> None:
    page = open_it()
    if answer == "none":
        page.route("**/p/*", lambda route: route.abort())
    else:
        page.route("**/p/*", lambda route: route.fulfill(status=429, body='{"message":"Too Many Requests"}'))
    choose(page, topics={"offers": True})
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.locator("#told")).to_be_focused()
    expect(topic(page, "offers")).to_be_checked()
    assert not site.world.stands().topics["offers"]
    page.unroute("**/p/*")
    choose(page, topics={})
    expect(page.get_by_role("status")).to_contain_text("You will get: Offers")


def test_who_saves_too_often_is_asked_to_wait(site: Site, open_it: Open) -> None:
    page = open_it()
    form = site.world.form(topics=[TOPIC])
    for _ in range(20):
        site.world.save(form)
    choose(page, topics={"offers": True})
    expect(page.get_by_role("heading", level=1)).to_have_text("Please wait a moment")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_keys_alone_are_enough(site: Site, open_it: Open) -> None:
    page = open_it()
    topic(page, "offers").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You will get: Offers")
    assert site.world.stands().topics["offers"]


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.CONFIRM])
def test_a_link_for_something_else_shows_no_preferences(
    site: Site, new_context: NewContext, purpose: Purpose
) -> None:
    page = new_context().new_page()
    answer = page.goto(f"{site.url}/p/{PreferencesWorld.token(purpose)}")
    assert answer is not None
    assert answer.status == 404
    assert page.get_by_role("button").count() == 0
