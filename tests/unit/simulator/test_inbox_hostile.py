"""What strangers write is shown as text, and other sites change nothing."""

import re
from base64 import b64encode
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from postroad.contract.words import Reason, Status
from tests.unit.simulator.inbox_world import FORM, HOME, InboxWorld, refused_row, sent_row

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
PARTS = ("html", "text", "headers", "source", "attachments", "events", "links")


class Tags(HTMLParser):
    """Every tag of a page, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(page: str) -> None:
    tags = Tags(page).found
    assert [attributes.get("src") for tag, attributes in tags if tag == "script"] == [
        "/static/theme.js",
        "/static/inbox.js",
    ]
    assert not [tag for tag, _ in tags if tag in {"img", "style", "object", "embed", "base"}]
    for _, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction"):
            assert re.match(r"https://shop\.example/|[/?#]|data:,$|$", attributes.get(name) or "")


def hostile(world: InboxWorld) -> str:
    ses_id = world.send(
        1,
        to='"<script>alert(1)</script>" <a@example.com>',
        subject=EVIL,
        text=EVIL,
        html=f"{EVIL}<a href='https://shop.example/?{urlencode({'x': EVIL})}'>{EVIL}</a><a href='{EVIL}'>x",
        attachments=[
            {"FileName": EVIL, "ContentType": "text/<script>", "RawContent": b64encode(b"x").decode()}
        ],
    )
    row = sent_row(1, template=EVIL, detail=EVIL, notes=(EVIL,), tags={EVIL: EVIL}, email=EVIL, reason=EVIL)
    world.records.add(row)
    return ses_id


@pytest.mark.parametrize("part", PARTS)
def test_a_mail_runs_nothing_in_the_inbox(world: InboxWorld, part: str) -> None:
    page = world.get(f"/mails/{hostile(world)}?part={part}")
    assert page.status_code == 200
    assert_harmless(page.text)
    assert "&lt;script&gt;" in page.text


def test_a_list_and_a_record_run_nothing(world: InboxWorld) -> None:
    hostile(world)
    world.records.add(
        refused_row(
            2,
            status=Status.INVALID,
            reason=Reason.SCHEMA,
            detail=EVIL,
            email=EVIL,
            stream=EVIL,
            template=EVIL,
        )
    )
    for path in ("/", "/not-sent", "/messages/order-1", "/messages/refused-2"):
        page = world.get(path).text
        assert_harmless(page)
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "name", ["q", "stream", "template", "status", "to", "offset", "part", "width", "scheme"]
)
@pytest.mark.parametrize("path", ["/", "/not-sent", "/mails/{id}", "/messages/order-1"])
def test_a_query_runs_nothing(world: InboxWorld, path: str, name: str) -> None:
    page = world.get(path.format(id=hostile(world)) + "?" + urlencode({name: EVIL}))
    assert page.status_code == 200
    assert_harmless(page.text)


@pytest.mark.parametrize("path", ["/faults", "/account"])
def test_a_refused_form_runs_nothing(world: InboxWorld, path: str) -> None:
    fields = ("kind", "times", "skip", "seconds", "recipient", "rate", "quota", "enforcement", "event_order")
    page = world.submit(path, **dict.fromkeys(fields, EVIL))
    assert page.status_code == 400
    assert_harmless(page.text)


def test_a_fault_and_a_suppressed_address_run_nothing(world: InboxWorld) -> None:
    world.submit("/faults", kind="throttle", recipient=EVIL)
    world.simulator.suppress(EVIL, "BOUNCE", now=world.clock.now())
    page = world.get("/faults").text
    assert_harmless(page)
    assert page.count("&lt;script&gt;") >= 2


@pytest.mark.parametrize("header", ["subject", "file name"])
def test_nothing_reaches_a_header_of_an_answer(world: InboxWorld, header: str) -> None:
    evil = "x\u2028Set-Cookie: a=b"
    file = {"FileName": evil, "ContentType": "text/plain", "RawContent": ""}
    ses_id = world.send(1, subject=evil if header == "subject" else "", attachments=[file])
    for path in ("", "/source.eml", "/attachments/0"):
        answer = world.get(f"/mails/{ses_id}{path}")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/mails/{id}"])
def test_a_name_that_turns_the_writing_round_turns_no_address(world: InboxWorld, path: str) -> None:
    ses_id = world.send(1, to='"=?utf-8?q?=E2=80=AEmoc=2Eknab?=" <thief@example.com>')
    page = world.get(path.format(id=ses_id)).text
    assert "<bdi>\u202emoc.knab</bdi>" in page
    assert re.search(r"<bdi[^>]*>thief@example\.com</bdi>", page)
    assert page.count("\u202e") == page.count("<bdi>\u202e")


def test_a_mail_s_frame_asks_nobody_for_anything(world: InboxWorld) -> None:
    """Not even for an address or a connection: no policy about content covers these."""
    ses_id = world.send(1, html='<link rel="preconnect" href="https://tells.example"><p>hi</p>')
    frame = world.get(f"/mails/{ses_id}/html?scheme=light")
    assert "<link" not in frame.text
    assert frame.headers["x-dns-prefetch-control"] == "off"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {},
        {"origin": HOME, "host": "evil.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "path",
    [
        "/faults",
        "/faults/clear",
        "/account",
        "/suppressed/remove",
        "/mails/{id}/events",
        "/mails/{id}/unsubscribe",
        "/api/mails/{id}/unsubscribe",
    ],
)
def test_another_site_s_form_changes_nothing(world: InboxWorld, path: str, headers: dict[str, str]) -> None:
    ses_id = world.send(1)
    world.submit("/faults", kind="throttle", recipient="nobody@example.com")
    world.simulator.suppress("a@example.com", "BOUNCE", now=world.clock.now())
    before = world.simulator.changes
    body = b"type=bounce&kind=quota&address=a@example.com&rate=1&quota=1&enforcement=SHUTDOWN"
    answer = world.call("POST", path.format(id=ses_id), content=body, content_type=FORM, **headers)
    assert answer.status_code == 403
    assert world.simulator.changes == before
    assert world.recorder.events == []
    assert world.asking.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/account",
        "/faults/clear",
        "/suppressed/remove",
        "/api/suppressed/remove",
        "/api/mails/{id}/prefetch",
        "/api/mails/{id}/unsubscribe",
        "/mails/{id}/unsubscribe",
    ],
)
def test_reading_changes_nothing(world: InboxWorld, path: str) -> None:
    ses_id = world.send(1)
    before = world.simulator.changes
    assert world.get(path.format(id=ses_id)).status_code == 405
    for page in (
        "/",
        "/not-sent",
        "/faults",
        f"/mails/{ses_id}?part=source",
        "/messages/order-1",
        "/api/not-sent",
    ):
        world.get(page)
    assert world.simulator.changes == before
