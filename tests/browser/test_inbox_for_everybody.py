"""Every page of the inbox, narrow and wide, by day and by night."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from postroad.ledger.row import Row
from tests.browser.axe import grave_faults
from tests.browser.conftest import OpenPage
from tests.browser.mails import SCHEMES, WIDTHS, Scheme
from tests.local_stack import LocalStack, patiently

PAGES = (
    "/",
    "/?q=nothing-of-this-kind",
    "/mails/{bounced}?part=html",
    "/mails/{bounced}?part=text",
    "/mails/{bounced}?part=headers",
    "/mails/{bounced}?part=source",
    "/mails/{bounced}?part=attachments",
    "/mails/{bounced}?part=links",
    "/mails/{bounced}?part=events",
    "/not-sent",
    "/messages/{suppressed}",
    "/messages/nobody-knows-this-one",
    "/mails/nobody-knows-this-one",
    "/faults",
)


@dataclass(frozen=True)
class Sent:
    bounced: Row
    suppressed: Row


@pytest.fixture(scope="module")
def sent(stack: LocalStack) -> Sent:
    """One mail that bounced, and one that was therefore not sent."""
    address = {"email": f"bounce+{stack.new_id('everybody')}@simulator.amazonses.com"}
    bounced = stack.send(stack.message("everybody", to=address, locale="en"))
    patiently(lambda: stack.suppression(bounced.address_key), lambda: "the suppression")
    return Sent(bounced, stack.send(stack.message("everybody-again", to=address)))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_is_kept_out(open_page: OpenPage, sent: Sent, path: str, width: int, scheme: Scheme) -> None:
    page = open_page(
        path.format(bounced=sent.bounced.ses_message_id, suppressed=sent.suppressed.message_id),
        width=width,
        scheme=scheme,
    )

    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert grave_faults(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width, "no scrolling sideways"


def test_a_page_looks_different_at_night(open_page: OpenPage) -> None:
    colours = {
        scheme: open_page(scheme=scheme).evaluate("() => getComputedStyle(document.body).backgroundColor")
        for scheme in SCHEMES
    }

    assert len(set(colours.values())) == len(SCHEMES)
