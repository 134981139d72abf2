"""The button that mail programs show beside the sender, and the scanner that asks for every link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroad.local.simulator.deployed import Deployed
from postroad.local.simulator.one_click import BODY, OneClick, one_click_of
from tests.unit.simulator.inbox_world import BY_MARKETING, InboxWorld

PAGE = "https://localhost:4566/_aws/execute-api/abc/u/token"
FIELD, POST = ("List-Unsubscribe", f"<{PAGE}>"), ("List-Unsubscribe-Post", BODY)
BUTTON = '<button class="quiet" aria-describedby="one-click-note">Unsubscribe</button>'


def send(world: InboxWorld, *headers: tuple[str, str], html: str = "<p>News</p>") -> str:
    ses_id = world.send(1, by=BY_MARKETING, html=html)
    world.mail(ses_id).headers = headers
    return ses_id


def judged(world: InboxWorld, *headers: tuple[str, str]) -> OneClick | None:
    return one_click_of(world.mail(send(world, *headers)))


def test_a_mail_with_both_headers_has_the_button(world: InboxWorld) -> None:
    assert judged(world, FIELD, POST) == OneClick(url=PAGE)
    page = world.get(f"/mails/{send(world, FIELD, POST)}").text
    assert page.count(BUTTON) == 1
    assert "DKIM" in page


def test_header_names_have_no_case_and_a_mailto_stands_beside_the_link(world: InboxWorld) -> None:
    field = ("LIST-UNSUBSCRIBE", f"<mailto:leave@shop.example>, <{PAGE}>")
    assert judged(world, field, ("list-unsubscribe-post", f" {BODY} ")) == OneClick(url=PAGE)


def test_a_mail_without_the_headers_says_nothing_of_it(world: InboxWorld) -> None:
    assert judged(world) is None
    page = world.get(f"/mails/{send(world)}").text
    assert BUTTON not in page
    assert "no-one-click" not in page


@pytest.mark.parametrize(
    ("headers", "why_not"),
    [
        ([FIELD], "List-Unsubscribe-Post is missing"),
        ([POST], "List-Unsubscribe is missing"),
        ([FIELD, FIELD, POST], "List-Unsubscribe is there more than once"),
        ([FIELD, POST, POST], "List-Unsubscribe-Post is there more than once"),
        ([FIELD, (POST[0], "List-Unsubscribe=Yes")], "List-Unsubscribe-Post says something else"),
        ([(FIELD[0], "<http://localhost:4566/u/token>"), POST], "List-Unsubscribe has no https link"),
        ([(FIELD[0], "<mailto:leave@shop.example>"), POST], "List-Unsubscribe has no https link"),
        ([(FIELD[0], PAGE), POST], "List-Unsubscribe has no https link"),
        ([(FIELD[0], "<https://[::1/u>"), POST], "List-Unsubscribe has no https link"),
        ([(FIELD[0], "<https:///u/token>"), POST], "List-Unsubscribe has no https link"),
        ([(FIELD[0], f"<{PAGE}>, <{PAGE}2>"), POST], "List-Unsubscribe has more than one https link"),
    ],
)
def test_without_either_of_them_as_the_rfc_has_it_there_is_no_button(
    world: InboxWorld, headers: list[tuple[str, str]], why_not: str
) -> None:
    found = judged(world, *headers)
    assert found is not None
    assert (found.url, found.why_not.startswith(why_not)) == ("", True)
    ses_id = send(world, *headers)
    page = world.get(f"/mails/{ses_id}").text
    assert BUTTON not in page
    assert why_not in page
    assert world.submit(f"/mails/{ses_id}/unsubscribe").status_code == 400
    assert why_not in world.post(f"/api/mails/{ses_id}/unsubscribe", {}).json()["message"]
    assert world.asking.asked == []


def test_a_sender_that_ses_does_not_sign_for_has_no_button(world: InboxWorld) -> None:
    mail = world.mail(send(world, FIELD, POST))
    address = Deployed().identity_arn("orders@shop.example")
    found = one_click_of(replace(mail, source_arn=address))
    assert found is not None
    assert "no identity" in found.why_not


def test_the_button_posts_what_the_rfc_says_and_its_result_is_shown(world: InboxWorld) -> None:
    ses_id = send(world, FIELD, POST)
    answer = world.submit(f"/mails/{ses_id}/unsubscribe", back="?part=headers&q=order")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/mails/{ses_id}?q=order&part=headers")
    assert world.asking.asked == [("POST", PAGE, "List-Unsubscribe=One-Click")]
    page = world.get(f"/mails/{ses_id}").text
    assert "<strong>unsubscribed</strong>. The page answered 200." in page
    assert world.recorder.events == [], "SES knows nothing of what mail programs do"


@pytest.mark.parametrize(
    ("status", "trouble", "says"),
    [
        (404, "", "The page answered 404."),
        (302, "", "The page answered 302."),
        (0, "No answer came (ConnectError).", "No answer came (ConnectError)."),
    ],
)
def test_a_click_that_came_to_nothing_says_so(
    world: InboxWorld, status: int, trouble: str, says: str
) -> None:
    world.asking.answer(status, trouble)
    ses_id = send(world, FIELD, POST)
    told = world.post(f"/api/mails/{ses_id}/unsubscribe", {}).json()["asked"]
    assert (told["by"], told["status"], told["trouble"]) == ("one-click", status or None, trouble or None)
    assert f"<strong>nothing came of it</strong>. {says}" in world.get(f"/mails/{ses_id}").text


def test_a_scanner_gets_and_heads_each_link_once_and_posts_nothing(world: InboxWorld) -> None:
    html = f'<a href="{PAGE}">leave</a> <a href="https://shop.example/a">a</a> <a href="{PAGE}">again</a>'
    html += ' <a href="mailto:help@shop.example">write</a>'
    ses_id = send(world, FIELD, POST, html=html)
    assert world.submit(f"/mails/{ses_id}/events", type="prefetch").status_code == 303
    asked = [(method, url) for url in (PAGE, "https://shop.example/a") for method in ("GET", "HEAD")]
    assert world.asking.asked == [(method, url, "") for method, url in asked]
    page = world.get(f"/mails/{ses_id}?part=links").text
    assert page.count("The page answered 200.") == len(asked)
    assert "unsubscribed</strong>" not in page


def test_a_scanner_also_asks_for_the_link_that_only_the_header_has(world: InboxWorld) -> None:
    ses_id = send(world, FIELD, POST)
    told = world.post(f"/api/mails/{ses_id}/prefetch", {}).json()["asked"]
    assert [(each["by"], each["method"], each["url"]) for each in told] == [
        ("scanner", "GET", PAGE),
        ("scanner", "HEAD", PAGE),
    ]
    assert world.get(f"/api/mails/{ses_id}").json()["asked"] == told


def test_an_unknown_mail_has_no_button(world: InboxWorld) -> None:
    assert world.submit("/mails/unknown/unsubscribe").status_code == 404
    assert world.post("/api/mails/unknown/unsubscribe", {}).status_code == 404
