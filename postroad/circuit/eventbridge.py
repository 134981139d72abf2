"""Turns of switches on the result bus, by EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from postroad.contract.result import RESULT_SOURCE
from postroad.contract.stream_event import stream_detail_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from postroad.contract.stream_event import StreamEvent

MOST_ENTRIES = 10
"""PutEvents takes no more in one request; ten of ours are a few kilobytes of its megabyte."""


class EventBridgeStreamBus:
    """A `StreamBus` over the bus that carries the results. Needs events:PutEvents on it."""

    def __init__(self, client: EventBridgeClient, bus_name: str, *, logger: Logger) -> None:
        """Publish to the bus of this name."""
        self._client = client
        self._bus_name = bus_name
        self._logger = logger

    def publish(self, events: Sequence[StreamEvent]) -> set[str]:
        """Publish once; what is refused stays untold, and whoever comes in a minute tells it."""
        taken: set[str] = set()
        for start in range(0, len(events), MOST_ENTRIES):
            some = events[start : start + MOST_ENTRIES]
            try:
                answer = self._client.put_events(Entries=[self._entry(event) for event in some])
            except (BotoCoreError, ClientError) as error:
                # Some may have been taken all the same, and are then told again with the same id.
                self._logger.warning("stream event not published", extra={"error": type(error).__name__})
                break
            pairs = list(zip(some, answer["Entries"], strict=True))
            taken |= {event.id for event, entry in pairs if not entry.get("ErrorCode")}
            if refused := sorted({code for _, entry in pairs if (code := entry.get("ErrorCode"))}):
                self._logger.warning("stream event not published", extra={"error": ", ".join(refused)})
        return taken

    def _entry(self, event: StreamEvent) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus_name,
            "Source": RESULT_SOURCE,
            "DetailType": stream_detail_type(event),
            "Detail": msgspec.json.encode(event).decode(),
            "Time": event.at,
        }
