"""What a mail holds by which its recipient leaves: headers for the mail program, a link for the eye."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from postroad.rendering.page import read
from postroad.rendering.ports import Rendered
from postroad.sending.leaving_links import (
    LABELS,
    LONGEST_VALUE,
    PREFERENCES_LABELS,
    LeavingLinks,
    list_headers,
    showing,
)
from postroad.sending.mail import Mail, Parsed, Prepared
from postroad.sending.preparing import Preparation
from postroad.sending.tracked_links import tracked_links
from postroad.web.token import Grant, KeyRing, Purpose, read_token
from tests.sending_world import NOW, EchoRenderer, World, make_message
from tests.web_world import ADDRESS, EMAIL, RING, TOPIC

LINKS = LeavingLinks(RING, "https://mail.shop.example")
LINK = LINKS.link(ADDRESS, TOPIC)
PREFERENCES = LINKS.preferences(ADDRESS, TOPIC)
MAIL = Rendered("News", "Hello.\n", "<html><body><p>Hello.</p></body></html>", "es-CO")


def test_the_link_leads_to_the_pages_with_a_token_for_this_address_and_topic() -> None:
    address, _, token = LINK.rpartition("/")
    assert address == "https://mail.shop.example/u"
    assert read_token(RING, token, Purpose.UNSUBSCRIBE) == Grant(ADDRESS, TOPIC, Purpose.UNSUBSCRIBE)
    assert EMAIL not in LINK


def test_the_link_beside_it_leads_to_what_the_address_chose() -> None:
    address, _, token = PREFERENCES.rpartition("/")
    assert address == "https://mail.shop.example/p"
    assert read_token(RING, token, Purpose.PREFERENCES) == Grant(ADDRESS, TOPIC, Purpose.PREFERENCES)
    assert read_token(RING, token, Purpose.UNSUBSCRIBE) is None
    assert EMAIL not in PREFERENCES


def test_the_headers_are_those_of_rfc_8058_and_fit_what_ses_takes() -> None:
    headers = list_headers(LINKS.link(ADDRESS, "t" * 64))
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://[!-;=?-~]+>", headers["List-Unsubscribe"])
    assert len(headers["List-Unsubscribe"]) < 995


@pytest.mark.parametrize(
    ("mailbox", "written"),
    [
        ("leave@shop.example", "leave@shop.example"),
        ("leave+news@shop.example", "leave+news@shop.example"),
        ("o'neil/1=2&3?4%5@shop.example", "o'neil%2F1%3D2%263%3F4%255@shop.example"),
    ],
)
def test_a_mailbox_comes_after_the_link_and_its_subject_holds_the_token_and_no_address(
    mailbox: str, written: str
) -> None:
    token = LINK.rpartition("/")[2]
    headers = list_headers(f"{LINK}?m=bS0x", mailbox)
    assert headers["List-Unsubscribe"] == (
        f"<{LINK}?m=bS0x>, <mailto:{written}?subject=unsubscribe%20{token}>"
    )
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert EMAIL not in unquote(headers["List-Unsubscribe"])
    assert re.fullmatch(r"[!-~ ]+", headers["List-Unsubscribe"])
    (way,) = re.findall(r"<mailto:(.*)>", headers["List-Unsubscribe"])
    assert unquote(way.partition("?")[0]) == mailbox
    assert parse_qs(way.partition("?")[2]) == {"subject": [f"unsubscribe {token}"]}


def test_where_both_ways_make_the_header_too_long_the_link_stays_alone() -> None:
    domain = ".".join(["d" * 60] * 4)
    link = LeavingLinks(RING, f"https://{domain}").link(ADDRESS, "t" * 64)
    assert len(link) < LONGEST_VALUE
    assert list_headers(link, f"{'l' * 64}@{domain}")["List-Unsubscribe"] == f"<{link}>"
    assert "mailto:" in list_headers(LINK, f"{'l' * 64}@{domain}")["List-Unsubscribe"]


def test_the_ring_may_change_while_links_are_made() -> None:
    rings = [RING, KeyRing("t9", {"t9": b"n" * 32})]
    links = LeavingLinks(lambda: rings[0], "https://mail.shop.example")
    before = links.link(ADDRESS, TOPIC)
    assert before == LINK
    del rings[0]
    assert read_token(rings[0], links.link(ADDRESS, TOPIC).rpartition("/")[2], Purpose.UNSUBSCRIBE)


def test_a_mail_without_the_link_gets_it_in_both_parts_in_its_language() -> None:
    shown = showing(MAIL, LINK, PREFERENCES)
    assert shown.text == (f"Hello.\n\n{LABELS['es']}: {LINK}\n{PREFERENCES_LABELS['es']}: {PREFERENCES}\n")
    assert shown.html is not None
    assert shown.html.endswith(
        f'<a ses:no-track href="{LINK}">{LABELS["es"]}</a> · '
        f'<a ses:no-track href="{PREFERENCES}">{PREFERENCES_LABELS["es"]}</a></p></body></html>'
    )


def test_a_template_that_shows_it_is_left_alone() -> None:
    shown = f'<body><a class="small" href="{LINK}" ses:no-track>Leave</a></body>'
    mail = replace(MAIL, text=f"Leave: {LINK}\n", html=shown)
    assert showing(mail, LINK, PREFERENCES) == mail


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="{}">Leave</a>',
        "<A HREF='{}'>Leave</A>",
        "<a href={}>Leave</a>",
        '<a\n class="small"\n href="{}"\n>Leave</a>',
        '<a href="{}" title="ses: no track">Leave</a>',
        '<a href=" {} ">Leave</a>',
    ],
)
@pytest.mark.parametrize("link", [LINK, PREFERENCES], ids=["leaving", "preferences"])
def test_ses_never_tells_who_followed_a_link_to_the_pages(anchor: str, link: str) -> None:
    other = '<a href="https://shop.example.com/1">Offer</a>'
    html = f"<body>{other}{anchor.format(link)}{anchor.format(LINK)}</body>"

    shown = showing(replace(MAIL, html=html), LINK, PREFERENCES)

    assert shown.html is not None
    found = read(shown.html).links
    assert {each.href.strip(): each.tracked for each in found} == {
        "https://shop.example.com/1": True, link: False, LINK: False,
    }  # fmt: skip
    assert tracked_links(shown.html) == 1


@pytest.mark.parametrize(
    ("mail", "text", "html"),
    [
        (replace(MAIL, html=None), True, False),
        (replace(MAIL, text=""), False, True),
        (replace(MAIL, html="<p>No body"), True, True),
        (replace(MAIL, locale=""), True, True),
    ],
    ids=["text alone", "html alone", "half a page", "no locale"],
)
def test_a_part_that_is_not_there_stays_away(mail: Rendered, *, text: bool, html: bool) -> None:
    shown = showing(mail, LINK, PREFERENCES)
    assert (LINK in shown.text) is text
    assert (LINK in (shown.html or "")) is html
    assert (PREFERENCES in shown.text) is text
    assert (PREFERENCES in (shown.html or "")) is html


def test_the_words_are_the_templates_own() -> None:
    found: dict[str, dict[str, str]] = {"unsubscribe": {}, "preferences": {}}
    for file in (Path(__file__).parents[3] / "templates" / "_base" / "locales").glob("*.toml"):
        texts = tomllib.loads(file.read_text("utf-8"))
        for key, labels in found.items():
            labels[file.stem.partition("-")[0]] = texts[key]
    assert found == {"unsubscribe": LABELS, "preferences": PREFERENCES_LABELS}


def prepared(links: LeavingLinks | None, **changes: Any) -> Mail:  # noqa: ANN401  any part of a message
    world = World()
    preparation = Preparation(
        settings=world.settings,
        renderer=EchoRenderer(),
        attachments=world.attachments,
        address_key=world.key,
        links=links,
    )
    message = make_message("m-1", **changes)
    parsed = preparation.parse(world.record(message), now=NOW)
    assert isinstance(parsed, Parsed)
    found = preparation.prepare(parsed)
    assert isinstance(found, Prepared)
    return found.mail


def test_a_mail_of_a_topic_has_its_headers_and_its_link() -> None:
    mail = prepared(LINKS, topic=TOPIC, headers={"X-Order": "1042"})
    link = LINKS.link(World.key("m-1@example.com"), TOPIC, "m-1")
    assert mail.headers == {"X-Order": "1042", **list_headers(link)}
    assert mail.text is not None
    assert link in mail.text
    assert LINKS.preferences(World.key("m-1@example.com"), TOPIC, "m-1") in mail.text


def test_a_producers_own_link_gives_way() -> None:
    own = dict.fromkeys(("unsubscribe_url", "preferences_url"), "https://elsewhere.example")
    mail = prepared(LINKS, topic=TOPIC, data={"word": "hello", **own})
    assert "elsewhere" not in f"{mail.headers} {mail.text}"


@pytest.mark.parametrize(("links", "topic"), [(None, TOPIC), (LINKS, None)], ids=["no pages", "no topic"])
def test_where_nobody_can_leave_nothing_says_so(links: LeavingLinks | None, topic: str | None) -> None:
    mail = prepared(links, **({"topic": topic} if topic else {}))
    assert mail.headers == {}
    assert mail.text == "hello"
