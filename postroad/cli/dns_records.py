"""A sending domain's DNS records, and how they are written. Pure.

https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.dns import DnsRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_DKIM_ZONE = "dkim.amazonses.com"
MOST_OF_A_STRING = 255
"""Characters in one string of a TXT record (RFC 1035, section 3.3.14); longer texts are several strings."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What SES says of a domain. `mail_from` is empty where none is set; statuses are SES's own words."""

    tokens: Sequence[str]
    dkim_zone: str
    dkim_status: str
    mail_from: str
    mail_from_status: str
    verified: bool
    own_key: bool = False
    """SES signs with a key that was brought to it, so it has no tokens and asks for no CNAME."""


@dataclass(frozen=True, slots=True)
class DomainRecords:
    """A domain with its records. `hosted_zone_id` is set where the deployment writes them by itself."""

    domain: str
    hosted_zone_id: str | None
    identity: Identity
    records: tuple[DnsRecord, ...]
    notes: tuple[str, ...]


def dkim_records(domain: str, identity: Identity) -> list[DnsRecord]:
    """Return the CNAMEs that let SES sign as this domain, one per token."""
    return [
        DnsRecord(f"{token}._domainkey.{domain}", "CNAME", f"{token}.{identity.dkim_zone}", "DKIM")
        for token in identity.tokens
    ]


def zone_file(found: Sequence[DomainRecords]) -> str:
    """Return the records in the format of RFC 1035, section 5: every name in full, ready to be pasted."""
    lines: list[str] = []
    for each in found:
        lines.append(f"; {each.domain}")
        lines += [f"; {note}" for note in each.notes]
        lines += [f"{record.name}.\t3600\tIN\t{record.type}\t{_data(record)}" for record in each.records]
        lines.append("")
    return "\n".join(lines)


def _data(record: DnsRecord) -> str:
    if record.type == "TXT":
        parts = [
            record.value[start : start + MOST_OF_A_STRING]
            for start in range(0, len(record.value), MOST_OF_A_STRING)
        ]
        return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)
    return f"{record.value}."


def as_object(each: DomainRecords) -> Mapping[str, object]:
    """Return a domain with its records as a JSON object."""
    return {
        "domain": each.domain,
        "hosted_zone_id": each.hosted_zone_id,
        "verified": each.identity.verified,
        "dkim_status": each.identity.dkim_status,
        "mail_from_status": each.identity.mail_from_status or None,
        "records": [
            {"name": record.name, "type": record.type, "value": record.value, "purpose": record.purpose}
            for record in each.records
        ],
        "notes": list(each.notes),
    }
