"""Addresses as SES takes them, and the addresses of its mailbox simulator."""

import re
from enum import StrEnum

SIMULATOR_DOMAIN = "simulator.amazonses.com"
LONGEST_ADDRESS = 320

# A phrase of RFC 5322 before "<": atoms or quoted strings. To an unquoted comma or colon SES answers
# "Missing final '@domain'".
_PHRASE = r"(?:[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~. ]|\"(?:[^\"\\]|\\.)*\")*"
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_NAMED = re.compile(rf"^{_PHRASE}<({_ADDRESS})>$")
_BARE = re.compile(rf"^({_ADDRESS})$")


class AddressRefusedError(ValueError):
    """SES would refuse this address; the text says why."""


class Mailbox(StrEnum):
    """Mailboxes of the SES mailbox simulator, each with an optional `+label` before its `@`."""

    SUCCESS = "success"
    BOUNCE = "bounce"
    OUT_OF_OFFICE = "ooto"
    COMPLAINT = "complaint"
    SUPPRESSION_LIST = "suppressionlist"


def bare_address(text: str) -> str:
    """Take the address out of `a@b` or `Name <a@b>`, in lower-case only where SES compares so (the domain).

    SES takes a 7-bit local part, a Punycode domain, and a display name as MIME encoded words (RFC 2047): it
    has no SMTPUTF8. Source: "FromEmailAddress" and "Destination" in the SES API v2 reference.
    """
    if any(character in text for character in "\r\n\0"):
        raise AddressRefusedError("Address contains control characters.")
    if not text.isascii():
        raise AddressRefusedError(
            "Address contains non-ASCII characters: write the name as encoded words, the domain in Punycode."
        )
    if len(text) > LONGEST_ADDRESS:
        raise AddressRefusedError(f"Address is longer than {LONGEST_ADDRESS} characters.")
    found = _NAMED.match(text) or _BARE.match(text)
    if found is None:
        raise AddressRefusedError("Missing final '@domain'.")
    local, _, domain = found.group(1).rpartition("@")
    return f"{local}@{domain.lower()}"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def simulator_mailbox(address: str) -> Mailbox | None:
    """Which mailbox of the simulator this is; None for any other address."""
    local, _, domain = address.lower().rpartition("@")
    if domain != SIMULATOR_DOMAIN:
        return None
    name = local.partition("+")[0]
    return Mailbox(name) if name in set(Mailbox) else None
