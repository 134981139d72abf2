"""From a bounce to the reason why the next mail was not sent."""

import pytest
from playwright.sync_api import expect

from postroad.contract.words import Reason, Status
from tests.browser.conftest import OpenPage
from tests.local_stack import LocalStack, patiently

SLOW = 60_000  # ms: an event goes through two queues and two functions before the page tells of it


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_from_a_bounce_to_why_the_next_mail_was_not_sent(
    stack: LocalStack, open_page: OpenPage, *, scripts: bool
) -> None:
    first = stack.send(stack.message("story", locale="en"))
    page = open_page(scripts=scripts)
    page.locator("[data-mail]", has_text=first.email).get_by_role("link").click()
    expect(page.locator("#verdict [data-status]")).to_have_text("delivered")
    expect(page.locator("[data-suppressed]")).to_have_count(0)

    page.get_by_role("button", name="Bounce (hard)").click()

    expect(page.locator("#verdict [data-status]")).to_have_text("bounced", timeout=SLOW)
    if not scripts:
        # The page can't tell by itself, so its reader asks again.
        patiently(lambda: stack.suppression(first.address_key), lambda: "the suppression")
        page.reload()
    expect(page.locator("[data-suppressed]")).to_contain_text("hard bounce", timeout=SLOW)

    second = stack.send(stack.message("story-again", to={"email": first.email}))
    assert (second.status, second.reason) == (Status.SUPPRESSED, Reason.HARD_BOUNCE)
    page.get_by_role("link", name="Not sent").click()
    refused = page.locator(f"[data-message='{second.message_id}']")
    if not scripts:
        patiently(lambda: page.reload() and (refused.count() or None), lambda: "the row of what was not sent")
    expect(refused).to_contain_text("suppressed", timeout=SLOW)
    refused.get_by_role("link").click()
    record = page.locator("[data-record]")
    expect(record.locator("[data-record-status]")).to_have_text("suppressed")
    expect(record.locator("[data-reason]")).to_have_attribute("data-reason", Reason.HARD_BOUNCE)
    expect(record).to_contain_text(second.message_id)
    assert stack.mails_of(second.message_id) == []


def test_a_complaint_and_a_soft_bounce_are_told_apart(stack: LocalStack, open_page: OpenPage) -> None:
    soft = stack.send(stack.message("softly"))
    page = open_page(f"/mails/{soft.ses_message_id}?part=events")

    page.get_by_role("button", name="Bounce (soft)").click()
    expect(page.locator("[data-event=Bounce]")).to_have_count(1)
    page.get_by_role("button", name="Complain").click()

    expect(page.locator("[data-event=Complaint]")).to_have_count(1)
    expect(page.locator("[data-suppressed]")).to_contain_text("complaint", timeout=SLOW)


def test_a_reader_and_a_scanner_open_and_click(stack: LocalStack, open_page: OpenPage) -> None:
    row = stack.send(stack.message("reader", locale="en"))
    page = open_page(f"/mails/{row.ses_message_id}?part=events")

    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("status").filter(has_text="Latest")).to_contain_text("Open")
    page.get_by_role("button", name="Click").click()
    expect(page.get_by_role("status").filter(has_text="Latest")).to_contain_text("Click")
    page.get_by_role("button", name="Prefetch all links").click()

    expect(page.get_by_role("status").filter(has_text="Latest")).to_contain_text("Click")


def test_a_double_click_is_one(stack: LocalStack, open_page: OpenPage) -> None:
    row = stack.send(stack.message("twice"))
    page = open_page(f"/mails/{row.ses_message_id}?part=events")

    page.get_by_role("button", name="Delay").dblclick()
    expect(page.get_by_role("status").filter(has_text="Latest")).to_contain_text("DeliveryDelay")
    page.get_by_role("button", name="Complain").click()

    expect(page.locator("[data-event=Complaint]")).to_have_count(1)
    expect(page.locator("[data-event=DeliveryDelay]")).to_have_count(1)


def test_a_delay_is_told_and_then_the_delivery(stack: LocalStack, open_page: OpenPage) -> None:
    row = stack.send(stack.message("delayed"))
    page = open_page(f"/mails/{row.ses_message_id}?part=events")

    page.get_by_role("button", name="Delay").click()
    expect(page.locator("[data-event=DeliveryDelay]")).to_have_count(1)
    page.get_by_role("button", name="Deliver").click()

    expect(page.locator("[data-event=Delivery]")).to_have_count(2)
