from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.local_stack import LocalStack


def test_mails_are_walked_and_read_without_a_mouse(stack: LocalStack, open_page: OpenPage) -> None:
    older, newer = (stack.send(stack.message("keys", locale="en")) for _ in range(2))
    page = open_page("/?q=keys")
    row = "[data-mail] a:focus"

    page.keyboard.press("j")
    expect(page.locator(row)).to_contain_text(newer.email)
    page.keyboard.press("j")
    expect(page.locator(row)).to_contain_text(older.email)
    page.keyboard.press("k")
    expect(page.locator(row)).to_contain_text(newer.email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_contain_text(newer.email)
    page.keyboard.press("2")
    expect(page.get_by_role("region", name="Text")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("article")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()


def test_keys_in_the_search_field_are_words(stack: LocalStack, open_page: OpenPage) -> None:
    stack.send(stack.message("typing"))
    page = open_page()

    page.keyboard.press("/")
    page.keyboard.type("jk1?/")

    expect(page.get_by_role("searchbox", name="Search")).to_have_value("jk1?/")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_first_tab_stop_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_every_key_is_listed_under_the_question_mark(open_page: OpenPage) -> None:
    page = open_page()

    page.keyboard.press("?")

    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("search")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
