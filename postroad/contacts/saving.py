"""What becomes of a contact when something is said of it. Pure: the stores carry it out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contacts.model import (
    MOST_ATTRIBUTES,
    MOST_OF_ATTRIBUTES,
    Consent,
    ConsentStatus,
    Contact,
    Saved,
    TopicStanding,
)
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.contacts.model import AttributeValue, NewConsent, NewContact, TopicTerms

CONSENT = "consent#"
MOMENT = timedelta(milliseconds=1)
"""What keeps two records of a topic apart."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What to write: the profile as it then stands, the records beside it, and what that makes of it."""

    contact: Contact
    consents: tuple[Consent, ...]
    saved: Saved

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return self.saved in {Saved.ADDED, Saved.UPDATED}


def consent_key(topic: str, at: datetime) -> str:
    """Return a record's sort key, `consent#<topic>#<UTC, to the millisecond>`: keys sort as times do."""
    return f"{CONSENT}{topic}#{time_text(at)}"


def time_text(at: datetime) -> str:
    """Write a time in UTC, to the millisecond: `2026-11-22T14:03:11.123Z`."""
    return moment(milliseconds(at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def saving(standing: Contact | None, wanted: NewContact, *, now: datetime) -> Saving:
    """Decide what `save` writes for one contact."""
    before = standing or Contact(wanted.address_key, "")
    if before.erased_at is not None:
        if not wanted.anew:
            return Saving(before, (), Saved.ERASED)
        before = Contact(before.address_key, "", topics=before.topics, version=before.version)
    attributes = _merged(before.attributes, wanted.attributes)
    if len(attributes) > MOST_ATTRIBUTES or size_of(attributes) > MOST_OF_ATTRIBUTES:
        return Saving(before, (), Saved.REFUSED)
    after = replace(
        before,
        email=wanted.email,
        name=_or_as_it_was(wanted.name, before.name),
        locale=_or_as_it_was(wanted.locale, before.locale),
        time_zone=_or_as_it_was(wanted.time_zone, before.time_zone),
        attributes=attributes,
    )
    consents: list[Consent] = []
    for each in wanted.consents:
        consent = _consenting(after.topics.get(each.topic), each, now)
        if consent is not None:
            after = with_consent(after, consent)
            consents.append(consent)
    if not before.email:
        added = replace(
            after, source=wanted.source, created_at=now, updated_at=now, version=before.version + 1
        )
        return Saving(added, tuple(consents), Saved.ADDED)
    if after == before:
        return Saving(before, (), Saved.UNCHANGED)
    updated = replace(after, updated_at=now, version=before.version + 1)
    return Saving(updated, tuple(consents), Saved.UPDATED)


def with_consent(contact: Contact, consent: Consent) -> Contact:
    """Return the contact with this record as the one of its topic that counts."""
    standing = TopicStanding(consent.status, consent.at, consent.wording)
    return replace(contact, topics={**contact.topics, consent.topic: standing})


def withdrawing(contact: Contact, topic: str, *, source: str, evidence: str, now: datetime) -> Consent | None:
    """Return the record that withdraws consent to a topic; None where it was withdrawn before.

    It always counts: where the topic's newest record is of this moment, or of a clock that is ahead, it comes
    one millisecond after that.
    """
    newest = contact.topics.get(topic)
    if newest is not None and newest.status is ConsentStatus.WITHDRAWN:
        return None
    return next_record(contact, Consent(topic, ConsentStatus.WITHDRAWN, now, source, evidence=evidence))


def granting(
    contact: Contact, topic: str, terms: TopicTerms, *, source: str, evidence: str, now: datetime, ip: str
) -> Consent | None:
    """Return the record by which a person agrees; None where they agreed to these words before.

    It always counts, as `withdrawing` says.
    """
    newest = contact.topics.get(topic)
    agreed = newest is not None and newest.status is ConsentStatus.GRANTED
    if newest is not None and agreed and terms.wording in {"", newest.wording}:
        return None
    return next_record(
        contact,
        recording(topic, ConsentStatus.GRANTED, terms, source=source, evidence=evidence, now=now, ip=ip),
    )


def recording(
    topic: str,
    status: ConsentStatus,
    terms: TopicTerms,
    *,
    source: str,
    evidence: str,
    now: datetime,
    ip: str,
) -> Consent:
    """Return what is recorded of somebody's word, with the IP address where it is to be kept."""
    kept = ip if terms.keep_ip else ""
    return Consent(topic, status, now, source, terms.purpose, terms.wording, evidence, kept)


def next_record(contact: Contact, said: Consent) -> Consent:
    """Return a record as the newest of its topic: later than the one before it, which it names."""
    at = moment(milliseconds(said.at))
    newest = contact.topics.get(said.topic)
    if newest is None:
        return replace(said, at=at)
    return replace(said, at=max(at, newest.at + MOMENT), previous=consent_key(said.topic, newest.at))


def size_of(attributes: Mapping[str, AttributeValue]) -> int:
    """Return how many bytes attributes take, as JSON."""
    return len(attributes_text(attributes).encode())


def attributes_text(attributes: Mapping[str, AttributeValue]) -> str:
    """Write attributes as JSON, the same text for the same attributes."""
    return json.dumps(attributes, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _consenting(newest: TopicStanding | None, wanted: NewConsent, now: datetime) -> Consent | None:
    """Return the record to add; None where it would say nothing new, or is older than what stands."""
    at = moment(milliseconds(wanted.at or now))
    if newest is not None:
        if wanted.at is None and newest.status is ConsentStatus.WITHDRAWN:
            return None
        if at <= newest.at or _says_the_same(newest, wanted):
            return None
    return Consent(
        wanted.topic,
        wanted.status,
        at,
        wanted.source,
        purpose=wanted.purpose,
        wording=wanted.wording,
        evidence=wanted.evidence,
        ip=wanted.ip,
        previous=consent_key(wanted.topic, newest.at) if newest else "",
    )


def _says_the_same(newest: TopicStanding, wanted: NewConsent) -> bool:
    """Say whether a record would only repeat what counts. One who confirmed is not asked to confirm again."""
    if newest.status is ConsentStatus.GRANTED and wanted.status is ConsentStatus.PENDING:
        return True
    return newest.status is wanted.status and (not wanted.wording or newest.wording == wanted.wording)


def _merged(
    standing: Mapping[str, AttributeValue], said: Mapping[str, AttributeValue | None]
) -> dict[str, AttributeValue]:
    merged: Mapping[str, AttributeValue | None] = {**standing, **said}
    return {name: value for name, value in merged.items() if value is not None}


def _or_as_it_was(said: str | None, before: str) -> str:
    return before if said is None else said
