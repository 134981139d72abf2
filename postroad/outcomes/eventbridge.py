"""The result bus on EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from postroad.contract.result import RESULT_SOURCE, detail_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from postroad.contract.result import Result

MOST_ENTRIES = 10
# A request may hold 1 MB (PutEvents in botocore's model); it used to be 256 KB, and some places keep to it.
# Ten results are a few kilobytes, so keeping to the older limit costs nothing and holds everywhere.
MOST_BYTES = 256 * 1024
TIMESTAMP_BYTES = 14
PAUSES_SECONDS = (0.1, 0.4, 1.0)
"""How long to wait before each further try of the entries that were refused."""


class EventBridgeBus:
    """Publishes results with PutEvents, up to ten a request."""

    def __init__(self, client: EventBridgeClient, bus_name: str, sleep: Callable[[float], None]) -> None:
        """Publish to the bus of this name; `sleep` waits for so many seconds."""
        self._client = client
        self._bus_name = bus_name
        self._sleep = sleep

    def publish(self, results: Sequence[Result]) -> int:
        """Publish in order, stopping at the first request whose entries aren't all taken in the end."""
        taken = 0
        for chunk in _chunks([self._entry(result) for result in results]):
            refused = self._put(chunk)
            if refused:
                return taken + min(refused)
            taken += len(chunk)
        return taken

    def _put(self, chunk: Sequence[PutEventsRequestEntryTypeDef]) -> list[int]:
        """Return the places in the chunk of the entries that were refused in spite of retries."""
        waiting = self._try(chunk, list(range(len(chunk))))
        for pause in PAUSES_SECONDS:
            if not waiting:
                break
            self._sleep(pause)
            waiting = self._try(chunk, waiting)
        return waiting

    def _try(self, chunk: Sequence[PutEventsRequestEntryTypeDef], places: list[int]) -> list[int]:
        try:
            answer = self._client.put_events(Entries=[chunk[place] for place in places])
        except (BotoCoreError, ClientError):
            # An entry may have been taken all the same, and is then published again with the same id.
            return places
        return [
            place for place, entry in zip(places, answer["Entries"], strict=True) if entry.get("ErrorCode")
        ]

    def _entry(self, result: Result) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus_name,
            "Source": RESULT_SOURCE,
            "DetailType": detail_type(result.status),
            "Detail": msgspec.json.encode(result).decode(),
            "Time": result.at,
        }


def _chunks(
    entries: Sequence[PutEventsRequestEntryTypeDef],
) -> Iterator[list[PutEventsRequestEntryTypeDef]]:
    """Cut into requests of at most ten entries and 256 KB; an entry alone over that goes by itself."""
    chunk: list[PutEventsRequestEntryTypeDef] = []
    size = 0
    for entry in entries:
        more = entry_bytes(entry)
        if chunk and (len(chunk) == MOST_ENTRIES or size + more > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += more
    if chunk:
        yield chunk


def entry_bytes(entry: PutEventsRequestEntryTypeDef) -> int:
    """Return an entry's size by EventBridge's rule.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
    """
    texts = (entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", ""))
    return TIMESTAMP_BYTES + sum(len(text.encode()) for text in texts)
