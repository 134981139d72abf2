import re
from base64 import b64encode
from email import message_from_bytes, policy

import pytest

from postroad.contract.words import Status
from postroad.local.simulator.agents import AGENTS, Reader
from postroad.local.simulator.happenings import Happening, HappeningType
from postroad.local.simulator.web.shown import MOST_EVENTS
from tests.unit.simulator.inbox_world import (
    BY_MARKETING,
    HTML,
    NOW,
    SHOP_LINK,
    InboxWorld,
    bounced_suppression,
    refused_row,
    sent_row,
)

PDF = {
    "FileName": "invoice.pdf",
    "ContentType": "application/pdf",
    "RawContent": b64encode(b"%PDF-1.7").decode(),
}


def tabs(page: str) -> list[str]:
    return re.findall(r'data-tab="\d"[^>]*>(\w+)', page)


def test_tabs_name_the_parts_that_a_mail_has(world: InboxWorld) -> None:
    whole = ["HTML", "Text", "Headers", "Source", "Attachments", "Events", "Links"]
    assert tabs(world.get(f"/mails/{world.send(1)}").text) == whole
    text_alone = world.get(f"/mails/{world.send(2, html=None)}").text
    assert tabs(text_alone) == whole[1:]
    assert "plain &amp; simple" in text_alone, "the first part that there is"


def test_headers_tags_and_ids_are_told(world: InboxWorld) -> None:
    page = world.get(f"/mails/{world.send(7)}?part=headers").text
    for line in ("X-Order", "&lt;7&gt;", "postroad_message", "order-7", "postroad-local-transactional"):
        assert line in page


def test_links_say_whether_ses_tracks_them(world: InboxWorld) -> None:
    html = HTML + '<a href="mailto:help@shop.example">write</a><a href="javascript:alert(1)">run</a>'
    page = world.get(f"/mails/{world.send(1, html=html)}?part=links").text
    opened = re.findall(r'<a href="([^"]+)" target="_blank" rel="noopener noreferrer">', page)
    assert opened == [SHOP_LINK, "https://shop.example/reset"]
    assert "not tracked: marked ses:no-track" in page
    assert "not tracked: SES tracks http and https alone" in page
    assert 'href="javascript' not in page


def test_the_source_is_shown_and_downloaded(world: InboxWorld) -> None:
    ses_id = world.send(1, attachments=[PDF])
    page = world.get(f"/mails/{ses_id}?part=source").text
    assert "Subject: Order 1" in page
    answer = world.get(f"/mails/{ses_id}/source.eml")
    assert answer.headers["content-type"] == "message/rfc822"
    assert 'attachment; filename="order-1.eml"' in answer.headers["content-disposition"]
    read = message_from_bytes(answer.content, policy=policy.default)
    assert [each.get_filename() for each in read.iter_attachments()] == ["invoice.pdf"]


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("invoice.pdf", "invoice.pdf", "invoice.pdf"),
        ("Rechnung März.pdf", "Rechnung M_rz.pdf", "Rechnung%20M%C3%A4rz.pdf"),
        ('a";x="b.html', "a__x__b.html", "a%22%3Bx%3D%22b.html"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ("..\\x\u202egnp.exe", "_xgnp.exe", "_xgnp.exe"),
        ("...", "attachment", "attachment"),
    ],
)
def test_an_attachment_is_saved_under_a_safe_name(
    world: InboxWorld, name: str, plain: str, encoded: str
) -> None:
    evil = {**PDF, "FileName": name, "ContentType": "text/html"}
    answer = world.get(f"/mails/{world.send(1, attachments=[evil])}/attachments/0")
    assert answer.content == b"%PDF-1.7"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    disposition = answer.headers["content-disposition"]
    assert disposition == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def test_what_is_not_there_is_not_found(world: InboxWorld) -> None:
    ses_id = world.send(1, html=None)
    for path in ("attachments/0", "attachments/x", "html", "nothing"):
        assert world.get(f"/mails/{ses_id}/{path}").status_code == 404
    for path in ("", "/html", "/source.eml", "/attachments/0"):
        assert world.get(f"/mails/unknown{path}").status_code == 404


def test_the_frame_gets_the_mail_in_the_scheme_that_was_asked_for(world: InboxWorld) -> None:
    html = "<style>@media (prefers-color-scheme: dark) {p {color: white}}</style><p>hi</p>"
    ses_id = world.send(1, html=html)
    assert "/html?scheme=dark" in world.get(f"/mails/{ses_id}?scheme=dark").text
    assert world.get(f"/mails/{ses_id}/html").text == html, "as it was sent"
    for scheme in ("light", "dark"):
        shown = world.get(f"/mails/{ses_id}/html?scheme={scheme}")
        assert "prefers-color-scheme" not in shown.text
        assert f":root{{color-scheme:{scheme} !important}}" in shown.text
        assert "sandbox allow-popups" in shown.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("button", "reported"),
    [
        ("delivery", ["Delivery"]),
        ("delay", ["DeliveryDelay"]),
        ("bounce", ["Bounce"]),
        ("soft_bounce", ["Bounce"]),
        ("complaint", ["Complaint"]),
    ],
)
def test_each_button_of_the_mailbox_reports_its_event(
    world: InboxWorld, button: str, reported: list[str]
) -> None:
    ses_id = world.send(1)
    assert f'value="{button}"' in world.get(f"/mails/{ses_id}").text
    answer = world.submit(f"/mails/{ses_id}/events", type=button, back="?part=events&q=order")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/mails/{ses_id}?q=order&part=events"
    assert [event.type.value for event in world.recorder.events] == reported
    assert f"Latest: <strong>{reported[0]}</strong>" in world.get(answer.headers["location"]).text


@pytest.mark.parametrize("reader", [Reader.PERSON, Reader.MACHINE])
def test_a_reader_opens_and_clicks_with_its_own_user_agent(world: InboxWorld, reader: Reader) -> None:
    ses_id = world.send(1, by=BY_MARKETING)
    world.submit(f"/mails/{ses_id}/events", type="open", reader=reader)
    world.submit(f"/mails/{ses_id}/events", type="click", reader=reader, link=SHOP_LINK)
    opened, clicked = [event.payload for event in world.recorder.events]
    assert opened["open"]["userAgent"] == AGENTS[reader].user_agent  # type: ignore[index]  # SES's JSON
    assert clicked["click"]["link"] == SHOP_LINK  # type: ignore[index]  # as above
    assert clicked["click"]["ipAddress"] == AGENTS[reader].ip_address  # type: ignore[index]  # as above
    assert all(event.destinations for event in world.recorder.events)


def test_the_page_says_when_nobody_asked_for_an_event(world: InboxWorld) -> None:
    ses_id = world.send(1)
    for button, word in (("open", "open"), ("click", "click")):
        world.submit(f"/mails/{ses_id}/events", type=button, link=SHOP_LINK)
        said = f"Nobody asked for it: {word} tracking is off on the stream transactional."
        assert said in world.get(f"/mails/{ses_id}").text
    assert not any(event.destinations for event in world.recorder.events)


def test_a_click_on_a_link_without_tracking_is_no_news_to_ses(world: InboxWorld) -> None:
    ses_id = world.send(1, by=BY_MARKETING)
    world.submit(f"/mails/{ses_id}/events", type="click", link="https://shop.example/reset")
    (event,) = world.recorder.events
    assert event.destinations == ()
    page = world.get(f"/mails/{ses_id}?part=events").text
    assert "SES does not report it: marked ses:no-track." in page


def test_an_open_of_text_alone_is_no_news_to_ses(world: InboxWorld) -> None:
    ses_id = world.send(1, by=BY_MARKETING, html=None)
    world.submit(f"/mails/{ses_id}/events", type="open")
    assert world.recorder.events[0].unreported == "SES puts its pixel into HTML alone"


def test_a_scanner_opens_and_clicks_everything_within_a_second(world: InboxWorld) -> None:
    html = "".join(f'<a href="https://shop.example/{number}">x</a>' for number in range(20)) + HTML
    ses_id = world.send(1, by=BY_MARKETING, html=html)
    assert world.submit(f"/mails/{ses_id}/events", type="prefetch").status_code == 303
    events = world.recorder.events
    assert [event.type.value for event in events] == ["Open"] + ["Click"] * 22
    assert len({event.at for event in events}) == len(events)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert (events[-1].at - events[0].at).total_seconds() < 1
    assert [event.due for event in events] == [event.at for event in events]
    assert {event.summary for event in events[:1]} == {AGENTS[Reader.SCANNER].user_agent}
    assert [event.unreported for event in events if event.unreported] == ["marked ses:no-track"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"type": "explode"}, "type: &#39;explode&#39; is none of send, delivery, bounce"),
        ({"type": ""}, "prefetch"),
        ({"type": "open", "reader": "ghost"}, "reader: &#39;ghost&#39; is none of person, machine, scanner"),
        ({"type": "click"}, "link: name the link"),
        ({"type": "bounce", "recipient": "<b>@example.com"}, "recipient: not one of this mail"),
    ],
)
def test_a_wrong_form_names_the_field(world: InboxWorld, fields: dict[str, str], says: str) -> None:
    answer = world.submit(f"/mails/{world.send(1)}/events", **fields)
    assert answer.status_code == 400
    assert says in answer.text
    assert world.recorder.events == []


def test_the_record_stands_beside_the_events(world: InboxWorld) -> None:
    ses_id = world.send(1, template="order_confirmation")
    page = world.get(f"/mails/{ses_id}?part=events").text
    assert re.findall(r'data-event="(\w+)"', page) == ["Send", "Delivery"]
    assert "data-record-status>delivered<" in page
    assert "taken by the receiver&#39;s server" in page
    assert f"<dt>attempt 1</dt><dd>{ses_id}</dd>" in page


def test_a_suppression_shows_with_its_reason_and_since_when(world: InboxWorld) -> None:
    ses_id = world.send(1, template="order_confirmation")
    assert "data-suppressed" not in world.get(f"/mails/{ses_id}").text
    world.records.suppressions["k1.1"] = bounced_suppression(1)
    page = " ".join(world.get(f"/mails/{ses_id}").text.split())
    assert "Suppressed on all streams</strong> since" in page
    assert "22 November 2026 14:03:11 UTC</time>: hard bounce (by feedback)." in page


def test_a_mail_without_a_record_says_so(world: InboxWorld) -> None:
    ses_id = world.send(1)
    assert "hold no record of this message" in world.get(f"/mails/{ses_id}?part=events").text
    world.records.trouble = "Postroad's tables can't be read now (didn't answer: ReadTimeoutError)."
    world.seconds += 10
    answer = world.get(f"/mails/{ses_id}?part=events")
    assert answer.status_code == 200
    assert "can&#39;t be read now" in answer.text


@pytest.mark.parametrize("back", ["/mails/{id}?part=text", "/messages/refused-1"])
def test_an_address_is_taken_off_ses_s_own_list(world: InboxWorld, back: str) -> None:
    ses_id = world.send(1, template="order_confirmation")
    world.records.add(refused_row(1))
    world.submit(f"/mails/{ses_id}/events", type="bounce")
    where = back.format(id=ses_id)
    page = world.get(where).text
    assert "data-ses-list" in page
    (said,) = re.findall(r'name="back" value="(/[^"]*)"', page)
    answer = world.submit("/suppressed/remove", address="customer1@example.com", back=said)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    assert world.simulator.suppressed() == {}
    assert "data-ses-list" not in world.get(where).text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "/mails/\r\nX: y", ""]
)
def test_a_form_leads_nowhere_else(world: InboxWorld, back: str) -> None:
    answer = world.submit("/suppressed/remove", address="a@example.com", back=back)
    assert answer.headers["location"] == "/faults#suppressed"


def test_a_status_of_the_mail_and_its_meaning_head_the_page(world: InboxWorld) -> None:
    ses_id = world.send(1, template="welcome")
    world.records.add(sent_row(1, status=Status.DELIVERED, times={"accepted": NOW}))
    page = world.get(f"/mails/{ses_id}").text
    assert re.search(r'class="pill delivered" data-status>delivered<', page)
    assert "The receiver&#39;s server took it." in page


def test_a_mail_that_much_happened_to_is_shown_with_its_newest_events(world: InboxWorld) -> None:
    ses_id = world.send(1)
    for _ in range(300):
        world.simulator.report(ses_id, Happening(HappeningType.DELAY), now=NOW)
    page = world.get(f"/mails/{ses_id}?part=events").text
    assert page.count("data-event=") == MOST_EVENTS
    assert f'The newest {MOST_EVENTS}; <a href="/api/mails/{ses_id}">as JSON</a> all 302.' in page
    assert 'id="event-302"' in page, "each keeps its place in the page when another comes"
    assert "The newest" not in world.get(f"/mails/{world.send(2)}?part=events").text
