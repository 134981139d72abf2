"""The router: which section answers, what a body may be, and that each page shows only its own words."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.web.answers import Answer, Kind
from postroad.web.cutting import cut, place, stands, when
from postroad.web.errors import RingUnavailableError
from postroad.web.forms import JSON, LONGEST_BODY, MOST_FIELDS, MULTIPART, URLENCODED, read_form
from postroad.web.http import read_request
from postroad.web.pages import Pages
from postroad.web.requests import SERVED, Form, Route, Visit
from postroad.web.website import Website
from tests.web_world import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.web.http import Response

PAGES = Pages(
    locales=["en", "es"],
    policy="default-src 'none'",
    pages={locale: {kind.value: [([], kind.value, "")] for kind in Kind} for locale in ("en", "es")},
    topics={locale: {"": "mails"} for locale in ("en", "es")},
    rules={},
    wordings={},
    days={},
    likely_subtags={},
)


@dataclass
class Recorder:
    """A section that notes what it was asked."""

    looked: list[Visit] = field(default_factory=list)
    acted: list[tuple[Visit, Form | None]] = field(default_factory=list)

    def look(self, visit: Visit, *, now: datetime) -> Answer:
        assert now == NOON
        self.looked.append(visit)
        return Answer(Kind.ASK)

    def act(self, visit: Visit, form: Form | None, *, now: datetime) -> Answer:
        assert now == NOON
        self.acted.append((visit, form))
        return Answer(Kind.ASK, refused=form is None)


def event(route: str, method: str = "GET", body: str | None = None, kind: str = URLENCODED) -> dict[str, Any]:
    return {
        "routeKey": f"ANY {route}",
        "rawPath": "/elsewhere",
        "headers": {"content-type": kind, "accept-language": "es"},
        "requestContext": {"requestId": "r-1", "http": {"method": method, "sourceIp": "192.0.2.7"}},
        "pathParameters": {"token": "t"},
        "body": body,
        "isBase64Encoded": False,
    }


def ask(sections: Mapping[Route, Recorder], given: dict[str, Any]) -> Response:
    return Website(sections=sections, pages=PAGES).answer(read_request(given), now=NOON)[1]


@pytest.mark.parametrize("route", list(Route))
def test_a_route_leads_to_its_own_section_and_no_other(route: Route) -> None:
    sections = {each: Recorder() for each in Route}
    assert ask(sections, event(route))["statusCode"] == 200
    assert ask(sections, event(route, "HEAD"))["body"] == ""
    assert ask(sections, event(route, "POST", "a=b"))["statusCode"] == 200
    for each, section in sections.items():
        assert (len(section.looked), len(section.acted)) == ((2, 1) if each is route else (0, 0))
    visit = Visit("t", "192.0.2.7", "r-1", "es")
    assert sections[route].acted == [(visit, Form({"a": ["b"]}))]


@pytest.mark.parametrize("route", ["/x/{token}", "$default", "", "/u/{other}", "/u/t", "/P/{token}"])
def test_what_is_no_route_leads_nowhere(route: str) -> None:
    section = Recorder()
    for method in ("GET", "POST", "PUT"):
        response = ask(dict.fromkeys(Route, section), event(route, method, "a=b"))
        assert (response["statusCode"], response["body"]) == (404, "unknown")
    assert (section.looked, section.acted) == ([], [])


def test_a_route_without_its_section_leads_nowhere() -> None:
    assert ask({Route.LEAVING: Recorder()}, event(Route.PREFERENCES))["statusCode"] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "post", "TRACE"])
def test_any_other_method_reaches_no_section(method: str) -> None:
    section = Recorder()
    response = ask({Route.PREFERENCES: section}, event(Route.PREFERENCES, method, "a=b"))
    assert (response["statusCode"], response["headers"]["Allow"]) == (405, "GET, HEAD, POST")
    assert (section.looked, section.acted) == ([], [])


def test_no_body_of_a_get_is_read() -> None:
    request = read_request(event(Route.PREFERENCES, "GET", "do=leave"))
    assert request.form is None


@pytest.mark.parametrize("route", [Route.LEAVING, Route.PREFERENCES, Route.CONFIRMING])
def test_json_is_no_form_where_a_form_is_due(route: Route) -> None:
    request = read_request(event(route, "POST", '{"do": "leave"}', JSON))
    assert (request.form, request.json) == (None, False)


def test_a_sign_up_may_be_json_and_is_answered_by_json() -> None:
    section = Recorder()
    body = json.dumps({"Email": "ana.ruiz@example.com", "topics": ["offers", "news"]})
    request = event(Route.SUBSCRIBING, "POST", body, f"{JSON}; charset=utf-8")
    response = ask({Route.SUBSCRIBING: section}, request)
    assert response["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(response["body"]) == {"answer": "ask"}
    (_, form) = section.acted[0]
    assert form is not None
    assert form.fields == {"email": ["ana.ruiz@example.com"], "topics": ["offers", "news"]}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '"x"',
        "{",
        '{"a": 1}',
        '{"a": null}',
        '{"a": {"b": "c"}}',
        '{"a": ["b", 1]}',
        '{"a": [["b"]]}',
        "[" * 100_000,
        '{"a":' * 5_000,
        json.dumps({str(number): "x" for number in range(MOST_FIELDS + 1)}),
        json.dumps({"a": "x" * LONGEST_BODY}),
        "\ud800",
        "NaN",
    ],
)
def test_json_that_is_no_flat_object_of_texts_is_no_form(body: str) -> None:
    section = Recorder()
    response = ask({Route.SUBSCRIBING: section}, event(Route.SUBSCRIBING, "POST", body, JSON))
    assert response["statusCode"] == 400
    assert section.acted[0][1] is None


def test_a_field_that_is_given_twice_keeps_both_values_in_their_order() -> None:
    read = read_form({"body": "topic=a&topic=b&Topic=c&x="}, URLENCODED)
    assert read is not None
    assert read.all("topic") == ["a", "b", "c"]
    assert (read.one("topic"), read.one("x"), read.one("none"), list(read.all("none"))) == ("a", "", "", [])


def test_a_form_of_too_many_fields_or_bytes_is_none() -> None:
    most = "&".join(f"f={number}" for number in range(MOST_FIELDS))
    assert read_form({"body": most}, URLENCODED) is not None
    assert read_form({"body": f"{most}&f=1"}, URLENCODED) is None
    assert read_form({"body": "f=" + "x" * (LONGEST_BODY - 2)}, URLENCODED) is not None
    assert read_form({"body": "f=" + "x" * (LONGEST_BODY - 1)}, URLENCODED) is None
    assert read_form({"body": "f=" + "x" * 10_000_000}, URLENCODED) is None
    encoded = b64encode(b"f=" + b"x" * LONGEST_BODY).decode()
    assert read_form({"body": encoded, "isBase64Encoded": True}, URLENCODED) is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_comes_while_nobody_can_tell_whose_link_it_is_is_asked_to_come_again(method: str) -> None:
    class Helpless:
        def look(self, _visit: Visit, *, now: datetime) -> Answer:
            raise RingUnavailableError(f"Secrets Manager didn't answer at {now}")

        def act(self, _visit: Visit, _form: Form | None, *, now: datetime) -> Answer:
            raise RingUnavailableError(f"Secrets Manager didn't answer at {now}")

    errors: list[BaseException] = []
    website = Website(sections={Route.LEAVING: Helpless()}, pages=PAGES, on_error=errors.append)
    request = read_request(
        {
            "routeKey": f"ANY {Route.LEAVING}",
            "pathParameters": {"token": "x"},
            "requestContext": {"http": {"method": method, "sourceIp": "192.0.2.7"}, "requestId": "r-1"},
        }
    )
    _, response = website.answer(request, now=NOON)
    assert response["statusCode"] == 503
    assert response["headers"]["Retry-After"]
    assert [type(error) for error in errors] == [RingUnavailableError]


def test_a_multipart_form_of_too_many_parts_is_none() -> None:
    part = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'
    assert read_form({"body": part * 3 + "--b--\r\n"}, f"{MULTIPART}; boundary=b") == Form({"f": ["x"] * 3})
    assert len(part) * (MOST_FIELDS + 1) > LONGEST_BODY / 2
    assert read_form({"body": part * (MOST_FIELDS + 1) + "--b--\r\n"}, f"{MULTIPART}; boundary=b") is None


@given(
    st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=20), min_size=1, max_size=3), max_size=9)
)
def test_whatever_a_browser_writes_is_read_back(fields: dict[str, list[str]]) -> None:
    body = urlencode({name: values for name, values in fields.items() if name}, doseq=True)
    read = read_form({"body": body}, URLENCODED)
    assert read is not None
    expected: dict[str, list[str]] = {}
    for name, values in fields.items():
        if name:
            expected.setdefault(name.lower(), []).extend(values)
    assert read.fields == expected


def test_what_is_served_is_a_route_with_a_section() -> None:
    assert set(SERVED) <= set(Route)
    assert {Route.LEAVING, Route.PREFERENCES} <= set(SERVED)


def shown(page: str, *marks: str) -> str:
    given = frozenset(marks)
    pieces = [(html, where) for needs, html, where in cut(page) if stands(needs, given)]
    return "".join(f"{html}<{where}>" if where else html for html, where in pieces)


def test_a_part_stands_where_its_marks_say_so() -> None:
    page = "a" + when("x", lambda: "b" + when("!y", lambda: "c") + "d") + "e" + place("day") + "f"
    assert shown(page) == "ae<day>f"
    assert shown(page, "x") == "abcde<day>f"
    assert shown(page, "x", "y") == "abde<day>f"
    assert shown(page, "y") == "ae<day>f"


@pytest.mark.parametrize("page", ["\ue000x\ue001 a", "a \ue002", "\ue000x\ue001 a \ue002 b \ue002"])
def test_a_part_without_its_end_or_beginning_is_a_mistake(page: str) -> None:
    with pytest.raises(ValueError, match="of the page"):
        cut(page)


@given(st.frozensets(st.text(max_size=5), max_size=5))
def test_no_mark_ever_brings_words_of_its_own(marks: frozenset[str]) -> None:
    page = "a" + when("x", lambda: "b") + when("!z", lambda: "c")
    assert set(shown(page, *marks)) <= {"a", "b", "c"}
