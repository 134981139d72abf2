"""Whoever comes with a link: what it lets them do, and whether they came too often. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.web.answers import Answer, Kind
from postroad.web.limits import BAD_LINKS, machine_name

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.web.limits import Limit, Limits
    from postroad.web.requests import Visit
    from postroad.web.token import Grant, Purpose
    from postroad.web.tokens import Tokens


class Bearers:
    """Reads the links of visits and counts those who bear them."""

    def __init__(self, tokens: Tokens, limits: Limits) -> None:
        """Read by these tokens, count by these limits."""
        self._tokens = tokens
        self._limits = limits

    def granted(self, visit: Visit, purpose: Purpose, *, now: datetime) -> Grant | Answer:
        """Return what the link grants; the answer to give where it isn't ours, or is for another purpose."""
        grant = self._tokens.grant(visit.token, purpose, now=now)
        if grant is not None:
            return grant
        known = self._limits.allow(BAD_LINKS, self._machine(visit), now=now)
        return Answer(Kind.UNKNOWN if known else Kind.BUSY)

    def may_act(
        self, visit: Visit, grant: Grant, *, by_machine: Limit, by_address: Limit, now: datetime
    ) -> bool:
        """Count them once more, and say whether they are within both limits."""
        # Both are counted, always, so that equal requests are equal work.
        allowed = [
            self._limits.allow(by_machine, self._machine(visit), now=now),
            self._limits.allow(by_address, grant.address_key, now=now),
        ]
        return all(allowed)

    def _machine(self, visit: Visit) -> str:
        return machine_name(self._tokens.machine_key, visit.ip)
