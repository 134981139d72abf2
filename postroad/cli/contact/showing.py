"""How a contact is shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.cli.contact.export_command import as_object
from postroad.cli.contact.saying import attribute_cell
from postroad.explaining.moments import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.contacts.model import Consent, Contact


def contact_record(contact: Contact) -> dict[str, Any]:
    """Return a contact for a JSON document."""
    return {**as_object(contact), "created": contact.created_at, "updated": contact.updated_at}


def contact_lines(email: str, contact: Contact | None, consents: Sequence[Consent]) -> list[str]:
    """Return what is known of them, a line each."""
    lines = [email]
    if contact is None or not contact.email:
        lines.append("  is no contact")
    else:
        facts = {
            "name": contact.name,
            "locale": contact.locale,
            "time zone": contact.time_zone,
            "source": contact.source,
            "added": moment(contact.created_at),
            "updated": moment(contact.updated_at),
            **{name: attribute_cell(value) for name, value in sorted(contact.attributes.items())},
        }
        width = max(len(name) for name in facts)
        lines += [f"  {name:<{width}}  {value}" for name, value in facts.items() if value]
    if consents:
        lines += ["", "consent, the newest of a topic counts"]
        lines += [_consent(each) for each in consents]
    return lines


def _consent(consent: Consent) -> str:
    proof = ", ".join(
        text
        for text in (
            consent.source,
            consent.purpose,
            f"wording {consent.wording}" if consent.wording else "",
            consent.evidence,
        )
        if text
    )
    return f"  {moment(consent.at)}  {consent.topic}  {consent.status.value}  ({proof})"
