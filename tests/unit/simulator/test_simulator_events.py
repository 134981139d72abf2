import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postroad.local.simulator import events
from postroad.local.simulator.happenings import Happening, HappeningType
from postroad.local.simulator.mail import SesEvent

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk

DOCUMENTED = Path(__file__).parents[2] / "events"
BOUNCE_TYPES = {
    "Permanent": HappeningType.BOUNCE,
    "Transient": HappeningType.SOFT_BOUNCE,
    "Undetermined": HappeningType.UNDETERMINED_BOUNCE,
}

CASES: list[tuple[str, Happening]] = [
    ("send", Happening(HappeningType.SEND)),
    ("delivery", Happening(HappeningType.DELIVERY)),
    ("reject", Happening(HappeningType.REJECT)),
    ("rendering_failure", Happening(HappeningType.RENDERING_FAILURE)),
    ("open", Happening(HappeningType.OPEN)),
    ("click", Happening(HappeningType.CLICK, link="https://shop.example/orders/1042")),
    ("open_by_machine", Happening(HappeningType.OPEN, is_bot=True)),
    ("click_by_machine", Happening(HappeningType.CLICK, link="https://shop.example", is_bot=True)),
    *(
        (
            "bounce_undetermined"
            if kind.type == "Undetermined"
            else f"bounce_{kind.type}_{kind.sub_type}".lower(),
            Happening(BOUNCE_TYPES[kind.type], subtype=kind.sub_type),
        )
        for kind in events.BOUNCES
    ),
    *(
        (f"complaint_{name.lower().replace('-', '_')}", Happening(HappeningType.COMPLAINT, subtype=name))
        for name in events.COMPLAINT_TYPES
    ),
    *(
        (f"deliverydelay_{name.lower()}", Happening(HappeningType.DELAY, subtype=name))
        for name in events.DELAY_TYPES
    ),
]
# Free-form within: which headers, tags or links a mail has.
FREE = {"headers", "tags", "linkTags"}


def shape(value: object, key: str = "") -> object:
    """Reduce JSON to its keys and types, so that two events can be compared."""
    if key in FREE:
        return "free"
    if isinstance(value, dict):
        return {name: shape(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def report(desk: "Desk", happening: Happening) -> tuple[SesEvent, ...]:
    mail = desk.send("Ana Ruiz <ana.ruiz@example.com>").mail
    assert mail is not None
    return desk.simulator.report(mail.ses_message_id, happening, now=desk.now + timedelta(seconds=2))


@pytest.mark.parametrize(("name", "happening"), CASES, ids=[name for name, _ in CASES])
def test_the_shape_is_the_documented_one(desk: "Desk", name: str, happening: Happening) -> None:
    documented = json.loads((DOCUMENTED / f"{name}.json").read_text("utf-8"))
    (event,) = report(desk, happening)
    assert shape(event.payload) == shape(documented)
    for part, keys in [
        ("bounce", ["bounceType", "bounceSubType"]),
        ("complaint", ["complaintFeedbackType"]),
        ("open", ["isBotEvent"]),
        ("click", ["isBotEvent"]),
    ]:
        for key in keys:
            made, known = event.payload.get(part, {}), documented.get(part, {})
            assert isinstance(made, dict)
            assert made.get(key) == known.get(key)


def test_every_documented_kind_can_happen() -> None:
    documented = {path.stem for path in DOCUMENTED.glob("*.json")}
    left_out = {
        "bounce_permanent_one_of_three",  # several recipients: see each_recipient_has_an_event_of_its_own
        "complaint_without_report",  # an older form
        "dynamodb_messages_batch",
        "s3_event_object_created",
        "s3_test_event",
        "sqs_feedback_batch",
        "subscription",  # SES's own contact lists
    }
    others = {name for name in documented if name.startswith(("notification_", "http_api_"))}
    assert documented - left_out - others == {name for name, _ in CASES}


def test_the_mail_within_an_event(desk: "Desk") -> None:
    outcome = desk.send("Ana Ruiz <ana@example.com>", ReplyToAddresses=["help@shop.example"])
    mail = outcome.events[0].payload["mail"]
    assert isinstance(mail, dict)
    assert mail["timestamp"] == "2026-11-22T14:03:11.250Z"
    assert mail["source"] == "Sample Shop <orders@shop.example>"
    assert mail["sourceArn"] == "arn:aws:ses:us-east-1:000000000000:identity/shop.example"
    assert outcome.mail is not None
    assert mail["messageId"] == outcome.mail.ses_message_id
    assert mail["destination"] == ["ana@example.com"]
    assert mail["commonHeaders"]["subject"] == "¡Gracias! Order 1042"
    assert mail["commonHeaders"]["replyTo"] == ["help@shop.example"]
    assert {"name": "X-Order", "value": "1042"} in mail["headers"]
    assert {"name": "Subject", "value": "=?utf-8?q?=C2=A1Gracias!_Order_1042?="} in mail["headers"]
    assert mail["tags"]["postroad_message"] == ["b3JkZXItMTA0Mg"]
    assert mail["tags"]["ses:configuration-set"] == ["transactional"]
    assert mail["tags"]["ses:from-domain"] == ["shop.example"]


def test_headers_are_truncated_at_10_kilobytes(desk: "Desk") -> None:
    content = desk.request()["Content"]
    assert isinstance(content, dict)
    content["Simple"]["Headers"] = [{"Name": f"X-{n}", "Value": "v" * 990} for n in range(15)]
    mail = desk.send(Content=content).events[0].payload["mail"]
    assert isinstance(mail, dict)
    assert mail["headersTruncated"] is True
    assert 9_000 < sum(len(each["value"]) for each in mail["headers"]) <= 10 * 1024


def test_feedback_ids_differ_within_a_mail(desk: "Desk") -> None:
    mail = desk.send("complaint@simulator.amazonses.com").mail
    assert mail is not None
    desk.simulator.report(mail.ses_message_id, Happening(HappeningType.BOUNCE), now=desk.now)
    parts = [event.payload.get("bounce") or event.payload.get("complaint") for event in mail.events]
    ids = [part["feedbackId"] for part in parts if isinstance(part, dict)]
    assert len(set(ids)) == len(ids) == 2


def test_copies_and_delays_are_published_and_kept_once(desk: "Desk") -> None:
    happening = Happening(HappeningType.DELIVERY, copies=3, delay_seconds=60)
    made = report(desk, happening)
    assert len(made) == 3
    assert {event.due - event.at for event in made} == {timedelta(seconds=60)}
    (mail,) = desk.simulator.mailbag.newest_first()
    assert len(mail.events) == 3


@pytest.mark.parametrize(
    ("happening", "says"),
    [
        (Happening(HappeningType.BOUNCE, subtype="MailboxFull"), "subtype: one of General"),
        (Happening(HappeningType.COMPLAINT, subtype="?"), "subtype: one of abuse"),
        (Happening(HappeningType.DELAY, subtype="?"), "subtype: one of InternalFailure"),
        (Happening(HappeningType.CLICK), "link: name the link"),
        (Happening(HappeningType.BOUNCE, recipient="bo@example.com"), "recipient: not one of"),
    ],
)
def test_what_cannot_happen(desk: "Desk", happening: Happening, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        report(desk, happening)


def test_nothing_happens_to_a_mail_that_is_not_kept(desk: "Desk") -> None:
    with pytest.raises(KeyError):
        desk.simulator.report("unknown", Happening(HappeningType.BOUNCE), now=desk.now)
