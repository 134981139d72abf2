"""The JSON that SES publishes for each type of event, to the letter.

Source: "Examples of event data that Amazon SES publishes to Amazon SNS" and "Contents of event data" in the
SES developer guide. Pure: the mail, the recipient, the time and the ids are arguments. As SES does, Delivery,
Bounce, Complaint and DeliveryDelay name one recipient each, while `mail.destination` names all of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header

from postroad.local.simulator.addresses import bare_address, domain_of
from postroad.local.simulator.mail import EventType, Mail

Payload = dict[str, object]
LONGEST_HEADERS = 10 * 1024  # bytes; SES truncates there
DELAY_EXPIRES_AFTER = timedelta(hours=14)
REPORTING_MTA = "local.smtp-out.amazonses.com"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Postroad/simulator"
IP_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class BounceKind:
    """A bounce type and sub type of SES with an SMTP answer that fits."""

    type: str
    sub_type: str
    status: str
    diagnostic: str


ON_ACCOUNT_LIST = BounceKind(
    "Permanent",
    "OnAccountSuppressionList",
    "5.1.1",
    "Amazon SES did not send the message to this address because it is on the suppression list for your "
    "account.",
)
SUPPRESSED = BounceKind(
    "Permanent",
    "Suppressed",
    "5.1.1",
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an "
    "invalid address.",
)
HELD_BACK_COMPLAINT = "OnAccountSuppressionList"
HARD = BounceKind("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown")
SOFT = BounceKind("Transient", "General", "4.0.0", "smtp; 450 4.0.0 try again later")
BOUNCES = (
    HARD,
    BounceKind("Permanent", "NoEmail", "5.1.1", "smtp; 550 5.1.1 no such mailbox"),
    SUPPRESSED,
    ON_ACCOUNT_LIST,
    BounceKind(
        "Permanent",
        "OnTenantSuppressionList",
        "5.1.1",
        "Amazon SES did not send the message to this address because it is on the suppression list for your "
        "tenant.",
    ),
    BounceKind(
        "Permanent",
        "EmailValidationSuppressed",
        "5.1.1",
        "Amazon SES did not send the message to this address because it failed email validation.",
    ),
    SOFT,
    BounceKind("Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
    BounceKind("Transient", "MessageTooLarge", "5.3.4", "smtp; 552 5.3.4 message too large"),
    BounceKind("Transient", "ContentRejected", "5.7.1", "smtp; 554 5.7.1 content rejected"),
    BounceKind("Transient", "AttachmentRejected", "5.7.1", "smtp; 552 5.7.1 attachment type refused"),
    BounceKind("Transient", "CustomTimeoutExceeded", "4.4.7", "smtp; 450 4.2.1 try again later"),
    BounceKind("Undetermined", "Undetermined", "", ""),
)
COMPLAINT_TYPES = ("abuse", "auth-failure", "fraud", "not-spam", "other", "virus", HELD_BACK_COMPLAINT)
DELAY_TYPES = (
    "InternalFailure",
    "General",
    "MailboxFull",
    "SpamDetected",
    "RecipientServerError",
    "IPFailure",
    "TransientCommunicationFailure",
    "BYOIPHostNameLookupUnavailable",
    "Undetermined",
    "SendingDeferral",
)


def instant(at: datetime) -> str:
    """Write a time as SES does: UTC, milliseconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def event(kind: EventType, mail: Mail, detail: Payload) -> Payload:
    return {"eventType": kind.value, "mail": mail_object(mail), _key(kind): detail}


def _key(kind: EventType) -> str:
    if kind is EventType.RENDERING_FAILURE:
        return "failure"
    return kind.value[0].lower() + kind.value[1:]


def mail_object(mail: Mail) -> Payload:
    """Everything of an event that is the same for all events of a mail."""
    headers = _headers(mail)
    kept, used = [], 0
    for name, value in headers:
        used += len(name) + len(value) + len(": \r\n")
        if used > LONGEST_HEADERS:
            break
        kept.append({"name": name, "value": value})
    common: Payload = {
        "from": [mail.sender],
        "to": list(mail.to),
        "messageId": mail.ses_message_id,
        "subject": mail.subject,
    }
    if mail.cc:
        common["cc"] = list(mail.cc)
    if mail.reply_to:
        common["replyTo"] = list(mail.reply_to)
    return {
        "timestamp": instant(mail.at),
        "source": mail.sender,
        "sourceArn": mail.source_arn,
        "sendingAccountId": mail.account,
        "messageId": mail.ses_message_id,
        "destination": list(mail.recipients),
        "headersTruncated": len(kept) < len(headers),
        "headers": kept,
        "commonHeaders": common,
        "tags": {
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [mail.configuration_set],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [domain_of(bare_address(mail.sender))],
            "ses:caller-identity": ["postroad"],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def _headers(mail: Mail) -> list[tuple[str, str]]:
    """List the header of the mail as it went out, without what DKIM and the servers on the way add."""
    lines = [("From", mail.sender), ("To", ", ".join(mail.to))]
    if mail.cc:
        lines.append(("Cc", ", ".join(mail.cc)))
    if mail.reply_to:
        lines.append(("Reply-To", ", ".join(mail.reply_to)))
    lines.append(("Subject", _encoded(mail.subject)))
    lines.extend(mail.headers)
    if mail.attachments:
        lines.append(("Content-Type", "multipart/mixed"))
    elif mail.html is not None and mail.text is not None:
        lines.append(("Content-Type", "multipart/alternative"))
    else:
        lines.append(("Content-Type", f"text/{'plain' if mail.html is None else 'html'}; charset=UTF-8"))
    return [*lines, ("MIME-Version", "1.0")]


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="").replace("\n", "")


def send(mail: Mail) -> Payload:
    return event(EventType.SEND, mail, {})


def delivery(mail: Mail, recipient: str, at: datetime) -> Payload:
    detail: Payload = {
        "timestamp": instant(at),
        "processingTimeMillis": max(0, int((at - mail.at) / timedelta(milliseconds=1))),
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "127.0.0.1",
        "reportingMTA": REPORTING_MTA,
    }
    return event(EventType.DELIVERY, mail, detail)


def bounce(mail: Mail, recipient: str, at: datetime, *, kind: BounceKind, feedback_id: str) -> Payload:
    bounced: Payload = {"emailAddress": recipient}
    if kind.status:
        bounced |= {"action": "failed", "status": kind.status, "diagnosticCode": kind.diagnostic}
    detail: Payload = {
        "bounceType": kind.type,
        "bounceSubType": kind.sub_type,
        "bouncedRecipients": [bounced],
        "timestamp": instant(at),
        "feedbackId": feedback_id,
    }
    if kind.status:
        detail["reportingMTA"] = f"dns; {REPORTING_MTA}"
    return event(EventType.BOUNCE, mail, detail)


def complaint(mail: Mail, recipient: str, at: datetime, *, feedback_type: str, feedback_id: str) -> Payload:
    """`feedback_type` HELD_BACK_COMPLAINT: SES held the mail back because of an earlier complaint."""
    detail: Payload = {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": instant(at),
        "feedbackId": feedback_id,
        "complaintSubType": None,
    }
    if feedback_type == HELD_BACK_COMPLAINT:
        detail["complaintSubType"] = HELD_BACK_COMPLAINT
    else:
        detail |= {
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": feedback_type,
            "arrivalDate": instant(at),
        }
    return event(EventType.COMPLAINT, mail, detail)


def delivery_delay(mail: Mail, recipient: str, at: datetime, *, delay_type: str) -> Payload:
    delayed = {
        "emailAddress": recipient,
        "status": "4.4.1",
        "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
    }
    detail: Payload = {
        "timestamp": instant(at),
        "delayType": delay_type,
        "expirationTime": instant(mail.at + DELAY_EXPIRES_AFTER),
        "delayedRecipients": [delayed],
    }
    return event(EventType.DELIVERY_DELAY, mail, detail)


def reject(mail: Mail) -> Payload:
    return event(EventType.REJECT, mail, {"reason": "Bad content"})


def rendering_failure(mail: Mail, *, template: str, message: str) -> Payload:
    return event(EventType.RENDERING_FAILURE, mail, {"errorMessage": message, "templateName": template})


def opened(
    mail: Mail,
    at: datetime,
    *,
    user_agent: str = USER_AGENT,
    ip_address: str = IP_ADDRESS,
    is_bot: bool = False,
) -> Payload:
    detail: Payload = {
        "ipAddress": ip_address,
        "timestamp": instant(at),
        "userAgent": user_agent,
        "isBotEvent": _likelihood(is_bot=is_bot),
    }
    return event(EventType.OPEN, mail, detail)


def clicked(
    mail: Mail,
    at: datetime,
    *,
    link: str,
    user_agent: str = USER_AGENT,
    ip_address: str = IP_ADDRESS,
    is_bot: bool = False,
) -> Payload:
    detail: Payload = {
        "ipAddress": ip_address,
        "link": link,
        "linkTags": None,
        "timestamp": instant(at),
        "userAgent": user_agent,
        "isBotEvent": _likelihood(is_bot=is_bot),
    }
    return event(EventType.CLICK, mail, detail)


def _likelihood(*, is_bot: bool) -> str:
    """Return what SES says of an open or a click since August 2026."""
    return "Likely" if is_bot else "Unlikely"
