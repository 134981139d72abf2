"""The account, by SES's GetAccount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.account.errors import AccountUnavailableError
from postroad.account.ports import Quota
from postroad.account.standing import Plan, Standing

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import GetAccountResponseTypeDef, SendQuotaTypeDef


class SesAccount:
    """An `Account` over SESv2. Needs ses:GetAccount."""

    def __init__(self, client: SESV2Client) -> None:
        """Use this client, which may try again: the request changes nothing."""
        self._client = client

    def read(self) -> Quota:
        """Return the numbers of the client's Region."""
        try:
            quota = self._client.get_account()["SendQuota"]
        except (BotoCoreError, ClientError, KeyError) as error:
            raise AccountUnavailableError(f"GetAccount failed: {type(error).__name__}") from error
        return _quota(quota)

    def standing(self) -> Standing:
        """Return everything that bounds or prices what is sent, for an operator: botocore's errors pass."""
        answer = self._client.get_account()
        pricing = answer.get("PricingAttributes", {})
        return Standing(
            quota=_quota(answer.get("SendQuota", {})),
            in_sandbox=not answer.get("ProductionAccessEnabled", False),
            may_send=answer.get("SendingEnabled", False),
            enforcement=answer.get("EnforcementStatus", ""),
            plan=_plan(pricing.get("CurrentPlan")),
            next_plan=_plan(pricing.get("NextPlan")),
            has_deliverability_manager=_has_manager(answer),
        )


def _quota(quota: SendQuotaTypeDef) -> Quota:
    return Quota(
        max_24_hours=quota.get("Max24HourSend", 0.0),
        per_second=quota.get("MaxSendRate", 0.0),
        sent_24_hours=quota.get("SentLast24Hours", 0.0),
    )


def _plan(name: str | None) -> Plan | None:
    """Return a plan by SES's word; None for no word, and for one that came later than this code."""
    return Plan(name) if name in set(Plan) else None


def _has_manager(answer: GetAccountResponseTypeDef) -> bool:
    return answer.get("VdmAttributes", {}).get("VdmEnabled") == "ENABLED"
