"""What SES says of a sending domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.cli.dns_records import DEFAULT_DKIM_ZONE, Identity

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


def read_identity(client: SESV2Client, domain: str) -> Identity | None:
    """Return what SES knows of a domain, or None if it has no such identity."""
    try:
        answer = client.get_email_identity(EmailIdentity=domain)
    except client.exceptions.NotFoundException:
        return None
    dkim = answer.get("DkimAttributes", {})
    mail_from = answer.get("MailFromAttributes", {})
    # With a key of one's own (BYODKIM) SES gives its selector as the only token, and no CNAME leads anywhere.
    own_key = dkim.get("SigningAttributesOrigin") == "EXTERNAL"
    return Identity(
        tokens=() if own_key else tuple(dkim.get("Tokens", ())),
        dkim_zone=dkim.get("SigningHostedZone") or DEFAULT_DKIM_ZONE,
        dkim_status=dkim.get("Status", "NOT_STARTED"),
        mail_from=mail_from.get("MailFromDomain", ""),
        mail_from_status=mail_from.get("MailFromDomainStatus", ""),
        verified=answer.get("VerifiedForSendingStatus", False),
        own_key=own_key,
    )
