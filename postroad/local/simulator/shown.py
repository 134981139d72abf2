"""A mail as the inbox page shows it: decoded names, readable times and sizes. Pure."""

import json
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from postroad.contract.tags import ATTEMPT_TAG, PRODUCER_PREFIX, decode_tag
from postroad.local.simulator.mail import Mail

Shown = dict[str, object]
KILO = 1000


def row(mail: Mail) -> Shown:
    return {
        "id": mail.ses_message_id,
        "to": ", ".join(decoded(each) for each in (*mail.to, *mail.cc, *mail.bcc)),
        "subject": mail.subject,
        "configuration_set": mail.configuration_set,
        "tags": producer_tags(mail),
        "status": mail.status,
        "at": moment(mail.at),
    }


def mail(kept: Mail) -> Shown:
    return row(kept) | {
        "sender": decoded(kept.sender),
        "reply_to": ", ".join(decoded(each) for each in kept.reply_to),
        "recipients": kept.recipients,
        "text": kept.text,
        "headers": _headers(kept),
        "attachments": [
            {"name": each.file_name, "type": each.content_type, "size": size(len(each.raw_content))}
            for each in kept.attachments
        ],
        "events": [
            {
                "type": each.type,
                "status": each.status,
                "at": moment(each.at),
                "summary": each.summary,
                "recipient": each.recipient,
                "asked": bool(each.topics),
                "payload": json.dumps(each.payload, indent=2, ensure_ascii=False),
            }
            for each in kept.events
        ],
        "ids": _ids(kept),
    }


def _headers(kept: Mail) -> list[tuple[str, str]]:
    """Everything that is said about the mail apart from its bodies, the addresses as they were given."""
    lines = [("From", kept.sender), ("To", ", ".join(kept.to))]
    lines += [("Cc", each) for each in kept.cc] + [("Bcc", each) for each in kept.bcc]
    lines += [("Reply-To", each) for each in kept.reply_to]
    lines += [("Subject", kept.subject), *kept.headers]
    return lines + [(f"tag {name}", value) for name, value in kept.tags.items()]


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
