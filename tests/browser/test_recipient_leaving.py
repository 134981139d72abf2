"""A recipient's side of the deployed stack: from the mail in the inbox to those that come after leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.contract.words import Reason, Status
from tests.browser.axe import grave_faults
from tests.browser.conftest import OpenPage
from tests.browser.inbox import follow, read_in_the_inbox
from tests.local_stack import LocalStack
from tests.recipients import TOPIC, Recipient, standing, words

if TYPE_CHECKING:
    from pathlib import Path

SLOW = 60_000  # ms: an event goes through two queues and two functions before the page tells of it
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])


def why(stack: LocalStack, message_id: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / ".local").symlink_to(stack.state.folder)
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["why", message_id])
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_a_scanner_that_asks_for_every_link_changes_nothing(stack: LocalStack, open_page: OpenPage) -> None:
    recipient = Recipient(stack, "scanned")
    news = recipient.news()
    stack.wait_until_quiet()
    before = standing(stack)
    page = open_page(f"/mails/{news.ses_message_id}?part=links")

    page.get_by_role("button", name="Prefetch all links").click()

    asked = page.locator("[data-scanned] li")
    link = recipient.header(news, "List-Unsubscribe").strip("<>")
    ours = asked.filter(has_text=link)
    expect(ours).to_have_count(2, timeout=SLOW)  # GET and HEAD
    expect(ours.filter(has_text="The page answered 200.")).to_have_count(2)
    stack.wait_until_quiet()
    assert standing(stack) == before
    row = stack.wait_for_end(news.message_id)
    assert row.status is Status.DELIVERED
    assert recipient.news().status is Status.DELIVERED


@SCRIPTS
def test_one_click_in_the_inbox_stops_the_news_and_not_the_password(
    stack: LocalStack,
    open_page: OpenPage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    scripts: bool,
) -> None:
    recipient = Recipient(stack, "one-click")
    first = recipient.news()
    page = open_page(scripts=scripts)
    read_in_the_inbox(page, recipient)
    leaving = follow(page, words("_base", "en")["unsubscribe"])
    expect(leaving.get_by_role("heading", level=1)).to_have_text(words("_pages", "en")["ask_heading"])
    leaving.close()
    assert recipient.scopes(first) == {}, "who only looks stays"

    page.get_by_role("button", name="Unsubscribe").click()

    expect(page.locator("#one-clicked")).to_contain_text("unsubscribed. The page answered 200.")
    assert set(recipient.scopes(first)) == {f"topic:{TOPIC}"}
    stopped = recipient.news()
    assert (stopped.status, stopped.reason) == (Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert stack.mails_of(stopped.message_id) == []
    assert "unsubscribed" in why(stack, stopped.message_id, tmp_path, monkeypatch)
    reset = recipient.password_reset()
    assert reset.status is Status.DELIVERED
    page.goto(stack.state.inbox)
    read_in_the_inbox(page, recipient)
    expect(page.locator("#subject")).to_have_text(recipient.mail(reset)["subject"])
    expect(page.get_by_role("button", name="Unsubscribe")).to_have_count(0)


@SCRIPTS
@pytest.mark.parametrize("locale", ["en", "es", "zh-Hans"])
def test_the_mail_s_own_link_is_left_by_in_the_reader_s_language(
    stack: LocalStack, open_page: OpenPage, locale: str, *, scripts: bool
) -> None:
    asks = words("_pages", locale)["ask_heading"]
    recipient = Recipient(stack, f"leaver-{locale}", locale=locale)
    first = recipient.news()
    page = open_page(f"/mails/{first.ses_message_id}", scripts=scripts)
    leaving = follow(page, words("_base", locale)["unsubscribe"])
    leaving.get_by_role("navigation").locator(f"a[hreflang={locale}]").click()
    expect(leaving.get_by_role("heading", level=1)).to_have_text(asks)
    assert leaving.locator("html").get_attribute("lang") == locale
    assert not scripts or grave_faults(leaving) == []
    assert recipient.email not in leaving.content()

    leaving.locator("input[value=all]").check()
    leaving.locator("select[name=reason]").select_option("too_many")
    leaving.get_by_role("button").click()

    expect(leaving.get_by_role("heading", level=1)).not_to_have_text(asks)
    assert leaving.locator("html").get_attribute("lang") == locale
    assert not scripts or grave_faults(leaving) == []
    assert set(recipient.scopes(first)) == {"all"}
    assert recipient.news(topic="offers").status is Status.UNSUBSCRIBED
    assert recipient.password_reset().status is Status.DELIVERED


@pytest.mark.parametrize("width", [360, 1280])
def test_the_button_is_reached_and_pressed_without_a_mouse(
    stack: LocalStack, open_page: OpenPage, width: int
) -> None:
    recipient = Recipient(stack, "keyboard")
    news = recipient.news()
    page = open_page(f"/mails/{news.ses_message_id}", width=width)
    button = page.get_by_role("button", name="Unsubscribe")
    assert grave_faults(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width, "no scrolling sideways"

    button.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="One click")).to_contain_text("unsubscribed")
    assert grave_faults(page) == []
