"""A mail as the inbox shows it: decoded names, readable times and sizes. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from postroad.contract.tags import ATTEMPT_TAG, PRODUCER_PREFIX, decode_tag
from postroad.explaining import meanings
from postroad.ledger.row import Row
from postroad.local.simulator.account import SuppressedAddress
from postroad.local.simulator.asked import Asked, Errand
from postroad.local.simulator.links import links_of
from postroad.local.simulator.mail import EventType, Mail, SesEvent
from postroad.local.simulator.one_click import one_click_of
from postroad.local.simulator.web.filters import Part, stream_of

Shown = dict[str, object]
KILO = 1000
MOST_EVENTS = 200
"""Events of one mail that its page shows; the JSON API tells all."""
MOST_ASKED = 60
"""Requests of scanners that a mail's page shows, likewise."""
_LABELS = {
    Part.HTML: "HTML",
    Part.TEXT: "Text",
    Part.HEADERS: "Headers",
    Part.SOURCE: "Source",
    Part.ATTACHMENTS: "Attachments",
    Part.EVENTS: "Events",
    Part.LINKS: "Links",
}
_TRACKED = {EventType.OPEN: "open", EventType.CLICK: "click"}


def row(mail: Mail, known: Row | None = None) -> Shown:
    """Return what one line of the list says; `known` is Postroad's own row of the message."""
    return {
        "id": mail.ses_message_id,
        "people": [_person(each) for each in (*mail.to, *mail.cc, *mail.bcc)],
        "subject": mail.subject,
        "stream": stream_of(mail.configuration_set),
        "template": known.template if known else "",
        "reason": known.reason.replace("_", " ") if known else "",
        "why": meanings.of_reason(known.reason) if known and known.reason else "",
        # They differ for a moment while feedback is under way, and for longer where it is lost.
        "record_status": known.status if known and known.status is not mail.status else "",
        "tags": producer_tags(mail),
        "status": mail.status,
        "attached": len(mail.attachments),
        "at": moment(mail.at),
    }


def mail(kept: Mail, known: Row | None, suppressed: Mapping[str, SuppressedAddress]) -> Shown:
    """Return everything about a mail but its source."""
    on_the_list = [each for one in kept.recipients if (each := suppressed.get(one.lower()))]
    left_out = max(0, len(kept.events) - MOST_EVENTS)
    clicks = [each for each in kept.asked if each.errand is Errand.ONE_CLICK]
    scans = [each for each in kept.asked if each.errand is Errand.SCANNER]
    events = [
        {"number": number, **event(each, stream=stream_of(kept.configuration_set))}
        for number, each in enumerate(kept.events[left_out:], left_out + 1)
    ]
    return row(kept, known) | {
        "message_id": kept.message_id,
        "sender": _person(kept.sender),
        "reply_to": ", ".join(decoded(each) for each in kept.reply_to),
        "recipients": kept.recipients,
        "text": kept.text,
        "has_html": kept.html is not None,
        "headers": _headers(kept),
        "ses_tags": sorted(kept.tags.items()),
        "attachments": [
            {
                "number": number,
                "name": each.file_name,
                "type": each.content_type,
                "size": size(len(each.raw_content)),
            }
            for number, each in enumerate(kept.attachments)
        ],
        "links": links_of(kept),
        "events": events,
        "events_left_out": left_out,
        "latest": events[-1] if events else None,
        "ids": _ids(kept),
        "one_click": one_click_of(kept),
        "clicked": _asked(clicks[-1]) if clicks else None,
        "scanned": [_asked(each) for each in scans[-MOST_ASKED:]],
        "ses_list": [account_entry(each) for each in on_the_list],
    }


def parts(kept: Mail) -> list[tuple[Part, str]]:
    """Name the parts that a mail has, in order, with a number where it tells something."""
    without = {Part.HTML: kept.html is None, Part.TEXT: kept.text is None}
    return [(part, label) for part, label in _LABELS.items() if not without.get(part)]


def event(happened: SesEvent, *, stream: str) -> Shown:
    return {
        "type": happened.type,
        "status": happened.status,
        "at": moment(happened.at),
        "summary": happened.summary,
        "recipient": happened.recipient,
        "unheard": _unheard(happened, stream),
        "noted": bool(happened.unreported) or happened.type in _TRACKED,
        "payload": json.dumps(happened.payload, indent=2, ensure_ascii=False),
    }


def _unheard(happened: SesEvent, stream: str) -> str:
    """Say why nobody was told; empty for an event that was published."""
    if happened.unreported:
        return f"SES does not report it: {happened.unreported}."
    if happened.destinations:
        return ""
    if happened.type in _TRACKED:
        where = f"the stream {stream}" if stream else "mail without a configuration set"
        return f"Nobody asked for it: {_TRACKED[happened.type]} tracking is off on {where}."
    return f"Not published: no event destination asks for {happened.type} events."


def _asked(asked: Asked) -> Shown:
    status = asked.answered.status
    return {
        "method": asked.method,
        "url": asked.url,
        "at": moment(asked.at),
        "done": asked.done,
        "came": f"The page answered {status}." if status else asked.answered.trouble,
    }


def account_entry(entry: SuppressedAddress) -> Shown:
    """Return one address on SES's own suppression list."""
    why = "it bounced" if entry.reason == "BOUNCE" else "its owner complained"
    return {"address": entry.address, "reason": entry.reason, "why": why, "at": moment(entry.at)}


def _headers(kept: Mail) -> list[tuple[str, str]]:
    """List what the request said beside the bodies, the addresses as they were given."""
    lines = [("From", kept.sender), ("To", ", ".join(kept.to))]
    lines += [("Cc", each) for each in kept.cc] + [("Bcc", each) for each in kept.bcc]
    lines += [("Reply-To", each) for each in kept.reply_to]
    return [*lines, ("Subject", kept.subject), *kept.headers]


def _ids(kept: Mail) -> list[tuple[str, str]]:
    known = [
        ("message id", kept.message_id),
        ("attempt", kept.tags.get(ATTEMPT_TAG, "")),
        ("SES message id", kept.ses_message_id),
        ("configuration set", kept.configuration_set),
        ("size", size(kept.size)),
    ]
    return [(name, value) for name, value in known if value]


def producer_tags(kept: Mail) -> list[tuple[str, str]]:
    """Decode the tags that the producer gave; what is not a tag of Postroad's is left out."""
    found = []
    for name, value in kept.tags.items():
        if name.startswith(PRODUCER_PREFIX):
            try:
                found.append((decode_tag(name.removeprefix(PRODUCER_PREFIX)), decode_tag(value)))
            except ValueError:
                continue
    return found


def decoded(address: str) -> str:
    """Write the encoded words (RFC 2047) of a display name as people read them.

    The words are the sender's, in any charset that Python knows: what they decode to may be no text at all.
    """
    try:
        readable = str(make_header(decode_header(address)))
        readable.encode()  # utf-7 and others make halves of surrogate pairs, which no page can hold
    except (HeaderParseError, ValueError, LookupError):
        return address
    return readable


def _person(address: str) -> tuple[str, str]:
    """Tell a display name from the address behind it; the second is empty where there is no name."""
    name, _, bare = decoded(address).rpartition("<")
    return (name.strip(' "'), bare.rstrip(">")) if name.strip(' "') else (bare.rstrip(">"), "")


def moment(at: datetime) -> dict[str, str]:
    utc = at.astimezone(UTC)
    return {
        "iso": utc.isoformat(),
        "short": utc.strftime("%d %b %H:%M:%S"),
        "long": utc.strftime("%d %B %Y %H:%M:%S UTC"),
        "clock": utc.strftime("%H:%M:%S"),
    }


def size(count: int) -> str:
    if count < KILO:
        return f"{count} bytes"
    if count < KILO * KILO:
        return f"{count / KILO:.1f} kB"
    return f"{count / KILO / KILO:.1f} MB"
