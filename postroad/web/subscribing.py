"""The use case behind /subscribe: somebody types an address, and its owner gets one mail. Pure.

Whoever sends the form need not own the address, and learns nothing of it: what is asked, written, mailed and
answered is the same whether it is known, suppressed, has agreed already or left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contacts.model import SignUp
from postroad.contract.ids import RANDOM_BYTES, make_message_id
from postroad.errors import TransientError
from postroad.web.answers import Answer, Kind
from postroad.web.limits import SIGNING_UP_BY_ADDRESS, SIGNING_UP_BY_MACHINE, Limits, machine_name
from postroad.web.sign_up_form import SignUpForm, read_sign_up
from postroad.web.sign_up_mail import Letter, SignUpMails

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.contacts.model import TopicTerms
    from postroad.contacts.ports import Joining
    from postroad.web.pages import Pages
    from postroad.web.ports import Mailbox
    from postroad.web.requests import Form, Visit
    from postroad.web.tokens import Tokens

BY_FORM, BY_JSON = "subscribe:form", "subscribe:json"
"""The sources of what is asked for here, as records of consent keep them."""
_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})


class Subscribing:
    """Takes sign-ups, and mails those whose address was typed."""

    def __init__(
        self, *, tokens: Tokens, joining: Joining, limits: Limits, pages: Pages, mailbox: Mailbox,
        mails: SignUpMails, address_key: Callable[[str], str],
        entropy: Callable[[int], bytes], on_error: Callable[[BaseException], object],
    ) -> None:  # fmt: skip
        """Use these parts; `address_key` turns a canonical address into the key that it is known by."""
        self._tokens = tokens
        self._joining = joining
        self._limits = limits
        self._pages = pages
        self._mailbox = mailbox
        self._mails = mails
        self._address_key = address_key
        self._entropy = entropy
        self._on_error = on_error

    def look(self, _visit: Visit, *, now: datetime) -> Answer:  # noqa: ARG002 - as every Section is asked
        """Show the form. It holds nothing of anybody."""
        return Answer(Kind.SUBSCRIBE)

    def act(self, visit: Visit, form: Form | None, *, now: datetime) -> Answer:
        """Note what a form asks for, and mail the address. A form that is spoilt changes nothing."""
        said = read_sign_up(form, topics=self._pages.topic_names)
        if not isinstance(said, SignUpForm):
            wanted = {topic for topic in self._pages.topic_names if form and topic in form.all("topic")}
            marks = {"refused", *said, *(f"on:{topic}" for topic in wanted)}
            return Answer(Kind.SUBSCRIBE, marks=frozenset(marks), refused=True)
        key = self._address_key(said.address.canonical)
        machine = machine_name(self._tokens.machine_key, visit.ip)
        try:
            if not self._limits.within(SIGNING_UP_BY_MACHINE, machine, now=now):
                return Answer(Kind.BUSY)
            # Whose mailbox has had its mails for today gets no more, and whoever asks is not told.
            mailbox = self._address_key(mailbox_of(said.address.canonical))
            if self._limits.within(SIGNING_UP_BY_ADDRESS, mailbox, now=now):
                self._ask(key, said, visit, now)
        except TransientError as error:
            self._on_error(error)
            return Answer(Kind.TROUBLE)
        return Answer(Kind.ASKED)

    def _ask(self, key: str, said: SignUpForm, visit: Visit, now: datetime) -> None:
        email = said.address.email_for_ses
        locale = said.locale or visit.locale
        unconfirmed = self._joining.ask(
            key,
            SignUp(email, {topic: self._terms(said, topic) for topic in said.topics}, said.name, locale),
            source=BY_JSON if said.json else BY_FORM,
            evidence=f"request {visit.request_id}",
            now=now,
            ip=visit.ip,
        )
        letter = Letter(
            key, email, tuple(sorted(unconfirmed or said.topics)), self._pages.known(locale) or visit.locale,
            make_message_id(now, self._entropy(RANDOM_BYTES)), now,
        )  # fmt: skip
        mail = self._mails.confirmation(letter) if unconfirmed else self._mails.notice(letter)
        self._mailbox.put(mail)

    def _terms(self, said: SignUpForm, topic: str) -> TopicTerms:
        """Return what was read: our own words, or those that a form of others gives a name."""
        if said.shown in self._pages.locales:
            return self._pages.terms(topic, said.shown)
        return replace(self._pages.terms(topic, self._pages.locales[0]), wording=said.wording)


def mailbox_of(canonical: str) -> str:
    """Return the address without the tags and dots by which one mailbox has any number of addresses.

    For counting alone: a stranger could otherwise fill a mailbox by way of them. Where a provider knows no
    tags, those who are named alike but for the tag share a count.
    """
    local, _, domain = canonical.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _WITHOUT_DOTS:  # https://support.google.com/mail/answer/7436150
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"
