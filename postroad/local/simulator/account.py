"""The account's side of SES: quota, rate, sandbox, pause, and the account suppression list. Pure."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from postroad.local.simulator import reply
from postroad.local.simulator.reply import Reply

DAY = timedelta(hours=24)


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test or an operator may set; the defaults are those of an account that gets in nobody's way.

    SES counts recipients, not calls: `rate` is recipients a second, `quota` recipients in any 24 hours.
    """

    rate: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 10_000.0
    quota: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 1_000_000.0
    sandbox: bool = False
    sending_enabled: bool = True
    suppressed_reasons: frozenset[Literal["BOUNCE", "COMPLAINT"]] = frozenset(["BOUNCE", "COMPLAINT"])
    enforcement: Literal["HEALTHY", "PROBATION", "SHUTDOWN"] = "HEALTHY"
    # À la carte, as on an account that has sent for long; new ones begin with ESSENTIALS.
    plan: Literal["NONE", "ESSENTIALS", "PRO", "ENTERPRISE"] = "NONE"


@dataclass(frozen=True, slots=True)
class SuppressedAddress:
    address: str
    reason: str
    at: datetime
    ses_message_id: str = ""


@dataclass(slots=True)
class Account:
    knobs: Knobs = field(default_factory=Knobs)
    suppressed: dict[str, SuppressedAddress] = field(default_factory=dict)
    _sent_by_minute: dict[datetime, int] = field(default_factory=dict)
    _rested_at: datetime | None = None

    def refuses(self, recipients: int, *, counted: int, now: datetime) -> Reply | None:
        """Answer with the account's own refusal, if there is one; takes the rate it grants.

        `counted` are the recipients that use up quota: SES rates mail to its simulator but doesn't count it.
        """
        if not self.knobs.sending_enabled:
            return reply.account_paused()
        if self.knobs.enforcement == "SHUTDOWN":
            return reply.account_suspended()
        if counted and self.sent_last_24_hours(now) + counted > self.knobs.quota:
            return reply.quota_exceeded()
        return self._rate_refuses(recipients, now)

    def _rate_refuses(self, recipients: int, now: datetime) -> Reply | None:
        """Hold to the rate by GCRA, with a burst of one second, as SES allows short bursts."""
        rested = max(self._rested_at or now, now)
        after = rested + timedelta(seconds=recipients / self.knobs.rate)
        if after - now > timedelta(seconds=1) and rested > now:
            return reply.rate_exceeded()
        self._rested_at = after
        return None

    def count(self, recipients: int, now: datetime) -> None:
        minute = now.replace(second=0, microsecond=0)
        self._sent_by_minute[minute] = self._sent_by_minute.get(minute, 0) + recipients

    def sent_last_24_hours(self, now: datetime) -> int:
        for minute in [each for each in self._sent_by_minute if each <= now - DAY]:
            del self._sent_by_minute[minute]
        return sum(self._sent_by_minute.values())

    def suppress(self, address: str, reason: str, *, at: datetime, ses_message_id: str = "") -> None:
        self.suppressed[address.lower()] = SuppressedAddress(address.lower(), reason, at, ses_message_id)

    def why_held_back(self, address: str, reasons: Container[str]) -> str:
        """Reason in the account's list, if among those that mail is held back for; else empty."""
        entry = self.suppressed.get(address.lower())
        return entry.reason if entry is not None and entry.reason in reasons else ""

    def as_get_account(self, now: datetime) -> dict[str, object]:
        """Answer GetAccount, as far as SES reckons it and the simulator owns it."""
        return {
            "EnforcementStatus": self.knobs.enforcement,
            "PricingAttributes": {"CurrentPlan": self.knobs.plan},
            "ProductionAccessEnabled": not self.knobs.sandbox,
            "SendQuota": {
                "Max24HourSend": self.knobs.quota,
                "MaxSendRate": self.knobs.rate,
                "SentLast24Hours": float(self.sent_last_24_hours(now)),
            },
            "SendingEnabled": self.knobs.sending_enabled,
            "SuppressionAttributes": {"SuppressedReasons": sorted(self.knobs.suppressed_reasons)},
            "VdmAttributes": {"VdmEnabled": "DISABLED"},
        }
