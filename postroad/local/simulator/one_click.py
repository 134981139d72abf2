"""Whether a mail program would offer "Unsubscribe" in a mail's header, and where its click goes. Pure.

The rules are those of RFC 8058: sections 2 and 3.1 for the two header fields, section 4 for the DKIM
signature that has to cover both. The simulator signs nothing: it takes the signature for granted where SES
makes one in the sender's name, which is where a domain is the identity. What mailbox providers ask beyond
this (a sender's reputation, mostly) nobody can simulate.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from postroad.local.simulator.mail import Mail

FIELD, POST_FIELD = "List-Unsubscribe", "List-Unsubscribe-Post"
BODY = "List-Unsubscribe=One-Click"
"""What the mail program sends, and what the second field has to say."""
_URI = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class OneClick:
    """`url` is where the click goes, empty without a button; `why_not` tells then what the headers lack."""

    url: str = ""
    why_not: str = ""


def one_click_of(mail: Mail) -> OneClick | None:
    """Judge a mail's headers; None for a mail that says nothing of unsubscribing."""
    fields = [value for name, value in mail.headers if name.lower() == FIELD.lower()]
    posts = [value.strip() for name, value in mail.headers if name.lower() == POST_FIELD.lower()]
    if not fields and not posts:
        return None
    for name, values in ((FIELD, fields), (POST_FIELD, posts)):
        if len(values) != 1:
            return OneClick(why_not=f"{name} is {'missing' if not values else 'there more than once'}")
    if posts != [BODY]:
        return OneClick(why_not=f"{POST_FIELD} says something else than {BODY}")
    links = [each for each in map(str.strip, _URI.findall(fields[0])) if _is_https(each)]
    if len(links) != 1:
        return OneClick(why_not=f"{FIELD} has {'no' if not links else 'more than one'} https link")
    identity = mail.source_arn.rpartition("identity/")[2]
    if not identity or "@" in identity:
        return OneClick(why_not="SES signs in the name of a domain, and the sender's domain is no identity")
    return OneClick(url=links[0])


def _is_https(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and uri.isprintable() and " " not in uri
