"""What SES would tell of many mails, as Firehose would write it, and the rows that it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from bench import deployed, events
from postroad.contract.address import parse_address
from postroad.contract.tags import ATTEMPT_TAG, MESSAGE_TAG, encode_tag
from postroad.contract.words import Status
from postroad.ledger.item import to_item
from postroad.ledger.row import Row
from postroad.local.simulator import events as ses_events
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "an address secret of the benchmark, long enough"  # noqa: S105 - of nothing real
RATE = 100
"""Mails a second: an object is then as full as Firehose lets it get."""
OBJECT_EVENTS = 2_000
"""Of 2.5 KB each: the 5 MiB at which Firehose writes an object."""
KINDS = (
    # Of so many mails in a hundred, so many seconds after they were sent.
    ("Send", range(100), 0),
    ("Delivery", range(98), 2),
    ("Bounce", range(98, 99), 3),
    ("SoftBounce", range(99, 100), 3),
    ("Open", range(40), 300),
    ("Click", range(10), 320),
    ("Complaint", range(1), 3_000),
    ("DeliveryDelay", range(97, 99), 1),
)


def mails_of(count: int) -> int:
    """Return of how many mails so many events are told."""
    return int(count / (sum(len(some) for _, some, _ in KINDS) / 100))


def rows(mails: int, began: datetime) -> list[dict[str, Any]]:
    """Return the rows of these mails, sent one after the other since then."""
    return [to_item(_row(number, began)) for number in range(mails)]


def objects(mails: int, began: datetime) -> Iterator[tuple[str, bytes, int]]:
    """Yield objects as Firehose would write them, one after the other: key, content, and how many events."""
    told = sorted(
        (number / RATE + after, kind, number)
        for kind, some, after in KINDS
        for number in range(mails)
        if number % 100 in some
    )
    for start in range(0, len(told), OBJECT_EVENTS):
        chunk = told[start : start + OBJECT_EVENTS]
        written = began + timedelta(seconds=chunk[-1][0])
        content = events.event_object(_event(kind, number, began, seconds) for seconds, kind, number in chunk)
        yield f"events/{written:%Y/%m/%d/%H/%Y-%m-%d-%H-%M-%S}-{start:012d}.gz", content, len(chunk)


def _row(number: int, began: datetime) -> Row:
    sent = began + timedelta(seconds=number / RATE)
    email = _email(number)
    return Row(
        message_id=_message_id(number),
        status=Status.SENT,
        stream=deployed.STREAM,
        template="order_confirmation",
        fingerprint="f" * 64,
        address_key=address_key(SECRET.encode(), parse_address(email).canonical),
        email=email,
        locale="en",
        attempt=1,
        ses_ids={"1": _ses_id(number)},
        times={"accepted": sent, "claimed": sent, "sent": sent},
        expires_at=sent.replace(microsecond=0) + timedelta(days=93),
    )


def _event(kind: str, number: int, began: datetime, seconds: float) -> dict[str, Any]:
    at = ses_events.instant(began + timedelta(seconds=seconds))
    sent = ses_events.instant(began + timedelta(seconds=number / RATE))
    pattern = json.loads(_pattern())
    mail: dict[str, Any] = pattern[0]["mail"] | {
        "timestamp": sent,
        "messageId": _ses_id(number),
        "destination": [_email(number)],
    }
    mail["tags"] |= {MESSAGE_TAG: [encode_tag(_message_id(number))]}
    to = [{"emailAddress": _email(number), "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 no"}]
    match kind:
        case "Send":
            return {"eventType": kind, "mail": mail, "send": {}}
        case "Delivery":
            delivery = pattern[1]["delivery"] | {"timestamp": at, "recipients": [_email(number)]}
            return {"eventType": kind, "mail": mail, "delivery": delivery}
        case "Bounce" | "SoftBounce":
            permanent = kind == "Bounce"
            bounce = {
                "bounceType": "Permanent" if permanent else "Transient",
                "bounceSubType": "General" if permanent else "MailboxFull",
                "bouncedRecipients": to,
                "timestamp": at,
                "feedbackId": f"{_ses_id(number)}-bounce",
            }
            return {"eventType": "Bounce", "mail": mail, "bounce": bounce}
        case "Complaint":
            complaint = {
                "complainedRecipients": to,
                "timestamp": at,
                "feedbackId": f"{_ses_id(number)}-complaint",
                "complaintFeedbackType": "abuse",
            }
            return {"eventType": kind, "mail": mail, "complaint": complaint}
        case "DeliveryDelay":
            delay = {"timestamp": at, "delayType": "MailboxFull", "delayedRecipients": to}
            return {"eventType": kind, "mail": mail, "deliveryDelay": delay}
        case _:
            part = {"timestamp": at, "userAgent": ses_events.USER_AGENT, "isBotEvent": "Unlikely"}
            link = {"link": f"https://shop.example/orders/{number}"} if kind == "Click" else {}
            return {"eventType": kind, "mail": mail, kind.lower(): part | link}


@cache
def _pattern() -> str:
    """Return the Send and Delivery of one mail, as `events` has them."""
    send = {
        "MessageId": "-",
        "Destination": {"ToAddresses": ["-"]},
        "Content": {"Simple": {"Subject": {"Data": "Your order"}}},
        "FromEmailAddress": "Shop <orders@shop.example>",
        "ConfigurationSetName": deployed.CONFIGURATION_SET,
        "EmailTags": [{"Name": ATTEMPT_TAG, "Value": "1"}],
    }
    return json.dumps(events.ses_events([send]))


def _message_id(number: int) -> str:
    return f"order-{number:07d}-confirmation"


def _email(number: int) -> str:
    return f"customer{number:07d}@example.com"


def _ses_id(number: int) -> str:
    return f"0100019ab3c4d5e6-{number:08x}-1c2d-4e3f-8a9b-0123456789ab-000000"


def beginning() -> datetime:
    """Return when the mails began to be sent: long enough ago for all that is told of them."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
