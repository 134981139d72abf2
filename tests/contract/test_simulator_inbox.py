"""The inbox over HTTP: its page, its API, and what it refuses; no socket but the event loop's own."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from postroad.clock import FixedClock
from postroad.contract.tags import ses_tags
from postroad.local.simulator.api import Api
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.deployed import ConfigurationSet, Deployed, EventDestination
from postroad.local.simulator.guard import OnlyThisMachine
from postroad.local.simulator.hooks import counted_ids
from postroad.local.simulator.mail import EventType
from postroad.local.simulator.options import Options
from postroad.local.simulator.pages import Pages
from tests.recorder import Recorder

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:000000000000:feedback"
HOME = "http://127.0.0.1:8025"
FORM = "application/x-www-form-urlencoded"


class Inbox:
    def __init__(self) -> None:
        types = frozenset(EventType.__members__) - {"OPEN"}
        chosen = ConfigurationSet("transactional", (EventDestination("feedback", TOPIC, types),))
        self.simulator = Simulator(Deployed.of(["shop.example"], [chosen]))
        self.recorder = Recorder()
        self._new_id = counted_ids()
        clock = FixedClock(NOW)
        api = Api(self.simulator, publisher=self.recorder, clock=clock, options=Options())
        pages = Pages(self.simulator, publisher=self.recorder, clock=clock)
        self._app = OnlyThisMachine(Starlette(routes=pages.routes() + api.routes()), port=8025)

    def call(self, method: str, path: str, *, content: bytes = b"", **headers: str) -> httpx.Response:
        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, content=content, headers=named)

        return asyncio.run(request())

    def get(self, path: str, *, host: str = "127.0.0.1:8025") -> httpx.Response:
        return self.call("GET", path, host=host)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.call("POST", path, content=msgspec.json.encode(body), content_type="application/json")

    def send(self, number: int = 1, *, to: str = "", subject: str = "", html: str = "<p>hi</p>") -> str:
        tags = ses_tags(f"order-{number}", 1, {"order": str(number)})
        body = msgspec.json.encode(
            {
                "FromEmailAddress": "orders@shop.example",
                "Destination": {"ToAddresses": [to or f"customer{number}@example.com"]},
                "Content": {
                    "Simple": {
                        "Subject": {"Data": subject or f"Order {number}"},
                        "Body": {"Text": {"Data": "plain & simple"}, "Html": {"Data": html}},
                        "Headers": [{"Name": "X-Order", "Value": f"<{number}>"}],
                    }
                },
                "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
                "ConfigurationSetName": "transactional",
            }
        )
        ses_message_id = self._new_id()
        outcome = self.simulator.send_email(
            body, now=NOW + timedelta(seconds=number), ses_message_id=ses_message_id
        )
        assert outcome.mail is not None
        return ses_message_id


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def test_the_api_lists_newest_first_in_pages(inbox: Inbox) -> None:
    for number in range(1, 6):
        inbox.send(number)
    page = inbox.get("/api/mails?limit=2&offset=1").json()
    assert page["total"] == 5
    assert [mail["message_id"] for mail in page["mails"]] == ["order-4", "order-3"]
    assert page["mails"][0]["status"] == "delivered"
    assert inbox.get("/api/mails?message_id=order-2").json()["total"] == 1
    assert inbox.get("/api/mails?to=CUSTOMER2@example.com").json()["total"] == 1
    assert inbox.get("/api/mails?q=order+3").json()["total"] == 1
    assert inbox.get("/api/mails?status=bounced").json()["total"] == 0
    assert inbox.get("/api/mails?status=lost").status_code == 400
    assert inbox.get("/api/mails?limit=many").status_code == 400


def test_the_api_shows_one_mail_whole(inbox: Inbox) -> None:
    mail = inbox.get(f"/api/mails/{inbox.send()}").json()
    assert (mail["text"], mail["html"]) == ("plain & simple", "<p>hi</p>")
    assert mail["headers"] == [{"name": "X-Order", "value": "<1>"}]
    assert [(event["type"], event["destinations"]) for event in mail["events"]] == [
        ("Send", [TOPIC]),
        ("Delivery", [TOPIC]),
    ]
    assert mail["events"][1]["payload"]["delivery"]["recipients"] == ["customer1@example.com"]
    assert inbox.get("/api/mails/unknown").status_code == 404


def test_counts_name_each_message_and_refusal(inbox: Inbox) -> None:
    inbox.send(7)
    inbox.send(7)
    inbox.simulator.send_email(b"{}", now=NOW, ses_message_id="x")
    counts = inbox.get("/api/counts").json()
    assert (counts["accepted"], counts["by_message_id"]) == (2, {"order-7": 2})
    assert counts["refused"] == {"BadRequestException": 1}
    assert counts["events"]["given_up"] == 0


def test_a_reported_event_is_published(inbox: Inbox) -> None:
    ses_message_id = inbox.send()
    answer = inbox.post(f"/api/mails/{ses_message_id}/events", {"type": "complaint", "copies": 2})
    assert (answer.status_code, answer.json()["destinations"]) == (201, [TOPIC])
    assert [event.type.value for event in inbox.recorder.events] == ["Complaint", "Complaint"]
    assert inbox.get(f"/api/mails/{ses_message_id}").json()["status"] == "complained"
    assert inbox.get("/api/suppressed").json()["addresses"][0]["reason"] == "COMPLAINT"
    assert inbox.post(f"/api/mails/{ses_message_id}/events", {"type": "open"}).json()["destinations"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/mails/unknown/events", {"type": "bounce"}, 404),
        ("/api/mails/{id}/events", {"type": "explosion"}, 400),
        ("/api/mails/{id}/events", {"type": "bounce", "subtype": "Odd"}, 400),
        ("/api/mails/{id}/events", {"type": "bounce", "extra": 1}, 400),
        ("/api/mails/{id}/events", [], 400),
        ("/api/faults", {"kind": "odd"}, 400),
        ("/api/faults", {"kind": "throttle", "times": -1}, 400),
        ("/api/settings", {"account": {"rate": 0}}, 400),
        ("/api/settings", {"options": {"event_order": "sideways"}}, 400),
        ("/api/settings", {"odd": {}}, 400),
    ],
)
def test_the_api_says_what_is_wrong(inbox: Inbox, path: str, body: object, status: int) -> None:
    answer = inbox.post(path.format(id=inbox.send()), body)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert inbox.recorder.events == []


def test_faults_and_settings_over_the_api(inbox: Inbox) -> None:
    inbox.post("/api/faults", {"kind": "throttle", "times": None, "recipient": "a*"})
    assert [fault["kind"] for fault in inbox.get("/api/faults").json()["faults"]] == ["throttle"]
    assert inbox.post("/api/faults/clear", {}).json() == {"faults": []}
    change = {"account": {"rate": 5, "sandbox": True}, "options": {"event_order": "before_answer"}}
    settings = inbox.post("/api/settings", change).json()
    assert (settings["account"]["rate"], settings["account"]["sandbox"]) == (5, True)
    assert inbox.get("/api/settings").json()["options"] == {"event_order": "before_answer"}
    assert inbox.get("/api/settings").json()["account"]["quota"] == 1_000_000


def test_clear_forgets_mails_and_counts(inbox: Inbox) -> None:
    inbox.send()
    inbox.post("/api/clear", {})
    assert inbox.get("/api/counts").json()["by_message_id"] == {}
    assert inbox.get("/api/mails").json() == {"total": 0, "mails": []}


def test_the_page_lists_and_searches(inbox: Inbox) -> None:
    assert "No mail yet" in inbox.get("/").text
    for number in range(1, 61):
        inbox.send(number)
    first = inbox.get("/")
    assert first.text.count("data-mail=") == 50
    assert "1–50 of 60" in first.text
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first.text)
    second = inbox.get(older.replace("&amp;", "&")).text
    assert "51–60 of 60" in second
    assert 'rel="next"' not in second
    found = inbox.get("/?q=order-17&status=delivered").text
    assert "1–1 of 1" in found
    assert "order 17" in found, "the producer's tag, decoded"
    assert "No mail matches" in inbox.get("/?q=nothing").text
    assert "51–60 of 60" in inbox.get("/?offset=100000").text
    assert "1–50 of 60" in inbox.get("/?offset=" + "9" * 5000).text


def test_what_the_sender_wrote_is_shown_as_text(inbox: Inbox) -> None:
    evil = "<script>alert(1)</script>"
    ses_message_id = inbox.send(subject=evil, to='"<b>x" <a@example.com>', html=evil)
    for path in ("/", f"/mails/{ses_message_id}", f"/mails/{ses_message_id}?part=headers"):
        page = inbox.get(path).text
        assert evil not in page
        assert "<b>x" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "name",
    ["=?utf-7?q?+2AA-?=", "=?unicode_escape?q?=5Cud800?=", "=?utf-8?q?=ED=A0=80?=", "=?unknown-8bit?q?=FF?="],
)
def test_a_name_that_decodes_to_no_text_leaves_the_inbox_readable(inbox: Inbox, name: str) -> None:
    ses_message_id = inbox.send(to=f"{name} <a@example.com>")
    for path in ("/", f"/mails/{ses_message_id}"):
        answer = inbox.get(path)
        assert (answer.status_code, "a@example.com" in answer.text) == (200, True)


def test_the_mails_html_is_locked_in(inbox: Inbox) -> None:
    ses_message_id = inbox.send(html="<p>exactly</p>")
    page = inbox.get(f"/mails/{ses_message_id}").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert f'src="/mails/{ses_message_id}/html?scheme=light"' in page
    frame = inbox.get(f"/mails/{ses_message_id}/html")
    assert frame.text == "<p>exactly</p>"
    policy = frame.headers["content-security-policy"].split("; ")
    locked = "sandbox allow-popups allow-popups-to-escape-sandbox"
    assert {"default-src 'none'", locked, "img-src data:", "frame-ancestors 'self'"} <= set(policy)


def test_no_page_may_load_or_run_anything_but_our_own_files(inbox: Inbox) -> None:
    ses_message_id = inbox.send()
    for path in ("/", f"/mails/{ses_message_id}", "/mails/unknown", "/not-sent", "/faults", "/messages/x"):
        answer = inbox.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; connect-src 'self'; style-src")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        for script in re.findall(r"<script[^>]*>.*?</script>", answer.text):
            assert re.fullmatch(r'<script( type="module")? src="/static/[a-z]+\.js"></script>', script)
        assert not re.search(r"\s(style|on[a-z]+)=", answer.text)
        assert "http" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', answer.text))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert inbox.get("/static/base.css").headers["content-type"].startswith("text/css")
    assert inbox.get("/static/inbox.js").headers["content-type"].startswith("text/javascript")
    assert inbox.get("/static/..%2Fbase.html").status_code == 404


def test_parts_of_a_mail(inbox: Inbox) -> None:
    ses_message_id = inbox.send()
    assert "plain &amp; simple" in inbox.get(f"/mails/{ses_message_id}?part=text").text
    assert "X-Order" in inbox.get(f"/mails/{ses_message_id}?part=headers").text
    assert 'class="frame phone' in inbox.get(f"/mails/{ses_message_id}?width=phone").text
    assert inbox.get(f"/mails/{ses_message_id}?part=odd").status_code == 200
    assert inbox.get("/mails/unknown").status_code == 404


@pytest.mark.parametrize(
    ("button", "published"),
    [("bounce", ["Bounce"]), ("soft_bounce", ["Bounce"]), ("complaint", ["Complaint"]), ("odd", [])],
)
def test_buttons_report_through_the_real_path(inbox: Inbox, button: str, published: list[str]) -> None:
    ses_message_id = inbox.send()
    page = inbox.get(f"/mails/{ses_message_id}").text
    assert (f'value="{button}"' in page) == bool(published)
    path = f"/mails/{ses_message_id}/events"
    answer = inbox.call("POST", path, content=f"type={button}".encode(), content_type=FORM, origin=HOME)
    assert answer.status_code == (303 if published else 400)
    assert [event.type.value for event in inbox.recorder.events] == published
    assert all(event.destinations == (TOPIC,) for event in inbox.recorder.events)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8025", "localhost", "127.0.0.1:9999", ""])
@pytest.mark.parametrize("path", ["/", "/api/mails", "/static/base.css", "/live", "/nowhere"])
def test_a_rebound_name_reads_nothing(inbox: Inbox, host: str, path: str) -> None:
    inbox.send()
    answer = inbox.get(path, host=host)
    assert answer.status_code == 403
    assert "customer" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example", "content_type": FORM},
        {"origin": "http://evil.example", "content_type": "application/json"},
        {"origin": "null", "content_type": FORM},
        {"origin": "https://127.0.0.1:8025", "content_type": FORM},
        {"origin": "http://127.0.0.1:3000", "content_type": FORM},
        {"content_type": FORM},
        {"content_type": "text/plain"},
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "path", ["/mails/{id}/events", "/api/mails/{id}/events", "/api/clear", "/api/faults"]
)
def test_another_site_changes_nothing(inbox: Inbox, path: str, headers: dict[str, str]) -> None:
    ses_message_id = inbox.send()
    content = b"type=bounce" if FORM in headers.values() else b'{"type": "bounce"}'
    answer = inbox.call("POST", path.format(id=ses_message_id), content=content, **headers)
    assert answer.status_code == 403
    assert inbox.recorder.events == []
    assert inbox.simulator.mailbag.accepted == 1


@pytest.mark.parametrize("host", ["localhost:8025", "127.0.0.1:8025", "[::1]:8025"])
def test_each_name_of_the_loopback_is_welcome(inbox: Inbox, host: str) -> None:
    assert inbox.get("/", host=host).status_code == 200
    answer = inbox.call(
        "POST", "/api/clear", host=host, origin=f"http://{host}", content_type="application/json"
    )
    assert answer.status_code == 200


def test_get_changes_nothing(inbox: Inbox) -> None:
    ses_message_id = inbox.send()
    for path in ("/api/clear", "/api/faults/clear", f"/mails/{ses_message_id}/events"):
        assert inbox.get(path).status_code == 405
    assert inbox.simulator.mailbag.accepted == 1
