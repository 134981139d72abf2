"""From a record to a mail that could be sent at once, or to the reason why it can't."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import structs

from postroad.clock import offset
from postroad.contract.address import parse_address
from postroad.contract.fingerprint import fingerprint
from postroad.contract.invalid import InvalidMessage
from postroad.contract.parser import parse_message
from postroad.contract.rules import StreamRules, check_stream
from postroad.contract.times import check_time, is_expired
from postroad.contract.words import Reason, Status
from postroad.ledger.row import Row
from postroad.rendering.ports import Rendered, TemplateDataError, TemplateMissing
from postroad.sending.errors import AttachmentMissingError, AttachmentTooLargeError
from postroad.sending.leaving_links import PREFERENCES_URL, UNSUBSCRIBE_URL, list_headers, showing
from postroad.sending.mail import File, Mail, Parsed, Prepared, Refusal
from postroad.sending.tracked_links import tracked_links

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.contract.message import Message
    from postroad.records import Record
    from postroad.rendering.ports import Renderer
    from postroad.sending.leaving_links import LeavingLinks
    from postroad.sending.ports import Attachments
    from postroad.sending.settings import SendSettings


class Preparation:
    """Prepares the messages of one stream; it writes nothing."""

    def __init__(
        self,
        *,
        settings: SendSettings,
        renderer: Renderer,
        attachments: Attachments,
        address_key: Callable[[str], str],
        links: LeavingLinks | None = None,
        topics: tuple[str, ...] = (),
    ) -> None:
        """`address_key` turns a canonical address into the key under which it is known.

        With `links` each mail of a topic holds the link by which its recipient leaves it. `topics` are those
        of the stream; where there are none, a message may name any.
        """
        self._settings = settings
        self._renderer = renderer
        self._attachments = attachments
        self._address_key = address_key
        self._links = links
        self._rules = StreamRules(
            stream=settings.stream,
            topic_required=settings.topic_required,
            attachment_buckets=settings.attachment_buckets,
            attachments_bucket=settings.attachments_bucket,
            topics=topics,
        )

    def parse(self, record: Record, *, now: datetime) -> Parsed | Refusal:
        """Read one record; everything that can be refused without rendering is refused here."""
        parsed: Parsed | None = None
        try:
            message = in_stage_time(parse_message(record.body), record)
            address = parse_address(message.to.email)
            parsed = Parsed(
                record=record,
                message=message,
                fingerprint=fingerprint(message),
                address=address.email_for_ses,
                address_key=self._address_key(address.canonical),
                canonical=address.canonical,
            )
            check_stream(message, self._rules)
            check_time(message, now)
        except InvalidMessage as error:
            return Refusal(
                record=record,
                reason=error.reason,
                field=error.field,
                detail=error.detail,
                message_id=error.message_id,
                parsed=parsed,
            )
        return parsed

    def is_expired(self, parsed: Parsed, *, now: datetime) -> bool:
        """Say whether the message came too late to be sent."""
        return is_expired(parsed.message, received_at=parsed.record.first_sent, now=now)

    def check(self, parsed: Parsed) -> Rendered | Refusal:
        """Render the message, as it will be when it is due: who made it hears today of what is wrong."""
        try:
            return self._render(parsed)
        except TemplateMissing as error:
            return _refusal(parsed, Reason.UNKNOWN_TEMPLATE, "template", str(error))
        except TemplateDataError as error:
            field = f"data.{error.field}" if error.field else "data"
            return _refusal(parsed, Reason.TEMPLATE_DATA, field, error.detail)

    def prepare(self, parsed: Parsed) -> Prepared | Refusal:
        """Render the message and fetch its attachments.

        Raises AttachmentUnavailableError when S3 can't be asked: that is no fault of the message.
        """
        rendered = self.check(parsed)
        if isinstance(rendered, Refusal):
            return rendered
        try:
            files = self._fetch(parsed.message)
        except AttachmentMissingError as error:
            return _refusal(parsed, Reason.ATTACHMENT_MISSING, "attachments", str(error))
        except AttachmentTooLargeError as error:
            return _refusal(parsed, Reason.ATTACHMENT_TOO_LARGE, "attachments", str(error))
        allowed = any(fnmatchcase(parsed.canonical, pattern.lower()) for pattern in self._settings.allow)
        redirected = not allowed and bool(self._settings.redirect_to)
        row = self.row(parsed, rendered)
        mail = self._mail(parsed, rendered, files)
        keys = [parsed.address_key]
        if redirected:
            instead = parse_address(self._settings.redirect_to)
            row = row.with_note("this stage may not mail the recipient: redirected")
            mail = replace(mail, to=instead.email_for_ses)
            keys.append(self._address_key(instead.canonical))
        return Prepared(
            parsed=parsed, mail=mail, row=row, allowed=allowed or redirected, address_keys=tuple(keys)
        )

    def row(self, parsed: Parsed, rendered: Rendered | None = None) -> Row:
        """Return the row with which this message begins; its status is set by what is decided."""
        message = parsed.message
        times = {"accepted": parsed.record.first_sent}
        if message.created_at is not None:
            times["created"] = message.created_at
        return Row(
            message_id=message.message_id,
            status=Status.CLAIMED,
            stream=message.stream,
            template=message.template or "",
            fingerprint=parsed.fingerprint,
            address_key=parsed.address_key,
            email=parsed.address,
            locale=rendered.locale if rendered else "",
            topic=message.topic or "",
            journey=message.journey.name if message.journey else "",
            step=message.journey.step if message.journey else "",
            times=times,
            notes=rendered.notes if rendered else (),
            tags=message.tags,
            links=tracked_links(rendered.html) if rendered else 0,
        )

    def _link(self, parsed: Parsed) -> str:
        """Return the link by which the recipient leaves the message's topic, or "" where that can't be."""
        if self._links is None or parsed.message.topic is None:
            return ""
        return self._links.link(parsed.address_key, parsed.message.topic, parsed.message.message_id)

    def _preferences(self, parsed: Parsed) -> str:
        """Return the link to what the recipient chose, or "" where that can't be."""
        if self._links is None or parsed.message.topic is None:
            return ""
        return self._links.preferences(parsed.address_key, parsed.message.topic, parsed.message.message_id)

    def _render(self, parsed: Parsed) -> Rendered:
        message, link, preferences = parsed.message, self._link(parsed), self._preferences(parsed)
        if message.content is not None:
            content = message.content
            rendered = Rendered(
                subject=content.subject,
                text=content.text or "",
                html=content.html,
                locale=message.locale or "",
            )
        else:
            # Links of the producer's own would leave something that we know nothing of.
            ours = {UNSUBSCRIBE_URL: link, PREFERENCES_URL: preferences} if link else {}
            data = {**message.data, **ours}
            rendered = self._renderer.render(message.template or "", locale=message.locale, data=data)
        return showing(rendered, link, preferences) if link else rendered

    def _fetch(self, message: Message) -> tuple[File, ...]:
        room = self._settings.attachment_max_bytes
        files: list[File] = []
        for attachment in message.attachments:
            file = self._attachments.fetch(attachment, most_bytes=room)
            room -= len(file.content)
            files.append(file)
        return tuple(files)

    def _mail(self, parsed: Parsed, rendered: Rendered, files: tuple[File, ...]) -> Mail:
        message = parsed.message
        link = self._link(parsed)
        return Mail(
            sender=self._settings.from_address,
            to=parsed.address,
            to_name=message.to.name or "",
            # As for the recipient: SES takes a domain in its ASCII form alone.
            reply_to=parse_address(message.reply_to).email_for_ses
            if message.reply_to
            else self._settings.reply_to,
            subject=rendered.subject,
            text=rendered.text or None,
            html=rendered.html,
            headers={**message.headers, **list_headers(link, self._settings.unsubscribe_mailbox)}
            if link
            else message.headers,
            files=files,
            configuration_set=self._settings.configuration_set,
            tags={},
        )


def in_stage_time(message: Message, record: Record) -> Message:
    """Return a message with the stage's time: on a local stage that was moved ahead, not its producer's.

    Else what an application sends there just now would be as old as the stage is ahead, and expire by it.
    """
    if not offset() or message.created_at is None:
        return message
    return structs.replace(message, created_at=max(message.created_at, record.first_sent))


def _refusal(parsed: Parsed, reason: Reason, field: str, detail: str) -> Refusal:
    return Refusal(
        record=parsed.record,
        reason=reason,
        field=field,
        detail=detail,
        message_id=parsed.message.message_id,
        parsed=parsed,
    )
