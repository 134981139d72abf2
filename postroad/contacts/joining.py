"""What signing up changes: pending records, and consent once it is confirmed. Pure: the stores carry it out.

Whoever types an address into a form need not own it. So signing up changes nothing that stands but the record
of the topic: who confirms it, from the mailbox, is believed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contacts.choosing import choosing, preferences
from postroad.contacts.departure import Departure
from postroad.contacts.model import Consent, ConsentStatus, Contact, SignUp, Waiting, Wishes
from postroad.contacts.saving import next_record, recording, with_consent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import TopicTerms
    from postroad.suppression.model import HistoryEntry, Suppression

CONFIRMABLE = timedelta(days=30)
"""After it was asked for."""


def asking(
    standing: Suppression, history: Sequence[HistoryEntry], contact: Contact | None, sign_up: SignUp,
    *, stream_of_topic: Mapping[str, str], source: str, evidence: str, now: datetime, ip: str,
) -> tuple[Departure, frozenset[str]]:  # fmt: skip
    """Decide what `Joining.ask` writes, and which topics are to be confirmed.

    A topic whose word is enough is granted, unless they had left it: coming back is always confirmed. It
    writes as much for each address: the profile, a record for each topic, and what was said. What was agreed
    to before stays agreed to, whatever the newest record says.
    """
    before = contact or Contact(standing.address_key, "")
    chosen = preferences(standing, history, contact, stream_of_topic=stream_of_topic, now=now)
    left = _left(standing, history, before, sign_up, stream_of_topic=stream_of_topic, now=now)
    after = before
    records: list[Consent] = []
    unconfirmed = frozenset(topic for topic, terms in sign_up.topics.items() if terms.double or topic in left)
    for topic, terms in sign_up.topics.items():
        status = ConsentStatus.PENDING if topic in unconfirmed else ConsentStatus.GRANTED
        said = recording(topic, status, terms, source=source, evidence=evidence, now=now, ip=ip)
        record = next_record(after, said)
        records.append(record)
        if not (status is ConsentStatus.PENDING and chosen.topics[topic]):
            after = with_consent(after, record)
    if len(unconfirmed) < len(sign_up.topics) and not before.email:
        # Where an operator has lifted their erasure, what they say now begins anew.
        anew = after if standing.erased else replace(after, erased_at=None, erasure="")
        after = _known(anew, Waiting(sign_up.email, now, sign_up.name, sign_up.locale), source, now)
    after = replace(after, updated_at=now, version=before.version + 1)
    waiting = Waiting(sign_up.email, now, sign_up.name, sign_up.locale)
    return Departure((), after, tuple(records), waiting), unconfirmed


def confirming(
    standing: Suppression, history: Sequence[HistoryEntry], contact: Contact | None, waiting: Waiting | None,
    topics: Sequence[str], *, terms: Mapping[str, TopicTerms], stream_of_topic: Mapping[str, str],
    source: str, evidence: str, now: datetime, ip: str,
) -> Departure:  # fmt: skip
    """Decide what `Joining.confirm` writes; false where nothing of it waits to be confirmed."""
    pending = [topic for topic in topics if topic in stream_of_topic and _waits(contact, topic, now)]
    wishes = Wishes(dict.fromkeys(pending, True), terms=terms)
    email = waiting.email if waiting else ""
    departure = choosing(
        standing, history, contact, wishes, stream_of_topic=stream_of_topic, source=source,
        evidence=evidence, now=now, ip=ip, email=email,
    )  # fmt: skip
    if departure.contact is None or departure.contact.email or waiting is None:
        return departure
    return replace(departure, contact=_known(departure.contact, waiting, source, now))


def _waits(contact: Contact | None, topic: str, now: datetime) -> bool:
    newest = contact.topics.get(topic) if contact else None
    return newest is not None and newest.status is ConsentStatus.PENDING and now - newest.at < CONFIRMABLE


def _left(
    standing: Suppression, history: Sequence[HistoryEntry], contact: Contact, sign_up: SignUp,
    *, stream_of_topic: Mapping[str, str], now: datetime,
) -> frozenset[str]:  # fmt: skip
    """Return the topics that they would not get though they agreed: they had left them, or more."""
    agreed = contact
    for topic in sign_up.topics:
        agreed = with_consent(agreed, Consent(topic, ConsentStatus.GRANTED, now, ""))
    gets = preferences(standing, history, agreed, stream_of_topic=stream_of_topic, now=now).topics
    withdrawn = {topic for topic, each in contact.topics.items() if each.status is ConsentStatus.WITHDRAWN}
    return frozenset(topic for topic in sign_up.topics if topic in withdrawn or not gets[topic])


def _known(contact: Contact, said: Waiting, source: str, now: datetime) -> Contact:
    """Make a contact of somebody of whom nothing was known but the address."""
    return replace(
        contact, email=said.email, name=contact.name or said.name, locale=contact.locale or said.locale,
        source=source, created_at=now,
    )  # fmt: skip
