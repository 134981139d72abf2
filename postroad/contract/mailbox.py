"""A name and an address as one field of SES and of a mail's header (`name-addr`, RFC 5322, section 3.4)."""

from email.header import Header
from email.utils import formataddr

LONGEST_MAILBOX = 320
"""SES takes no longer address, the name in its encoded form included."""

# A word of RFC 2047 has 75 characters at most; `Header` may exceed its limit by two.
_LONGEST_WORD = 72


def mailbox(name: str, email: str) -> str:
    """Write `Name <email>`, the name encoded (RFC 2047) where it isn't plain ASCII.

    A name that looks like an encoded word is encoded too: readers see what was given, and never what it
    would decode to. One that makes the whole too long for SES is left out: the mail matters more.
    """
    if not name:
        return email
    if name.isascii() and "=?" not in name:
        written = formataddr((name, email))
    else:
        words = Header(name, "utf-8", maxlinelen=_LONGEST_WORD).encode(linesep="")
        written = f"{words} <{email}>"
    return written if len(written) <= LONGEST_MAILBOX else email
