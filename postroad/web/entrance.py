"""By which door requests come: the gateway's own, or a CloudFront distribution in front of it. Pure.

Behind a distribution the gateway sees CloudFront's machines alone. The visitor's address is in a header then,
which anybody could write who reaches the gateway by its own name. So it is believed only beside the secret
that the distribution adds, and nothing without that secret gets further: it would have passed by WAF.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html: CloudFront
replaces what a visitor sends under that header's name.
"""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol

from postroad.web.requests import MESSAGE_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

ORIGIN_HEADER = "X-Postroad-Origin"
VIEWER_HEADER = "CloudFront-Viewer-Address"
"""`198.51.100.10:46532`; of IPv6 `2001:db8::1:46532`, without brackets.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
"""
FORWARDED_HEADERS = ("Accept-Language", "Content-Type", VIEWER_HEADER)
"""All that the pages read of a request's headers; the distribution passes on no other."""
FORWARDED_QUERY = ("lang", MESSAGE_PARAMETER)
"""Likewise of its query."""
AGAIN = timedelta(minutes=1)
"""Between two readings of the secret, however many requests come with a wrong one."""


class Entrance(Protocol):
    """Lets requests in."""

    def admit(self, event: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any] | None:
        """Return the gateway's event with the visitor's own address as `sourceIp`, or None to refuse it."""
        ...


class OpenEntrance:
    """The gateway's own domain: whom it sees is the visitor, and no header says otherwise."""

    def admit(self, event: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any] | None:
        """Return the event as it came."""
        del now
        return event


class GuardedEntrance:
    """Behind a distribution: only what it passed on comes in."""

    def __init__(self, read: Callable[[], Sequence[bytes]], *, now: datetime) -> None:
        """Read the secrets that count now, and later again by the same call.

        They are the current one and the one before it, for a distribution takes minutes to change.
        """
        self._read = read
        self._secrets = read()
        self._read_at = now

    def admit(self, event: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any] | None:
        """Return the event with the address that CloudFront saw; None where the secret is missing."""
        headers = event.get("headers") or {}
        given = headers.get(ORIGIN_HEADER.lower(), "").encode()
        if not self._knows(given) and not (self._again(now) and self._knows(given)):
            return None
        context = event["requestContext"]
        http = {**context["http"], "sourceIp": address_of(headers.get(VIEWER_HEADER.lower(), ""))}
        return {**event, "requestContext": {**context, "http": http}}

    def _knows(self, given: bytes) -> bool:
        # All are compared, so that the time tells nothing of which one it is.
        return sum(compare_digest(secret, given) for secret in self._secrets) > 0

    def _again(self, now: datetime) -> bool:
        if now < self._read_at + AGAIN:
            return False
        self._read_at = now
        self._secrets = self._read()
        return True


def address_of(viewer: str) -> str:
    """Return the IP address in CloudFront's header, or "" where there is none."""
    host = viewer.rpartition(":")[0].strip("[]")
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
