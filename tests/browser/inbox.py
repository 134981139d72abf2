"""What a reader does in the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.recipients import Recipient


def read_in_the_inbox(page: Page, recipient: Recipient) -> None:
    page.locator("[data-mail]", has_text=recipient.email).first.get_by_role("link").click()
    expect(page.get_by_role("article")).to_contain_text(recipient.email)


def follow(page: Page, words: str) -> Page:
    """Follow a link of the mail that is open in the inbox; return the page behind it."""
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name=words).click()
    opened.value.wait_for_load_state()
    return opened.value
