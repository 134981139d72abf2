"""Carries SES events to the Firehose delivery streams that asked for them: the bulk path.

SES puts each event as a record of its own, and Firehose gathers records into one object for a minute.
MiniStack writes an object for each record at once, so the gathering is done here: many events, each ended by
a line break, are one record.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

LARGEST_RECORD = 1000 * 1024
"""Bytes that Firehose takes in one record ("Amazon Data Firehose quota" in its developer guide)."""


class Record(TypedDict):
    """One record of PutRecord."""

    Data: bytes


class FirehoseClient(Protocol):
    """What of boto3's client is used."""

    def put_record(self, *, DeliveryStreamName: str, Record: Record) -> object:  # noqa: N803 - AWS's names
        """Put one record; raises BotoCoreError or ClientError."""
        ...


class FirehoseCarrier:
    """Puts all events of a moment as one record."""

    most = 500
    most_bytes = LARGEST_RECORD
    overhead = 1
    gather = timedelta(seconds=1)
    quiet = timedelta(milliseconds=200)

    def __init__(self, client: FirehoseClient) -> None:
        """Needs firehose:PutRecord, as the local stage's root has."""
        self._client = client

    def carry(self, destination: str, messages: Sequence[str]) -> Collection[int]:
        """Put to a delivery stream, by its ARN."""
        name = destination.rpartition("/")[2]
        data = "".join(f"{message}\n" for message in messages).encode()
        self._client.put_record(DeliveryStreamName=name, Record={"Data": data})
        return ()
