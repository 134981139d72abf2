"""The preference centre of the deployed stack: what is chosen there decides which mails come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from postroad.contract.words import Reason, Status
from tests.browser.axe import grave_faults
from tests.browser.conftest import OpenPage
from tests.browser.inbox import follow, read_in_the_inbox
from tests.local_stack import LocalStack
from tests.recipients import TOPIC, Recipient, items_of, standing, words

if TYPE_CHECKING:
    from playwright.sync_api import Page

OFFERS = "offers"
SLOW = 60_000  # ms: functions start cold
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])


def centre_of(page: Page, recipient: Recipient) -> Page:
    """Follow the way to the preferences from the mail that is open, and take the reader's language there."""
    centre = follow(page, words("_base", recipient.locale)["preferences"])
    centre.get_by_role("navigation").locator(f"a[hreflang={recipient.locale}]").click()
    texts = words("_pages", recipient.locale)
    expect(centre.get_by_role("heading", level=1)).to_have_text(texts["preferences_heading"])
    assert centre.locator("html").get_attribute("lang") == recipient.locale
    return centre


def save(centre: Page, locale: str, told: str, button: str = "save_button") -> None:
    """Press a button, and wait until the page tells what came of it; `told` is the key of that text."""
    texts = words("_pages", locale)
    with centre.expect_response(lambda answer: answer.request.method == "POST") as answered:
        centre.get_by_role("button", name=texts[button], exact=True).click()
    assert answered.value.status == 200
    expect(centre.locator("#told").get_by_role("heading")).to_have_text(texts["saved"])
    expect(centre.locator("#told li").first).to_contain_text(texts[told].partition("{")[0])
    expect(centre.locator("#told")).to_be_focused()


def profile(stack: LocalStack, key: str) -> list[str]:
    """Return the sort keys of all that the contacts' table holds of an address."""
    return [item["sk"]["S"] for item in items_of(stack, "ContactsTable") if item["pk"]["S"] == key]


@SCRIPTS
@pytest.mark.parametrize("locale", ["en", "es", "zh-Hans"])
def test_what_is_chosen_decides_which_mails_come(
    stack: LocalStack, open_page: OpenPage, locale: str, *, scripts: bool
) -> None:
    recipient = Recipient(stack, f"chooser-{locale}", locale=locale)
    first = recipient.news()
    page = open_page(scripts=scripts)
    read_in_the_inbox(page, recipient)
    centre = centre_of(page, recipient)
    assert recipient.scopes(first) == {}, "who only looks changes nothing"
    assert recipient.email not in centre.content()
    assert not scripts or grave_faults(centre) == []

    centre.locator(f"input[name=topic][value={OFFERS}]").check()
    centre.locator("select[name=language]").select_option(locale)
    save(centre, locale, "began")

    assert not scripts or grave_faults(centre) == []
    expect(centre.locator(f"input[name=topic][value={OFFERS}]")).to_be_checked()
    expect(centre.locator(f"input[name=topic][value={TOPIC}]")).not_to_be_checked()
    stopped = recipient.news(topic=TOPIC)
    assert (stopped.status, stopped.reason) == (Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert recipient.news(topic=OFFERS).status is Status.DELIVERED
    assert "profile" in profile(stack, first.address_key), "the language is kept"

    centre.locator("input[name=pause][value='30']").check()
    save(centre, locale, "paused_now")
    paused = recipient.news(topic=OFFERS)
    assert (paused.status, paused.reason) == (Status.SUPPRESSED, Reason.PAUSED)
    save(centre, locale, "left_all_now", "leave_all_button")
    gone = recipient.news(topic=OFFERS)
    assert (gone.status, gone.reason) == (Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert recipient.password_reset().status is Status.DELIVERED


def test_a_break_ends_when_its_taker_says_so_and_then_one_click_stops_the_topic(
    stack: LocalStack, open_page: OpenPage
) -> None:
    recipient = Recipient(stack, "breaker")
    first = recipient.news()
    page = open_page()
    read_in_the_inbox(page, recipient)
    centre = centre_of(page, recipient)
    for topic in (TOPIC, OFFERS):
        centre.locator(f"input[name=topic][value={topic}]").check()
    centre.locator("input[name=pause][value='90']").check()
    save(centre, "en", "began")
    assert recipient.news().reason == Reason.PAUSED
    assert recipient.password_reset().status is Status.DELIVERED

    centre.locator("input[name=pause][value=end]").check()
    save(centre, "en", "unpaused_now")
    assert recipient.news().status is Status.DELIVERED

    page.goto(f"{stack.state.inbox}/mails/{first.ses_message_id}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.locator("#one-clicked")).to_contain_text("unsubscribed")
    assert recipient.news().status is Status.UNSUBSCRIBED
    assert recipient.news(topic=OFFERS).status is Status.DELIVERED
    assert recipient.password_reset().status is Status.DELIVERED


def test_a_scanner_that_asks_for_the_centre_changes_nothing(stack: LocalStack, open_page: OpenPage) -> None:
    recipient = Recipient(stack, "scanned-centre")
    news = recipient.news()
    stack.wait_until_quiet()
    before = standing(stack)
    page = open_page(f"/mails/{news.ses_message_id}?part=links")

    page.get_by_role("button", name="Prefetch all links").click()

    asked = page.locator("[data-scanned] li", has_text="/p/")
    expect(asked).to_have_count(2, timeout=SLOW)
    expect(asked.filter(has_text="The page answered 200.")).to_have_count(2)
    stack.wait_until_quiet()
    assert standing(stack) == before
