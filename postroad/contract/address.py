"""E-mail addresses as SES takes them, and as suppressions know them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from postroad.errors import PermanentError

# RFC 5321, section 4.5.3.1.1; SES refuses longer ones.
_LOCAL_LENGTH = 64
# No longer domain has too long a label, nor makes too long an address.
_LABEL_LENGTH = 63
# What all of the common rules take, and nothing that needs to be thought about: most addresses.
_PLAIN = re.compile(
    r"([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@((?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,}))",
    re.ASCII | re.IGNORECASE,
)
# Top-level domains that receive no mail (RFC 6761, 6762 and 7686), as email-validator has them.
RESERVED = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})


class AddressError(PermanentError):
    """This is no address that SES can mail. The text says what is wrong and never repeats the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: what SES is given, and the form in which two spellings of it are the same."""

    email_for_ses: str
    """The local part as given @ the domain in IDNA (IDNA 2008, Punycode)."""
    canonical: str
    """The same in lower case: what `address_key` hashes. Dots and plus-tags are left alone."""


@lru_cache(maxsize=1024)
def parse_address(text: str) -> Address:
    """Read one plain address, without a display name.

    SES has no SMTPUTF8: the local part must be ASCII, an international domain is converted. Syntax alone is
    judged, no DNS. Raises AddressError.
    """
    if plain := _PLAIN.fullmatch(text):
        local, domain, top = plain.groups()
        if len(local) <= _LOCAL_LENGTH and len(domain) <= _LABEL_LENGTH and top.lower() not in RESERVED:
            email_for_ses = f"{local}@{domain.lower()}"
            return Address(email_for_ses=email_for_ses, canonical=email_for_ses.lower())
    return _parse_any(text)


def _parse_any(text: str) -> Address:
    # Imported late: it costs some 50 ms and 4 MB, which a cold start pays only for what is not plain.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - see above

    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise AddressError("expected one address like name@example.com, without a display name")
    if not local.isascii():
        raise AddressError("SES can't send to a part before the @ that is not ASCII; ask for another address")
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        # The library's own texts quote characters and labels of the address, so they stay inside.
        raise AddressError(_what_is_wrong(local, domain)) from error
    if valid.ascii_domain is None:  # pragma: no cover - only with SMTPUTF8 allowed
        raise AddressError("the domain has no ASCII form")
    email_for_ses = f"{local}@{valid.ascii_domain}"
    return Address(email_for_ses=email_for_ses, canonical=email_for_ses.lower())


def _what_is_wrong(local: str, domain: str) -> str:
    if any(letter.isspace() or not letter.isprintable() for letter in local + domain):
        return "it holds a blank, a line break or a control character; remove it"
    if "@" in local or '"' in local or "<" in local:
        return "expected one address like name@example.com, without a display name or quotes"
    if len(local) > _LOCAL_LENGTH:
        return "the part before the @ is longer than 64 characters (RFC 5321)"
    if any(f".{domain.lower()}".endswith(f".{name}") for name in RESERVED):
        return "the domain is reserved and receives no mail; sample data may use example.com"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "the part before the @ may not begin or end with a dot, or hold two in a row"
    return "it is not a valid address (RFC 5321); expected one like name@example.com"
