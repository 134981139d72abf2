"""Requests as the gateway hands them on: what counts as leaving, what doesn't, and what each is answered."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.web.answers import Kind, Leaves, Why
from postroad.web.forms import LONGEST_BODY, MOST_FIELDS, MULTIPART, URLENCODED
from postroad.web.http import HEADERS, Response, read_request
from postroad.web.pages import Pages
from postroad.web.requests import Form, Route
from postroad.web.unsubscribing import How, wish_of
from postroad.web.website import Website
from tests.web_world import NOON, World

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES = Pages(
    locales=["en", "es"],
    policy="default-src 'none'",
    pages={
        locale: {kind.value: [([], f"{kind.value} {locale} ", "")] for kind in Kind}
        for locale in ("en", "es")
    },
    topics={locale: {"": "mails"} for locale in ("en", "es")},
    rules={},
    wordings={},
    days={},
    likely_subtags={},
)
ONE_CLICK = "List-Unsubscribe=One-Click"


def event(
    world: World,
    method: str = "GET",
    body: str | None = None,
    *,
    kind: str = URLENCODED,
    encoded: bool = False,
    token: str | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    token = world.visit.token if token is None else token
    content = b64encode(body.encode()).decode() if encoded and body else body
    return {
        "version": "2.0",
        "routeKey": "ANY /u/{token}",
        "rawPath": f"/u/{token}",
        "rawQueryString": "",
        "headers": {"content-type": kind, "accept-language": "es", **(headers or {})},
        **({"queryStringParameters": dict(query)} if query else {}),
        "requestContext": {
            "requestId": "r-1",
            "http": {"method": method, "path": f"/u/{token}", "sourceIp": "192.0.2.7"},
        },
        "pathParameters": {"token": token},
        **({} if content is None else {"body": content}),
        "isBase64Encoded": encoded,
    }


def answer(world: World, **what: Any) -> Response:  # noqa: ANN401  as `event` takes it
    website = Website(sections={Route.LEAVING: world.unsubscribing}, pages=PAGES)
    return website.answer(read_request(event(world, **what)), now=NOON)[1]


def multipart(fields: Mapping[str, str], boundary: str = "xyz") -> str:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, f"--{boundary}--\r\n"])


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, URLENCODED),
        (ONE_CLICK, f"{URLENCODED}; charset=UTF-8"),
        ("list-unsubscribe=one-click", URLENCODED.upper()),
        (multipart({"List-Unsubscribe": "One-Click"}), f"{MULTIPART}; boundary=xyz"),
        (multipart({"List-Unsubscribe": "One-Click"}), f'{MULTIPART}; boundary="xyz"'),
    ],
    ids=["form", "with a charset", "in other letters", "multipart", "multipart, quoted"],
)
def test_one_click_leaves_without_cookie_or_login(body: str, kind: str, *, encoded: bool) -> None:
    world = World()
    response = answer(world, method="POST", body=body, kind=kind, encoded=encoded)
    assert (response["statusCode"], response["body"]) == (200, "left_topic es ")
    assert world.stopped(topic="product_updates")
    assert not world.stopped(topic="offers")


def test_the_pages_own_form_leaves_as_much_as_it_says() -> None:
    for leaves, page in (("topic", "left_topic"), ("all", "left_all")):
        world = World()
        response = answer(world, method="POST", body=f"leave={leaves}&reason=too_many")
        assert response["body"] == f"{page} es "
        assert world.stopped(topic="offers") is (leaves == "all")


def test_a_prefetcher_that_opens_everything_changes_nothing() -> None:
    world = World()
    for method in ("GET", "HEAD"):
        for query in (None, {"lang": "es"}, {"leave": "all"}, {"List-Unsubscribe": "One-Click"}):
            assert answer(world, method=method, query=query, body=ONE_CLICK)["statusCode"] == 200
    assert len(world.suppressions) == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "post"])
def test_any_other_method_changes_nothing(method: str) -> None:
    world = World()
    response = answer(world, method=method, body=ONE_CLICK)
    assert response["statusCode"] == 405
    assert response["headers"]["Allow"] == "GET, HEAD, POST"
    assert len(world.suppressions) == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (None, URLENCODED),
        ("", URLENCODED),
        ("List-Unsubscribe=Two-Clicks", URLENCODED),
        ("leave=everything", URLENCODED),
        ("leave=", URLENCODED),
        ("reason=too_many", URLENCODED),
        ('{"leave": "all"}', "application/json"),
        (ONE_CLICK, "text/plain"),
        (ONE_CLICK, ""),
        (ONE_CLICK + "&x=" + "y" * LONGEST_BODY, URLENCODED),
        (ONE_CLICK + "&x=" * MOST_FIELDS, URLENCODED),
        (multipart({"List-Unsubscribe": "One-Click"}), MULTIPART),
        (multipart({"List-Unsubscribe": "One-Click"}), f"{MULTIPART}; boundary=other"),
    ],
)
def test_a_post_that_does_not_say_so_leaves_nothing(body: str | None, kind: str) -> None:
    world = World()
    response = answer(world, method="POST", body=body, kind=kind)
    assert (response["statusCode"], response["body"]) == (400, "ask es ")
    assert len(world.suppressions) == 0


def test_a_body_that_is_no_base64_leaves_nothing() -> None:
    world = World()
    spoilt = {**event(world, "POST", ONE_CLICK), "isBase64Encoded": True, "body": "/"}
    website = Website(sections={Route.LEAVING: world.unsubscribing}, pages=PAGES)
    assert website.answer(read_request(spoilt), now=NOON)[1]["statusCode"] == 400


def test_a_reason_that_is_not_offered_is_not_kept() -> None:
    wish = wish_of(Form({"leave": ["topic"], "reason": ["ana.ruiz@example.com"]}))
    assert wish is not None
    assert (wish.leaves, wish.how, wish.why) == (Leaves.TOPIC, How.PAGE, None)
    offered = wish_of(Form({"leave": ["topic"], "reason": ["never_asked"]}))
    assert offered is not None
    assert offered.why is Why.NEVER_ASKED


def test_no_answer_ever_redirects_or_sets_a_cookie() -> None:
    world = World()
    bodies = (ONE_CLICK, "leave=all", "next=https://elsewhere.example", None)
    for method in ("GET", "HEAD", "POST", "PUT"):
        for body in bodies:
            query = {"next": "https://elsewhere.example", "url": "//elsewhere.example"}
            response = answer(world, method=method, body=body, query=query)
            assert response["statusCode"] // 100 != 3
            assert not {"Location", "Set-Cookie", "Refresh"} & set(response["headers"])
            assert "elsewhere" not in json.dumps(response)


@pytest.mark.parametrize(
    ("token", "status"), [(None, 200), ("", 404), ("a.b", 404), ("x" * 10_000, 404), ("%0d%0aX: y", 404)]
)
def test_every_answer_has_the_headers_that_protect_it(token: str | None, status: int) -> None:
    response = answer(World(), token=token, headers={"accept-language": "es\r\nX-Injected: yes"})
    assert response["statusCode"] == status
    assert response["headers"].items() >= HEADERS.items()
    assert response["headers"]["Cache-Control"] == "no-store"
    assert response["headers"]["Referrer-Policy"] == "no-referrer"
    assert response["headers"]["Content-Security-Policy"] == PAGES.policy
    assert not [value for value in response["headers"].values() if "\r" in value or "\n" in value]


def test_nothing_of_a_request_comes_back_in_its_answer() -> None:
    odd = "zq9-odd-zq9"
    response = answer(
        World(),
        method="POST",
        body=f"leave=topic&reason={odd}&{odd}={odd}",
        query={"lang": odd, odd: odd},
        headers={"accept-language": odd, "host": odd, "x-forwarded-host": odd, "cookie": odd},
    )
    assert odd not in json.dumps(response)


def test_known_and_unknown_addresses_get_the_same_bytes() -> None:
    known, unknown = World(), World()
    known.make_contact()
    for what in ({}, {"method": "POST", "body": ONE_CLICK}, {"method": "POST", "body": "leave=all"}):
        assert answer(known, **what) == answer(unknown, **what)


def test_head_is_get_without_its_body() -> None:
    got, headed = answer(World()), answer(World(), method="HEAD")
    assert headed == {**got, "body": ""}


def test_who_is_asked_to_wait_is_told_how_long() -> None:
    world = World()
    for _ in range(20):
        answer(world, method="POST", body=ONE_CLICK)
    response = answer(world, method="POST", body=ONE_CLICK)
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (429, "120")


@given(
    body=st.one_of(st.none(), st.text(max_size=200)),
    kind=st.sampled_from(
        [URLENCODED, MULTIPART, f"{MULTIPART}; boundary=x", "multipart/form-data; boundary=\r\n"]
    ),
    encoded=st.booleans(),
    token=st.text(max_size=50),
    accepted=st.text(max_size=50),
)
def test_no_request_is_an_error(
    body: str | None, kind: str, token: str, accepted: str, *, encoded: bool
) -> None:
    world = World()
    raw = {**event(world, "POST", kind=kind, token=token, headers={"accept-language": accepted})}
    raw |= {"body": body, "isBase64Encoded": encoded}
    website = Website(sections={Route.LEAVING: world.unsubscribing}, pages=PAGES)
    assert website.answer(read_request(raw), now=NOON)[1]["statusCode"] in {404, 429}
