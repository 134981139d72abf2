import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from postroad.contract.words import Status
from tests.browser.conftest import OpenPage
from tests.local_stack import LocalStack

# A field's name goes on with its hint.
RECIPIENT, TIMES = re.compile("^Recipient"), re.compile("^Times")


@pytest.fixture(autouse=True)
def _healthy_afterwards(stack: LocalStack) -> Iterator[None]:
    """Leave no fault to the tests that come next."""
    yield
    httpx.post(f"{stack.state.inbox}/api/faults/clear", json={}, trust_env=False).raise_for_status()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_fault_is_added_and_cleared(stack: LocalStack, open_page: OpenPage, *, scripts: bool) -> None:
    page = open_page(scripts=scripts)
    page.get_by_role("link", name="Faults").click()
    expect(page.locator("[data-fault]")).to_have_count(0)

    page.get_by_role("radio", name="Throttle").check()
    page.get_by_role("textbox", name=RECIPIENT).fill("*@nobody.example.com")
    page.get_by_role("button", name="Add fault").click()

    expect(page.locator("[data-fault=throttle]")).to_contain_text("nobody.example.com")
    page.get_by_role("button", name="Clear Throttle").click()
    expect(page.locator("[data-fault]")).to_have_count(0)
    assert httpx.get(f"{stack.state.inbox}/api/faults", trust_env=False).json()["faults"] == []


def test_a_throttled_mail_is_sent_all_the_same(stack: LocalStack, open_page: OpenPage) -> None:
    message = stack.message("throttled")
    page = open_page("/faults")
    page.get_by_role("radio", name="Throttle").check()
    page.get_by_role("textbox", name=RECIPIENT).fill(f"{message['message_id']}@example.com")
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator("[data-fault=throttle]")).to_have_count(1)

    row = stack.send(message)

    assert row.status is Status.DELIVERED
    expect(page.locator("[data-fault]")).to_have_count(0, timeout=60_000)


def test_a_fault_that_makes_no_sense_is_refused_by_name(open_page: OpenPage) -> None:
    page = open_page("/faults")

    page.get_by_role("textbox", name=TIMES).fill("often")
    page.get_by_role("button", name="Add fault").click()

    expect(page.get_by_role("alert")).to_contain_text("times")
    expect(page.locator("[data-fault]")).to_have_count(0)
