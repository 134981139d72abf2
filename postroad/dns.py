"""The DNS records that a sending domain needs beside its DKIM keys. Pure.

The stacks write them into Route 53 or into outputs, and `postroad dns` prints them: from here, so that both
say the same. Source: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAIL_FROM_SPF = "v=spf1 include:amazonses.com ~all"


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record: `name` and `value` in full, without the dot that ends a name in a zone file."""

    name: str
    type: Literal["CNAME", "MX", "TXT"]
    value: str
    purpose: str


def mail_from_records(mail_from: str, region: str) -> tuple[DnsRecord, DnsRecord]:
    """Return what makes bounces come back to SES, and SPF align with the From address: MX and TXT."""
    return (
        DnsRecord(mail_from, "MX", f"10 feedback-smtp.{region}.amazonses.com", "MAIL FROM"),
        DnsRecord(mail_from, "TXT", MAIL_FROM_SPF, "SPF"),
    )


def dmarc_record(domain: str, policy: str, reports: str | None) -> DnsRecord:
    """Return the DMARC record (RFC 7489, section 6.3)."""
    value = f"v=DMARC1; p={policy}"
    if reports:
        value += f"; rua=mailto:{reports}"
    return DnsRecord(f"_dmarc.{domain}", "TXT", value, "DMARC")
