"""What is measured of mails is worth nothing unless it finds what is wrong with a bad one."""

import pytest
from playwright.sync_api import Page

from tests.browser.axe import grave_faults
from tests.browser.conftest import NewContext
from tests.browser.mails import HEIGHT, MEASURE, OF_SITES, PHONE

PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
SOUND = "Your order is on its way. <img src='@' alt='' width='1'>"


def around(mail: str) -> str:
    """Return a document with this in its one cell; @ stands for a picture."""
    return (
        "<!DOCTYPE html><html lang='en'><title>Order</title><body style='margin:0'>"
        f"<table role='presentation'><tr><td>{mail.replace('@', PICTURE)}</table>"
    )


@pytest.fixture
def phone(new_context: NewContext) -> Page:
    return new_context(width=PHONE, height=HEIGHT).new_page()


@pytest.mark.parametrize(
    ("about", "mail"),
    [
        ("sideways", "<div style='width:400px'>wide</div>"),
        ("small", "<p style='font-size:11px'>legal</p>"),
        ("targets", "<span class='button'><a href='https://shop.example/'>Track</a></span>"),
        ("pictures", "<img src='@' width='1'>"),
        ("pictures", "<img src='@' alt=''>"),
        ("pictures", "<img src='data:image/gif;base64,nothing' alt='' width='1'>"),
        ("cut", "<div style='height:10px;overflow:hidden'>One line<br>and one that nobody sees</div>"),
        (
            "cut",
            "<div style='width:50px;overflow:hidden;white-space:nowrap'>A line without an end</div>",
        ),
        ("broken", "<div style='width:60px;overflow-wrap:anywhere'>Betalingskenmerk</div>"),
    ],
)
def test_a_fault_of_a_mail_is_found(phone: Page, about: str, mail: str) -> None:
    phone.set_content(around(mail))
    assert phone.evaluate(MEASURE)[about] != []

    phone.set_content(around(SOUND))
    assert phone.evaluate(MEASURE)[about] == []


@pytest.mark.parametrize(
    ("rule", "mail"),
    [
        ("color-contrast", "<p style='color:#aaa'>pale</p>"),
        ("image-alt", "<img src='@'>"),
        ("link-name", "<a href='https://shop.example/'></a>"),
    ],
)
def test_axe_finds_a_fault_of_a_mail(phone: Page, rule: str, mail: str) -> None:
    phone.set_content(around(mail))

    assert [each.partition(" ")[0] for each in grave_faults(phone, off=OF_SITES)] == [rule]
