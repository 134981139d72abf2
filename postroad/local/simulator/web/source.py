"""A mail as SES would put it on the wire: RFC 5322 and MIME. Pure.

SES builds the same from Simple content, and then signs it (DKIM-Signature) and adds trace headers, which are
left out here.
"""

from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime

from postroad.local.simulator.mail import Mail
from postroad.local.simulator.request import Attachment

# Nothing is folded again: a header goes out as it was given (SES takes up to 995 characters of a value).
_WIRE = compat32.clone(linesep="\r\n", max_line_length=0)
_DEFAULT_REGION = "us-east-1"


def source_of(mail: Mail, *, region: str) -> bytes:
    """Write the whole mail with CRLF line ends."""
    message = _body(mail)
    kind, encoding = message["Content-Type"], message["Content-Transfer-Encoding"]
    del message["Content-Type"], message["Content-Transfer-Encoding"], message["MIME-Version"]
    for name, value in _headers(mail, region=region):
        message[name] = value
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = kind
    if encoding:
        message["Content-Transfer-Encoding"] = encoding
    return message.as_bytes(policy=_WIRE)


def _headers(mail: Mail, *, region: str) -> list[tuple[str, str]]:
    """List what SES writes in the order of its own mails; Bcc is for the envelope alone."""
    lines = [("From", mail.sender), ("To", ", ".join(mail.to))] if mail.to else [("From", mail.sender)]
    if mail.cc:
        lines.append(("Cc", ", ".join(mail.cc)))
    if mail.reply_to:
        lines.append(("Reply-To", ", ".join(mail.reply_to)))
    host = "email.amazonses.com" if region == _DEFAULT_REGION else f"{region}.amazonses.com"
    lines.append(("Message-ID", f"<{mail.ses_message_id}@{host}>"))
    lines.append(("Subject", _unstructured(mail.subject)))
    lines.append(("Date", format_datetime(mail.at)))
    return [*lines, *mail.headers]


def _unstructured(text: str) -> str:
    """Write text as a header holds it: encoded words (RFC 2047) for all that isn't printable ASCII."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76).encode(linesep="\r\n")


def _body(mail: Mail) -> Message:
    inline = [
        each for each in mail.attachments if each.content_disposition == "INLINE" and mail.html is not None
    ]
    others = [each for each in mail.attachments if each not in inline]
    parts = [_text(mail.text, "plain")] if mail.text is not None else []
    if mail.html is not None:
        parts.append(_together("related", [_text(mail.html, "html"), *map(_attached, inline)]))
    body = _together("alternative", parts)
    return _together("mixed", [body, *map(_attached, others)])


def _together(kind: str, parts: list[Message]) -> Message:
    if len(parts) == 1:
        return parts[0]
    # "=_" occurs neither in quoted-printable nor in base64 (RFC 2045, section 6.7), so no part holds it.
    whole = MIMEMultipart(kind, boundary=f"=_{kind}", policy=compat32)
    for part in parts:
        del part["MIME-Version"]
        whole.attach(part)
    return whole


def _text(text: str, kind: str) -> Message:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMENonMultipart("text", kind, charset="utf-8", policy=compat32)
    part.set_payload(text, charset)
    return part


def _attached(attachment: Attachment) -> Message:
    part = Message(policy=compat32)
    main, slash, sub = attachment.content_type.partition("/")
    part["Content-Type"] = attachment.content_type if main and slash and sub else "application/octet-stream"
    part.set_payload(attachment.raw_content)
    encode_base64(part)
    name = attachment.file_name
    shown = name if name.isascii() and name.isprintable() else ("utf-8", "", name)
    part.add_header("Content-Disposition", attachment.content_disposition.lower(), filename=shown)
    if attachment.content_id:
        given = "".join(each for each in attachment.content_id if each.isprintable())
        part["Content-ID"] = f"<{given.strip('<>')}>"
    if attachment.content_description:
        part["Content-Description"] = _unstructured(attachment.content_description)
    return part
