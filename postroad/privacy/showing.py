"""All that is held about one person, as one document. Pure but for the stores that it reads.

It is made for the person: the numbers that machines need to keep copies apart (versions, fingerprints) are
left out, since they say nothing of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from postroad.contract.words import Status
from postroad.explaining.decision_record import explain, record, suppression_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.account.listing import ListedAddress
    from postroad.bodies.ports import KeptBodies
    from postroad.contacts.model import Consent, Contact
    from postroad.ledger.row import Row
    from postroad.privacy.ports import Mails, Source
    from postroad.suppression.model import HistoryEntry, Suppression

NOT_HERE = (
    "SES's raw reports of mails are kept for {events_days} days in a bucket, by hour and not by person.",
    "Messages on their way lie in queues for {queue_days} days at most, and can't be searched by address.",
    "Nor can what was refused, in dead-letter queues for {dead_letter_days} days.",
    "Backups of the tables reach back 35 days, and hold what was here then.",
    "How often the address came to the pages is counted under a keyed hash, for two days at most.",
    "Logs hold no addresses.",
    "Amazon SES, which delivers the mails, keeps its own records.",
)
"""What the document doesn't hold, and why."""


def messages(mails: Mails, bodies: KeptBodies, key: str, *, now: datetime) -> list[dict[str, Any]]:
    """Return every message to them, oldest first: its decision record, in sentences too, and its body."""
    return [_message(row, bodies, now) for page in mails.pages(key) for row in page]


def document(
    *,
    email: str,
    key: str,
    stage: str,
    now: datetime,
    contact: Contact | None,
    consents: Sequence[Consent],
    consent_proofs: Sequence[Consent],
    others: Sequence[Mapping[str, Any]],
    suppression: Suppression | None,
    shows_address: bool,
    history: Sequence[HistoryEntry],
    mails: Sequence[Mapping[str, Any]],
    ses_entry: ListedAddress | str | None,
    sources: Sequence[Source],
    not_here: Sequence[str],
) -> dict[str, Any]:
    """Put together what the stores hold. `ses_entry` is a text where SES couldn't be asked."""
    return {
        "schema": "postroad.person.v1",
        "email": email,
        "address_key": key,
        "stage": stage,
        "exported_at": now,
        "profile": _profile(contact),
        "erased_at": contact.erased_at if contact else None,
        "consents": [_consent(each) for each in consents],
        "consents_kept_as_proof": [_consent(each) for each in consent_proofs],
        "other_records": [dict(each) for each in others],
        "suppressions": suppression_records(suppression, now=now),
        "suppression_shows_address": shows_address,
        "suppression_history": list(history),
        "ses_suppression_list": ses_entry,
        "messages": list(mails),
        **{source.name: source.show(key) for source in sources},
        "not_in_this_document": list(not_here),
    }


def is_nothing(found: Mapping[str, Any], sources: Sequence[Source]) -> bool:
    """Say whether nothing is held about them."""
    names = ("profile", "consents", "consents_kept_as_proof", "other_records", "suppressions")
    more = ("suppression_history", "messages", "erased_at", "ses_suppression_list")
    return not any(found[name] for name in (*names, *more, *(source.name for source in sources)))


def _profile(contact: Contact | None) -> dict[str, Any] | None:
    if contact is None or not contact.email:
        return None
    return {
        "email": contact.email,
        "name": contact.name,
        "locale": contact.locale,
        "time_zone": contact.time_zone,
        "attributes": dict(contact.attributes),
        "source": contact.source,
        "created": contact.created_at,
        "updated": contact.updated_at,
        "topics": {
            name: {"status": each.status.value, "at": each.at, "wording": each.wording}
            for name, each in sorted(contact.topics.items())
        },
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "topic": consent.topic,
        "status": consent.status.value,
        "at": consent.at,
        "source": consent.source,
        "purpose": consent.purpose,
        "wording": consent.wording,
        "evidence": consent.evidence,
        "ip": consent.ip,
    }


def _message(row: Row, bodies: KeptBodies, now: datetime) -> dict[str, Any]:
    told = record(row, None, now=now)
    del told["suppressions"]
    waits = row.status is Status.SCHEDULED or row.awaits_evidence
    # By its fingerprint: another body under this id may be somebody else's.
    text = bodies.get(row.message_id, row.fingerprint) if row.fingerprint else None
    return {
        **told,
        "in_words": list(explain(row, now=now).sentences),
        "engaged": dict(row.engaged),
        "provider": row.provider or None,
        "waits_until": row.due if waits else None,
        "body": None if text is None else _body(text),
    }


def _body(text: str) -> Any:  # noqa: ANN401 - JSON, or a text that is none
    try:
        return json.loads(text)
    except ValueError:
        return text
