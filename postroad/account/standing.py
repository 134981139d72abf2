"""How the account stands with SES: what it may send, whether it may send at all, and what it pays. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroad.account.ports import Quota


class Plan(StrEnum):
    """SES's price plans, as its API names them.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PricingAttributes.html
    """

    A_LA_CARTE = "NONE"
    ESSENTIALS = "ESSENTIALS"
    PRO = "PRO"
    ENTERPRISE = "ENTERPRISE"

    @property
    def called(self) -> str:
        """What AWS calls it in prose."""
        return "à la carte" if self is Plan.A_LA_CARTE else self.value.capitalize()


USD_PER_THOUSAND = {
    Plan.A_LA_CARTE: 0.10,
    Plan.ESSENTIALS: 0.16,
    Plan.PRO: 0.22,
    Plan.ENTERPRISE: 0.23,
}
"""For a thousand mails of a month's first ten million, us-east-1; https://aws.amazon.com/ses/pricing/."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """GetAccount's answer about one Region, as far as it bounds or prices what is sent.

    `enforcement` is `HEALTHY`, `PROBATION` (under review) or `SHUTDOWN`. `plan` and `next_plan` are None
    where SES doesn't say; `next_plan` begins with the next month. `has_deliverability_manager`: whether
    Virtual Deliverability Manager is on, which the plans from Essentials on include.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    """

    quota: Quota
    in_sandbox: bool
    may_send: bool
    enforcement: str
    plan: Plan | None = None
    next_plan: Plan | None = None
    has_deliverability_manager: bool = False
