"""How often one machine, and one address, is served. Pure but for the counters that it asks.

Looking is free: whoever opens a link that is ours is never counted. Leaving and choosing are counted by
machine and by address, and links that aren't ours by machine. One machine may leave for very many addresses:
a mailbox provider does, for all of its people (RFC 8058).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import digest
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from postroad.web.errors import CountersUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.web.ports import Counters

_MOST_REMEMBERED = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SITE_BITS = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each `window`."""

    name: str
    most: int
    window: timedelta


LEAVING_BY_MACHINE = Limit("leaving", 300, timedelta(minutes=1))
LEAVING_BY_ADDRESS = Limit("address", 20, timedelta(hours=1))
CHOOSING_BY_MACHINE = Limit("choosing", 60, timedelta(minutes=1))
CHOOSING_BY_ADDRESS = Limit("choosing-address", 20, timedelta(hours=1))
"""Apart from leaving: however often somebody chooses, they can still leave."""
SIGNING_UP_BY_MACHINE = Limit("signing-up", 30, timedelta(minutes=10))
SIGNING_UP_BY_ADDRESS = Limit("signing-up-address", 3, timedelta(days=1))
"""What a mailbox gets of mails that strangers can ask for."""
CONFIRMING_BY_MACHINE = Limit("confirming", 60, timedelta(minutes=1))
CONFIRMING_BY_ADDRESS = Limit("confirming-address", 20, timedelta(hours=1))
COUNTED_BY_ADDRESS = tuple(
    limit.name
    for limit in (LEAVING_BY_ADDRESS, CHOOSING_BY_ADDRESS, SIGNING_UP_BY_ADDRESS, CONFIRMING_BY_ADDRESS)
)
"""Names of the counters that say something of one address: they go when it is erased."""
BAD_LINKS = Limit("bad", 60, timedelta(minutes=1))


def window_of(now: datetime, window: timedelta) -> datetime:
    """Return when the window began that `now` falls in."""
    return _EPOCH + (now - _EPOCH) // window * window


def machine_name(key: bytes, ip: str) -> str:
    """Return what stands for an IP address among the counters: an HMAC of it, for whoever reads the table.

    Of an IPv6 address the first 64 bits count: the rest is for whoever has them to choose.
    """
    try:
        known = ip_address(ip)
    except ValueError:
        site = ""
    else:
        site = str(known)
        if isinstance(known, IPv6Address):
            site = str(IPv6Address(int(known) >> _SITE_BITS << _SITE_BITS))
    return urlsafe_b64encode(digest(key, b"machine\n" + site.encode(), "sha256")[:16]).rstrip(b"=").decode()


class Limits:
    """Says who came too often. One for each process: whom it turned away it remembers, and writes no more."""

    def __init__(self, counters: Counters, *, on_error: Callable[[BaseException], object]) -> None:
        """Count with these; `on_error` is told when they can't, and then nobody is turned away."""
        self._counters = counters
        self._on_error = on_error
        self._turned_away: dict[str, datetime] = {}

    def allow(self, limit: Limit, name: str, *, now: datetime) -> bool:
        """Count `name` once more, and say whether that is within the limit."""
        try:
            return self.within(limit, name, now=now)
        except CountersUnavailableError as error:
            # Who wants to leave must be able to, whatever else fails.
            self._on_error(error)
            return True

    def within(self, limit: Limit, name: str, *, now: datetime) -> bool:
        """Do as `allow`, for what mails somebody: raises CountersUnavailableError where nothing can count."""
        counter = f"{limit.name}#{name}"
        if now < self._turned_away.get(counter, now):
            return False
        count = self._counters.add(counter, window=limit.window, now=now)
        if count <= limit.most:
            return True
        if len(self._turned_away) >= _MOST_REMEMBERED:
            self._turned_away.clear()
        self._turned_away[counter] = window_of(now, limit.window) + limit.window
        return False
