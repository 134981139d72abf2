"""A mail comes in, is found and is read."""

from email import message_from_bytes
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from postroad.ledger.row import Row
from tests.browser.conftest import OpenPage
from tests.local_stack import LocalStack


def row_of(page: Page, row: Row) -> Locator:
    return page.locator("[data-mail]", has_text=row.email)


def show_part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Parts of the mail").get_by_role("link", name=name).click()


def send_with_a_file(stack: LocalStack, what: str) -> Row:
    key = f"attachments/transactional/{stack.new_id('file')}.pdf"
    bucket = stack.outputs["AttachmentsBucket"]
    stack.s3.put_object(Bucket=bucket, Key=key, Body=b"%PDF-1.7 an invoice")
    attachment = {"filename": "invoice.pdf", "content_type": "application/pdf", "s3": f"{bucket}/{key}"}
    return stack.send(stack.message(what, attachments=[attachment], headers={"X-Order": "1042"}, locale="en"))


def test_a_mail_comes_in_by_itself(stack: LocalStack, open_page: OpenPage) -> None:
    page = open_page()
    message = stack.message("live")
    comes = page.locator("[data-mail]", has_text=f"{message['message_id']}@example.com")
    expect(comes).to_have_count(0)
    page.evaluate("() => { window.stayed = true; }")  # what a reload would take away

    stack.enqueue(message)

    expect(comes).to_have_count(1, timeout=60_000)
    assert page.evaluate("() => window.stayed")


def test_a_mail_is_read_in_each_of_its_parts(stack: LocalStack, open_page: OpenPage, tmp_path: Path) -> None:
    row = send_with_a_file(stack, "parts")
    page = open_page()

    row_of(page, row).get_by_role("link").click()

    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    show_part(page, "Text")
    expect(page.locator("iframe")).to_have_count(0)
    expect(page.get_by_role("region", name="Text")).to_contain_text("Panadería Ruiz & Hijas")
    show_part(page, "Headers")
    expect(page.locator("dl", has_text="X-Order")).to_contain_text("1042")
    show_part(page, "Source")
    expect(page.get_by_role("region", name="Source")).to_contain_text("multipart/mixed")
    show_part(page, "Events")
    expect(page.locator("[data-event]")).to_have_count(2)
    show_part(page, "Attachments")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download invoice.pdf").click()
    started.value.save_as(tmp_path / "kept.pdf")
    assert started.value.suggested_filename == "invoice.pdf"
    assert (tmp_path / "kept.pdf").read_bytes() == b"%PDF-1.7 an invoice"


def test_the_source_is_a_file_that_mail_programs_open(
    stack: LocalStack, open_page: OpenPage, tmp_path: Path
) -> None:
    row = send_with_a_file(stack, "source")
    page = open_page(f"/mails/{row.ses_message_id}?part=source")

    with page.expect_download() as started:
        page.get_by_role("link", name="Download .eml").click()

    started.value.save_as(tmp_path / "kept.eml")
    parts = message_from_bytes((tmp_path / "kept.eml").read_bytes()).walk()
    assert [part.get_content_type() for part in parts if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "application/pdf",
    ]


def test_a_mail_is_shown_as_on_a_phone_and_at_night(stack: LocalStack, open_page: OpenPage) -> None:
    row = stack.send(stack.message("phone", locale="en"))
    page = open_page(f"/mails/{row.ses_message_id}")
    frame = page.locator("iframe")
    body = page.frame_locator("iframe").locator("body")
    shown = page.get_by_role("group", name="How it is shown")
    by_day = str(body.evaluate("body => getComputedStyle(body).backgroundColor"))
    assert (frame.bounding_box() or {"width": 0})["width"] > 500

    shown.get_by_role("link", name="Phone").click()
    expect(shown.get_by_role("link", name="Phone")).to_have_attribute("aria-current", "true")
    shown.get_by_role("link", name="Dark").click()

    expect(body).not_to_have_css("background-color", by_day)
    assert 300 < (frame.bounding_box() or {"width": 0})["width"] < 420


def test_mails_are_found_by_words_and_filters(stack: LocalStack, open_page: OpenPage) -> None:
    order = stack.send(stack.message("finding-order"))
    news = stack.message("finding-news", stream="marketing", topic="product_updates")
    stack.enqueue(news, stream="Marketing")
    promotion = stack.wait_for_end(str(news["message_id"]))
    page = open_page()
    rows = page.locator("[data-mail]")

    search(page, "finding-order")
    expect(rows).to_have_count(1)
    expect(row_of(page, order)).to_be_visible()
    search(page, "finding")
    expect(rows).to_have_count(2)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Stream").select_option("marketing")
    page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(1)
    expect(row_of(page, promotion)).to_be_visible()
    page.get_by_label("Status").select_option("bounced")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No mail matches.")).to_be_visible()
    assert "status=bounced" in page.url, "what is shown can be linked to"
    page.get_by_role("link", name="Clear filters").click()
    expect(row_of(page, order)).to_be_visible()


def search(page: Page, words: str) -> None:
    box = page.get_by_role("searchbox", name="Search")
    box.fill(words)
    box.press("Enter")
