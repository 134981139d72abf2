"""The account, by SES's GetAccount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.account.errors import AccountUnavailableError
from postroad.account.ports import Quota

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


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
        return Quota(
            max_24_hours=quota.get("Max24HourSend", 0.0),
            per_second=quota.get("MaxSendRate", 0.0),
            sent_24_hours=quota.get("SentLast24Hours", 0.0),
        )
