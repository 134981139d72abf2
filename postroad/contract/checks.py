"""What the types can't say about a message: addresses, header names, line breaks, the order of times.

Each check raises `Problem`; the parser adds the message's id.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from postroad.contract.address import AddressError, parse_address
from postroad.contract.message import Attachment, Message
from postroad.contract.tags import NAME_BYTES, VALUE_BYTES
from postroad.contract.words import Reason

# C0, DEL, C1, and the Unicode line and paragraph separators. boto3 passes CR and LF in a header on to SES.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Headers that SES, the stream or Postroad writes itself. SES would refuse some and silently replace others.
RESERVED_HEADERS = frozenset(
    {
        *("from", "sender", "reply-to", "to", "cc", "bcc", "apparently-to", "errors-to"),
        *("return-receipt-to", "disposition-notification-to", "delivered-to", "x-original-to"),
        *("subject", "date", "message-id", "mime-version", "return-path", "received", "received-spf"),
        *("dkim-signature", "domainkey-signature", "authentication-results"),
    }
)
# Any other name may be data that went astray, so an error does not repeat it.
_PLAIN_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
RESERVED_PREFIXES = ("content-", "list-", "x-ses-", "resent-", "arc-")
# Name and value together: SESv2 MessageHeader.
HEADER_LENGTH = 996

_S3_KEY_BYTES = 1024
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


class Problem(Exception):  # noqa: N818 - never leaves the contract: the parser turns it into InvalidMessage
    """What is wrong with which field."""

    def __init__(self, reason: Reason, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail


def check(message: Message) -> None:
    """Raise Problem for the first thing that is wrong."""
    _check_body_source(message)
    _check_address("to.email", message.to.email)
    if message.to.name is not None:
        check_one_line(Reason.HEADER, "to.name", message.to.name)
    if message.reply_to is not None:
        _check_address("reply_to", message.reply_to)
    if message.headers:
        _check_headers(message.headers.items())
    for name, value in message.tags.items():
        _check_tag(name, value)
    for index, attachment in enumerate(message.attachments):
        _check_attachment(f"attachments[{index}]", attachment)
    _check_times(message)


def check_one_line(reason: Reason, field: str, text: str) -> None:
    """Refuse line breaks and control characters: they would end a header and begin another."""
    if _CONTROL.search(text):
        raise Problem(reason, field, "holds a line break or a control character; remove it")


def _check_body_source(message: Message) -> None:
    content = message.content
    if (message.template is None) == (content is None):
        raise Problem(
            Reason.SCHEMA,
            "template",
            "expected either template or content: exactly one of the two",
        )
    if content is None:
        return
    check_one_line(Reason.HEADER, "content.subject", content.subject)
    if content.text is None and content.html is None:
        raise Problem(Reason.SCHEMA, "content", "expected text, html or both")


def _check_address(field: str, email: str) -> None:
    try:
        parse_address(email)
    except AddressError as error:
        raise Problem(Reason.ADDRESS, field, str(error)) from error


def _check_headers(headers: Iterable[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for name, value in headers:
        lowered = name.lower()
        field = f"headers.{name}" if _PLAIN_HEADER.match(name) else "headers"
        if lowered in RESERVED_HEADERS or lowered.startswith(RESERVED_PREFIXES):
            raise Problem(
                Reason.HEADER,
                field,
                "is written by Postroad or SES; leave it out (addressing, MIME, Return-Path, DKIM, List- and "
                "X-SES- headers are not the producer's)",
            )
        if lowered in seen:
            raise Problem(Reason.HEADER, field, "occurs twice in different case; write it once")
        if len(name) + len(value) > HEADER_LENGTH:
            raise Problem(
                Reason.HEADER,
                field,
                f"name and value together exceed SES's {HEADER_LENGTH} characters",
            )
        seen.add(lowered)


def _check_tag(name: str, value: str) -> None:
    check_one_line(Reason.TAG, "tags", name + value)
    if len(name.encode()) > NAME_BYTES:
        raise Problem(Reason.TAG, "tags", f"a name is longer than {NAME_BYTES} bytes in UTF-8; shorten it")
    if len(value.encode()) > VALUE_BYTES:
        raise Problem(Reason.TAG, "tags", f"a value is longer than {VALUE_BYTES} bytes in UTF-8; shorten it")


def _check_attachment(field: str, attachment: Attachment) -> None:
    check_one_line(Reason.ATTACHMENT, f"{field}.filename", attachment.filename)
    if any(letter in attachment.filename for letter in '/\\"'):
        raise Problem(
            Reason.ATTACHMENT, f"{field}.filename", "expected a plain file name, without slashes or quotes"
        )
    check_one_line(Reason.ATTACHMENT, f"{field}.s3", attachment.s3)
    # To S3 and to IAM they are names like any other, but what stands between may resolve them: then a key
    # would leave its stream's prefix.
    if not {".", ".."}.isdisjoint(attachment.key.split("/")):
        raise Problem(
            Reason.ATTACHMENT, f"{field}.s3", 'expected a key without "." and ".." between its slashes'
        )
    if not 1 <= len(attachment.key.encode()) <= _S3_KEY_BYTES:
        raise Problem(
            Reason.ATTACHMENT, f"{field}.s3", f"expected bucket/key with a key of 1 to {_S3_KEY_BYTES} bytes"
        )


def _check_times(message: Message) -> None:
    created_at, send_at, expires_at = message.created_at, message.send_at, message.expires_at
    _check_year("created_at", created_at)
    _check_year("send_at", send_at)
    _check_year("expires_at", expires_at)
    if expires_at is None:
        return
    if send_at is not None and expires_at <= send_at:
        raise Problem(Reason.SCHEMA, "expires_at", "is not after send_at; a message could never be sent")
    if created_at is not None and expires_at <= created_at:
        raise Problem(Reason.SCHEMA, "expires_at", "is not after created_at; a message could never be sent")


def _check_year(field: str, time: datetime | None) -> None:
    # Far-off years are mistakes (seconds for milliseconds), and at the calendar's ends arithmetic overflows.
    if time is not None and not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise Problem(Reason.SCHEMA, field, f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}")
