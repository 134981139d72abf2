"""What is deployed to the SES behind the proxy, looked up there with the operator's own credentials."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from postroad.local.simulator.deployed import ConfigurationSet, Deployed, EventDestination

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef

STALE_AFTER = timedelta(seconds=2)


class Discovery:
    """Reads identities and configuration sets, anew when what was read is older than two seconds.

    A deploy changes them behind the simulator's back, and asking for each mail would double the calls.
    """

    def __init__(
        self,
        client: "SESV2Client",
        *,
        account: str,
        region: str,
        senders: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`senders` tells which address each configuration set's stream sends from, as far as is known."""
        self._client = client
        self._senders = senders
        self._lock = threading.Lock()
        self._read_at: dict[str, datetime] = {}
        self.deployed = Deployed(account=account, region=region)

    def look_up(self, configuration_set: str, *, now: datetime) -> Deployed:
        """Read everything that judging a mail of this configuration set ("" for none) takes."""
        with self._lock:
            if now - self._read_at.get(configuration_set, now - 2 * STALE_AFTER) >= STALE_AFTER:
                self._read(configuration_set)
                self._read_at[configuration_set] = now
            return self.deployed

    def _read(self, name: str) -> None:
        found = self._configuration_set(name) if name else None
        known = self.deployed.with_identities(self._identities())
        if found is not None:
            self.deployed = known.with_configuration_set(found)
        else:
            self.deployed = known.without_configuration_set(name)

    def _identities(self) -> list[str]:
        names: list[str] = []
        token = ""
        while True:
            page = (
                self._client.list_email_identities(NextToken=token)
                if token
                else self._client.list_email_identities()
            )
            names += [each["IdentityName"] for each in page.get("EmailIdentities", [])]
            token = page.get("NextToken", "")
            if not token:
                return names

    def _configuration_set(self, name: str) -> ConfigurationSet | None:
        try:
            found = self._client.get_configuration_set(ConfigurationSetName=name)
            destinations = self._client.get_configuration_set_event_destinations(ConfigurationSetName=name)
        except self._client.exceptions.NotFoundException:
            return None
        reasons = found.get("SuppressionOptions", {}).get("SuppressedReasons")
        return ConfigurationSet(
            name=name,
            destinations=tuple(
                EventDestination(each["Name"], arn, frozenset(each["MatchingEventTypes"]))
                for each in destinations.get("EventDestinations", [])
                if each.get("Enabled", True) and (arn := _arn_of(each))
            ),
            sending_enabled=found.get("SendingOptions", {}).get("SendingEnabled", True),
            suppressed_reasons=None if reasons is None else frozenset(reasons),
            sender=self._senders().get(name, ""),
        )


def _arn_of(destination: "EventDestinationTypeDef") -> str:
    """Return the topic or the delivery stream; empty for what the simulator doesn't publish to."""
    if "SnsDestination" in destination:
        return destination["SnsDestination"]["TopicArn"]
    if "KinesisFirehoseDestination" in destination:
        return destination["KinesisFirehoseDestination"]["DeliveryStreamArn"]
    return ""
