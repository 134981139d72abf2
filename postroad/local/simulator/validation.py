"""What SES refuses before it takes a mail. Pure; the first thing wrong is the answer.

Sources: API_SendEmail, API_Message, API_MessageHeader, API_MessageTag and "Service quotas" of the SES
developer guide, and botocore's model. Where SES takes what must never be sent (CR/LF in a subject), the
simulator is the stricter of the two, so that a slip fails on the developer's machine.
"""

import re

from postroad.local.simulator.addresses import AddressRefusedError, bare_address
from postroad.local.simulator.reply import Reply, bad_request, refusal
from postroad.local.simulator.request import Attachment, Header, SendEmailRequest, Simple, Tag

MOST_RECIPIENTS = 50
MOST_HEADERS = 15
LARGEST_MESSAGE = 40 * 1024 * 1024  # bytes, after base64
LONGEST_FILE_NAME = 255

_HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
_HEADER_VALUE = re.compile(r"[ -~]{1,995}")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CONTENT_TYPE = re.compile(r"[!-~ ]{1,78}")

# What SES writes itself from the other fields of the request.
RESERVED_HEADERS = frozenset(
    [
        "bcc",
        "cc",
        "content-disposition",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
    ]
)


def problem(request: SendEmailRequest) -> Reply | None:
    """Answer with the first thing wrong about the request itself, whatever has been deployed."""
    if request.content.simple is None:
        return bad_request(
            "Content.Simple is required: Postroad sends neither Raw nor Template, nor does the simulator."
        )
    return (
        _addresses_problem(request)
        or _tags_problem(request.email_tags)
        or _content_problem(request.content.simple)
        or _headers_problem(request.content.simple.headers)
        or _attachments_problem(request.content.simple.attachments)
        or _size_problem(request.content.simple)
    )


def _addresses_problem(request: SendEmailRequest) -> Reply | None:
    if not request.from_email_address:
        return bad_request("FromEmailAddress is required.")
    recipients = request.destination.recipients
    if not recipients:
        return bad_request("Destination holds no recipient.")
    if len(recipients) > MOST_RECIPIENTS:
        return refusal("MessageRejected", f"Recipient count exceeds {MOST_RECIPIENTS}.")
    named = [("FromEmailAddress", request.from_email_address)]
    named += [("Destination", each) for each in recipients]
    named += [("ReplyToAddresses", each) for each in request.reply_to_addresses]
    for field, text in named:
        try:
            bare_address(text)
        except AddressRefusedError as why:
            return bad_request(f"{field}: {why}")
    return None


def _tags_problem(tags: tuple[Tag, ...]) -> Reply | None:
    for tag in tags:
        if not _TAG.fullmatch(tag.name) or tag.name.startswith("ses:"):
            return bad_request(f"Invalid tag name <{tag.name[:256]!a}>: only A-Z a-z 0-9 _ - may be used.")
        if not _TAG.fullmatch(tag.value):
            return bad_request(f"Invalid tag value of <{tag.name}>: only A-Z a-z 0-9 _ - may be used.")
    if len({tag.name for tag in tags}) != len(tags):
        return bad_request("Duplicate tag name.")
    return None


def _content_problem(simple: Simple) -> Reply | None:
    subject = simple.subject.data
    if "\r" in subject or "\n" in subject:
        return bad_request("Subject contains a line break.")
    if simple.body.text is None and simple.body.html is None:
        return bad_request("Body holds neither Text nor Html.")
    return None


def _headers_problem(headers: tuple[Header, ...]) -> Reply | None:
    if len(headers) > MOST_HEADERS:
        return bad_request(f"More than {MOST_HEADERS} headers.")
    for header in headers:
        if not _HEADER_NAME.fullmatch(header.name):
            return bad_request(f"Invalid header name <{header.name[:126]!a}>.")
        if header.name.lower() in RESERVED_HEADERS:
            return bad_request(f"Header <{header.name}> is written by SES and can't be given.")
        if not _HEADER_VALUE.fullmatch(header.value):
            return bad_request(
                f"Invalid value of header <{header.name}>: 1 to 995 printable ASCII characters."
            )
    return None


def _attachments_problem(attachments: tuple[Attachment, ...]) -> Reply | None:
    for attachment in attachments:
        name = attachment.file_name
        if not name or len(name) > LONGEST_FILE_NAME or any(ord(each) < ord(" ") for each in name):
            return bad_request(
                f"Invalid attachment file name: 1 to {LONGEST_FILE_NAME} printable characters."
            )
        if not _CONTENT_TYPE.fullmatch(attachment.content_type):
            return bad_request("Invalid attachment content type: 1 to 78 printable ASCII characters.")
        if attachment.content_disposition not in {"ATTACHMENT", "INLINE"}:
            return bad_request("ContentDisposition is ATTACHMENT or INLINE.")
    return None


def message_size(simple: Simple) -> int:
    """Bytes on the wire, near enough: bodies in UTF-8 and attachments in base64."""
    bodies = [part.data for part in (simple.body.text, simple.body.html) if part is not None]
    attached = sum((len(each.raw_content) + 2) // 3 * 4 for each in simple.attachments)
    return attached + sum(len(body.encode()) for body in bodies) + len(simple.subject.data.encode())


def _size_problem(simple: Simple) -> Reply | None:
    if message_size(simple) > LARGEST_MESSAGE:
        return refusal("MessageRejected", f"Message length exceeds {LARGEST_MESSAGE} bytes.")
    return None
