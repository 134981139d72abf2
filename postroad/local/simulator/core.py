"""The simulator itself: one plain class without I/O. Time and ids are arguments; it is safe among threads."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from postroad.contract.tags import MESSAGE_TAG, decode_tag
from postroad.local.simulator import reply as answers
from postroad.local.simulator import signing
from postroad.local.simulator.account import Account, Knobs, SuppressedAddress
from postroad.local.simulator.addresses import bare_address, simulator_mailbox
from postroad.local.simulator.asked import Asked
from postroad.local.simulator.deployed import ConfigurationSet, Deployed
from postroad.local.simulator.faults import Fault, FaultKind, Faults, Struck
from postroad.local.simulator.happenings import Happening, follow_ups, happen, prefetching
from postroad.local.simulator.mail import Mail, SesEvent
from postroad.local.simulator.mailbag import Mailbag
from postroad.local.simulator.reply import Reply
from postroad.local.simulator.request import SendEmailRequest, Simple, read_request
from postroad.local.simulator.striking import Outcome, refused_by, spoil_events
from postroad.local.simulator.validation import message_size, problem


class Simulator:
    """SES as far as Postroad uses it: takes mail, keeps it, and says what becomes of it."""

    def __init__(
        self, deployed: Deployed | None = None, *, knobs: Knobs | None = None, mailbag: Mailbag | None = None
    ) -> None:
        self.deployed = deployed or Deployed()
        self.account = Account(knobs or Knobs())
        self.faults = Faults()
        self.mailbag = mailbag or Mailbag()
        self.refused: Counter[str] = Counter()
        self.changes = 0
        """Grows with whatever the inbox shows, so that a page knows when to ask again."""
        self._lock = threading.RLock()

    def refuses(self, body: bytes) -> Reply | None:
        """Answer with what is wrong with the body of a SendEmail in itself, keeping nothing."""
        try:
            return problem(read_request(body))
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            return answers.bad_request(f"The request can't be read: {why}")

    def turned_away(self, *, now: datetime, signed_at: datetime | None = None) -> Outcome | None:
        """Answer any call that isn't judged at all, since SES is down or the request is too old.

        `signed_at` is the time of its signature; without, its age is not looked at.
        """
        with self._lock:
            outage = self.faults.outage((), now=now)
            early = refused_by(outage) if outage else None
            too_old = signing.refuses(signed_at, now=now)
            if early is None and too_old is None:
                return None
        with self._changing():
            return self._refuse(early.reply if early else too_old)

    def send_email(
        self, body: bytes, *, now: datetime, ses_message_id: str, signed_at: datetime | None = None
    ) -> Outcome:
        """Judge the body of one SendEmail, and keep the mail if SES would take it.

        `signed_at` is the time of the request's signature; without, its age is not looked at.
        """
        with self._changing():
            if too_old := signing.refuses(signed_at, now=now):
                return self._refuse(too_old)
            if wrong := self.refuses(body):
                return self._refuse(wrong)
            request = read_request(body)
            if wrong := self._not_deployed(request):
                return self._refuse(wrong)
            recipients = tuple(bare_address(each) for each in request.destination.recipients)
            struck = self.faults.strike(recipients, now=now)
            if early := refused_by(struck.answer):
                return self._refuse(early.reply, hang=early.hang)
            counted = sum(simulator_mailbox(each) is None for each in recipients)
            if wrong := self.account.refuses(len(recipients), counted=counted, now=now):
                return self._refuse(wrong)
            self.account.count(counted, now)
            return self._take(request, recipients, struck, now, ses_message_id)

    def report(self, ses_message_id: str, happening: Happening, *, now: datetime) -> tuple[SesEvent, ...]:
        """Let something happen to a kept mail (a bounce, a complaint, ...): the events that follow.

        Raises KeyError for a mail that isn't kept, ValueError for a happening that can't be.
        """
        with self._changing():
            mail = self._mail_to(ses_message_id, happening.recipient)
            return self._publish(mail, [happening], now)

    def prefetch(self, ses_message_id: str, *, now: datetime, recipient: str = "") -> tuple[SesEvent, ...]:
        """Open a kept mail and click all its links within a second, as a scanner does.

        Raises KeyError for a mail that isn't kept, ValueError for a recipient that isn't the mail's.
        """
        with self._changing():
            mail = self._mail_to(ses_message_id, recipient)
            burst = prefetching(mail, recipient)
            return tuple(
                event for after, happening in burst for event in self._publish(mail, [happening], now + after)
            )

    def note_asked(self, ses_message_id: str, asked: Sequence[Asked]) -> None:
        """Keep with a mail what was asked of its links; one that isn't kept any more keeps nothing."""
        with self._changing(), suppress(KeyError):
            self.mailbag.get(ses_message_id).asked.extend(asked)

    def forget_mail(self) -> None:
        """Forget all mail and start counting again."""
        with self._changing():
            self.mailbag.clear()

    def configure(self, changes: Mapping[str, object]) -> Knobs:
        """Change knobs by name; raises msgspec.ValidationError, which says what is wrong."""
        with self._changing():
            now_set: dict[str, object] = msgspec.to_builtins(self.account.knobs)
            self.account.knobs = msgspec.convert({**now_set, **changes}, Knobs)
            return self.account.knobs

    def suppressed(self) -> dict[str, SuppressedAddress]:
        """Copy the account suppression list, by lower-case address."""
        with self._lock:
            return dict(self.account.suppressed)

    def suppress(self, address: str, reason: str, *, now: datetime) -> None:
        with self._changing():
            self.account.suppress(address, reason, at=now)

    def unsuppress(self, address: str) -> bool:
        with self._changing():
            return self.account.suppressed.pop(address.lower(), None) is not None

    def sent_last_24_hours(self, now: datetime) -> int:
        with self._lock:
            return self.account.sent_last_24_hours(now)

    def get_account(self, now: datetime) -> dict[str, object]:
        with self._lock:
            return self.account.as_get_account(now)

    def add_fault(self, fault: Fault, *, now: datetime | None = None) -> None:
        """Let a fault wait; an outage begins now, or with the next request where no time is given."""
        with self._changing():
            self.faults.add(fault, now=now)

    def remove_fault(self, fault_id: int) -> bool:
        """Take one fault away; False if it isn't pending any more."""
        with self._changing():
            return self.faults.remove(fault_id)

    def drop_ended_outages(self, *, now: datetime) -> None:
        """Let go of outages that are over, as the next request would."""
        with self._lock:
            self.faults.outage((), now=now)

    def clear_faults(self) -> None:
        with self._changing():
            self.faults.clear()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            finally:  # last, so that whoever reads the number first reads nothing older than it
                self.changes += 1

    def _mail_to(self, ses_message_id: str, recipient: str) -> Mail:
        mail = self.mailbag.get(ses_message_id)
        if recipient and recipient not in mail.recipients:
            raise ValueError(f"recipient: not one of this mail's ({', '.join(mail.recipients)})")
        return mail

    def _refuse(self, reply: Reply | None, *, hang: timedelta = timedelta()) -> Outcome:
        self.refused[reply.error if reply else "lost_request"] += 1
        return Outcome(reply, hang=hang)

    def _not_deployed(self, request: SendEmailRequest) -> Reply | None:
        sender = bare_address(request.from_email_address)
        if self.deployed.identity_of(sender) is None:
            return answers.not_verified(self.deployed.region, sender)
        name = request.configuration_set_name
        chosen = self.deployed.configuration_sets.get(name) if name else None
        if name and chosen is None:
            return answers.refusal("NotFoundException", f"Configuration set <{name}> does not exist.")
        if chosen and chosen.sender and chosen.sender != sender.lower():
            return answers.not_the_sender(chosen.name)
        if chosen and not chosen.sending_enabled:
            return answers.configuration_set_paused(chosen.name)
        if self.account.knobs.sandbox:
            strangers = [
                each
                for each in map(bare_address, request.destination.recipients)
                if simulator_mailbox(each) is None and self.deployed.identity_of(each) is None
            ]
            if strangers:
                return answers.not_verified(self.deployed.region, *strangers)
        return None

    def _take(
        self,
        request: SendEmailRequest,
        recipients: tuple[str, ...],
        struck: Struck,
        now: datetime,
        ses_message_id: str,
    ) -> Outcome:
        simple = request.content.simple
        if simple is None:  # validation has refused it
            raise AssertionError("a request without Simple content got past validation")
        mail = self._mail(request, simple, recipients, now, ses_message_id)
        self.mailbag.keep(mail)
        reasons = self._reasons(mail)
        held_back = {each: self.account.why_held_back(each, reasons) for each in recipients}
        events = self._publish(mail, follow_ups(mail, held_back), now)
        planned = spoil_events(events, struck.events)
        if struck.answer is None:
            return Outcome(Reply(200, {"MessageId": ses_message_id}), mail, planned)
        if struck.answer.kind is FaultKind.SENT_SERVER_ERROR:
            return Outcome(answers.server_error(), mail, planned)
        return Outcome(None, mail, planned, timedelta(seconds=struck.answer.seconds))

    def _mail(
        self,
        request: SendEmailRequest,
        simple: Simple,
        recipients: tuple[str, ...],
        now: datetime,
        ses_message_id: str,
    ) -> Mail:
        identity = self.deployed.identity_of(bare_address(request.from_email_address)) or ""
        tags = {tag.name: tag.value for tag in request.email_tags}
        body = simple.body
        return Mail(
            ses_message_id=ses_message_id,
            message_id=_our_id(tags),
            at=now,
            sender=request.from_email_address,
            source_arn=self.deployed.identity_arn(identity),
            to=request.destination.to_addresses,
            cc=request.destination.cc_addresses,
            bcc=request.destination.bcc_addresses,
            reply_to=request.reply_to_addresses,
            subject=simple.subject.data,
            html=body.html.data if body.html else None,
            text=body.text.data if body.text else None,
            headers=tuple((each.name, each.value) for each in simple.headers),
            tags=tags,
            configuration_set=request.configuration_set_name or "",
            attachments=simple.attachments,
            size=message_size(simple),
            recipients=recipients,
            account=self.deployed.account,
        )

    def _reasons(self, mail: Mail) -> frozenset[str]:
        chosen = self._configuration_set(mail)
        if chosen is None or chosen.suppressed_reasons is None:
            return self.account.knobs.suppressed_reasons
        return chosen.suppressed_reasons

    def _configuration_set(self, mail: Mail) -> ConfigurationSet | None:
        return self.deployed.configuration_sets.get(mail.configuration_set)

    def _publish(self, mail: Mail, happenings: Sequence[Happening], now: datetime) -> tuple[SesEvent, ...]:
        """Turn happenings into events of this mail, and into entries of the account's list."""
        chosen = self._configuration_set(mail)
        events: list[SesEvent] = []
        for happening in happenings:
            event = happen(mail, happening, at=now, number=len(mail.events))
            asked = chosen.asked(event.type.name) if chosen and not event.unreported else ()
            event = replace(event, destinations=asked, due=now + timedelta(seconds=happening.delay_seconds))
            mail.events.append(event)
            events.extend([event] * happening.copies)
            reason = happening.suppresses
            if reason in self._reasons(mail) and simulator_mailbox(event.recipient) is None:
                self.account.suppress(event.recipient, reason, at=now, ses_message_id=mail.ses_message_id)
        return tuple(events)


def _our_id(tags: dict[str, str]) -> str:
    try:
        return decode_tag(tags.get(MESSAGE_TAG, ""))
    except ValueError:
        return ""
