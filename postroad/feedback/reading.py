"""SES's event record, read into one `FeedbackEvent` per affected recipient.

Formats: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and, for the
notifications of an identity, https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html. Unknown
fields are ignored, since SES adds some from time to time.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import blake2s
from typing import TYPE_CHECKING, NoReturn

from postroad.contract.tags import ATTEMPT_TAG, CANARY_TAG, MESSAGE_TAG, decode_tag
from postroad.contract.words import BounceKind
from postroad.feedback.envelope import is_json_object
from postroad.feedback.errors import MalformedEventError
from postroad.feedback.event import NOT_SPAM, EventKind, FeedbackEvent
from postroad.feedback.prefetchers import is_prefetcher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Where each kind keeps its own part, and in it the recipients that it is about. `mail.destination` is never
# used for these: it lists everybody whom the mail was addressed to.
_PARTS: dict[EventKind, tuple[str, str]] = {
    EventKind.SEND: ("send", ""),
    EventKind.DELIVERY: ("delivery", "recipients"),
    EventKind.BOUNCE: ("bounce", "bouncedRecipients"),
    EventKind.COMPLAINT: ("complaint", "complainedRecipients"),
    EventKind.DELIVERY_DELAY: ("deliveryDelay", "delayedRecipients"),
    EventKind.REJECT: ("reject", ""),
    EventKind.RENDERING_FAILURE: ("failure", ""),
    EventKind.OPEN: ("open", ""),
    EventKind.CLICK: ("click", ""),
    EventKind.SUBSCRIPTION: ("subscription", ""),
}
_BOUNCES = {"permanent": BounceKind.HARD, "transient": BounceKind.SOFT}
# As the contract has it. The ids of refusals (`!…`) are none: nothing was ever sent under them.
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
# SES sets it on every mail: https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
_CONFIGURATION_SET_TAG = "ses:configuration-set"
_MOST_EXPLANATION = 200
# Beyond them a clock was wrong, and at the calendar's ends arithmetic overflows.
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_ENGAGEMENT = frozenset({EventKind.OPEN, EventKind.CLICK})
# SES says "Likely" or "Unlikely", and the latter proves nothing: it misses gateways that pass for a browser.
# https://aws.amazon.com/about-aws/whats-new/2026/08/amazon-ses-automated-email-interactions/
_BOT_FIELD, _BOT = "isBotEvent", "likely"
_LINK_BYTES = 4
_ADDRESS = re.compile(r"\S*@\S*")


def read_event(event: Mapping[str, object]) -> list[FeedbackEvent]:
    """Return one event per affected recipient, in SES's order.

    Raises MalformedEventError naming the field if what every such event must have is missing.
    """
    kind = _kind(event)
    mail = _object(event, "mail")
    name, recipients_field = _PARTS[kind]
    part = event.get(name)
    if not is_json_object(part):
        if recipients_field:
            raise MalformedEventError(f"{name}: missing, and the event is of type {kind}")
        part = {}
    accepted_at = _time(mail, "mail.timestamp")
    if not _FIRST_YEAR <= accepted_at.year <= _LAST_YEAR:
        raise MalformedEventError(f"mail.timestamp: not a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    tags = mail.get("tags")
    tags = tags if is_json_object(tags) else {}
    message_id, attempt = _our_ids(tags)
    recipients: Sequence[tuple[str, str]] = [("", "")]
    if recipients_field:
        recipients = _recipients(part, name, recipients_field)
    return [
        FeedbackEvent(
            kind=kind,
            at=_time_of(part, name, accepted_at),
            accepted_at=accepted_at,
            ses_message_id=_text(mail, "messageId") or _missing("mail.messageId"),
            message_id=message_id,
            attempt=attempt,
            recipient=recipient,
            bounce=_bounce_kind(part) if kind is EventKind.BOUNCE else None,
            word=_word(kind, part),
            explanation=_explanation(kind, part, diagnosis),
            feedback_id=_text(part, "feedbackId"),
            configuration_set=_first(tags.get(_CONFIGURATION_SET_TAG)),
            is_canary=CANARY_TAG in tags and MESSAGE_TAG not in tags,
            is_machine=kind in _ENGAGEMENT and _is_machine(part),
            link=_link(part) if kind is EventKind.CLICK else "",
        )
        for recipient, diagnosis in recipients
    ]


def _kind(event: Mapping[str, object]) -> EventKind:
    word = _text(event, "eventType") or _text(event, "notificationType") or _missing("eventType")
    for kind in EventKind:
        if kind.replace(" ", "") == word.replace(" ", ""):
            return kind
    raise MalformedEventError("eventType: not a type of event that SES documents")


def _our_ids(tags: Mapping[str, object]) -> tuple[str, int]:
    # Anybody in the account may set tags. One that we can't have written isn't ours; its bounce still counts.
    try:
        message_id = decode_tag(_first(tags.get(MESSAGE_TAG)))
    except ValueError:
        return "", 0
    if not _MESSAGE_ID.match(message_id):
        return "", 0
    attempt = _first(tags.get(ATTEMPT_TAG))
    return message_id, int(attempt) if attempt.isdecimal() and attempt.isascii() else 0


def _first(value: object) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else ""


def _recipients(part: Mapping[str, object], name: str, field: str) -> list[tuple[str, str]]:
    """Return each recipient's address with what the other side said about it."""
    listed = part.get(field)
    if not isinstance(listed, list) or not listed:
        raise MalformedEventError(f"{name}.{field}: SES lists at least one recipient here")
    found = []
    for entry in listed:
        address = entry if isinstance(entry, str) else ""
        diagnosis = ""
        if is_json_object(entry):
            address = _text(entry, "emailAddress")
            diagnosis = _text(entry, "diagnosticCode") or _text(entry, "status")
        if not address:
            raise MalformedEventError(f"{name}.{field}: an entry without an address")
        found.append((_bare(address), diagnosis))
    return found


def _bare(address: str) -> str:
    """Return the address without a display name: SES repeats what the mail was addressed to."""
    if address.endswith(">"):
        return address[address.rfind("<") + 1 : -1].strip()
    return address.strip()


def _bounce_kind(part: Mapping[str, object]) -> BounceKind:
    return _BOUNCES.get(_text(part, "bounceType").lower(), BounceKind.UNDETERMINED)


def _word(kind: EventKind, part: Mapping[str, object]) -> str:
    match kind:
        case EventKind.BOUNCE:
            return _text(part, "bounceSubType")
        case EventKind.COMPLAINT:
            feedback_type = _text(part, "complaintFeedbackType")
            if feedback_type == NOT_SPAM:
                return NOT_SPAM
            return _text(part, "complaintSubType") or _plain(feedback_type)  # a report's own word
        case EventKind.DELIVERY_DELAY:
            return _text(part, "delayType")
        case EventKind.REJECT:
            return _text(part, "reason")
        case _:
            return ""


def _is_machine(part: Mapping[str, object]) -> bool:
    return _text(part, _BOT_FIELD).lower() == _BOT or is_prefetcher(_text(part, "userAgent"))


def _link(part: Mapping[str, object]) -> str:
    """Return six characters that tell the links of one mail apart."""
    digest = blake2s(_text(part, "link").encode(errors="replace"), digest_size=_LINK_BYTES).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _explanation(kind: EventKind, part: Mapping[str, object], diagnosis: str) -> str:
    return _plain(_text(part, "errorMessage") if kind is EventKind.RENDERING_FAILURE else diagnosis)


def _plain(text: str) -> str:
    return " ".join(_ADDRESS.sub("[address]", text).split())[:_MOST_EXPLANATION]


def _object(event: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = event.get(name)
    return value if is_json_object(value) else _missing(name)


def _text(part: Mapping[str, object], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""


def _time_of(part: Mapping[str, object], name: str, accepted_at: datetime) -> datetime:
    """Return when it happened. The other side's clock has its say in this: what is absurd isn't believed."""
    if "timestamp" not in part:
        return accepted_at
    at = _time(part, f"{name}.timestamp")
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else accepted_at


def _time(part: Mapping[str, object], field: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(part, field.rpartition(".")[2]))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the calendar's ends
        raise MalformedEventError(f"{field}: not a time of ISO 8601") from None


def _missing(field: str) -> NoReturn:
    raise MalformedEventError(f"{field}: missing")
