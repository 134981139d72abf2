"""Leaving, choosing and coming back in DynamoDB: Suppressions and Contacts, in one transaction."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from postroad.contacts.choosing import choosing, preferences
from postroad.contacts.dynamodb_departures import Departures
from postroad.contacts.leaving import leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.departure import Departure
    from postroad.contacts.dynamodb_departures import Standing
    from postroad.contacts.model import Preferences, Wishes


class DynamoLeaving:
    """A `Leaving` and a `Preferring` over the tables Suppressions and Contacts.

    Needs what `Departures` needs.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        contacts_table: str,
        suppressions_table: str,
        stream_of_topic: Mapping[str, str] | None = None,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client; `stream_of_topic` names each configured topic's stream.

        `page_size` is for tests, `pause` takes seconds.
        """
        self._stream_of_topic = stream_of_topic or {}
        self._departures = Departures(
            client, contacts_table=contacts_table, suppressions_table=suppressions_table,
            page_size=page_size, pause=pause,
        )  # fmt: skip

    def leave(
        self,
        address_key: str,
        scopes: Sequence[str],
        *,
        source: str,
        evidence: str,
        now: datetime,
        email: str = "",
    ) -> bool:
        """Leave these scopes; see `Leaving.leave`."""

        def decide(found: Standing) -> Departure:
            return leaving(
                found.suppression, found.history, found.contact, scopes,
                stream_of_topic=self._stream_of_topic, source=source, evidence=evidence, now=now, email=email,
            )  # fmt: skip

        return self._departures.write(address_key, decide)

    def preferences(self, address_key: str, *, now: datetime) -> Preferences:
        """Return what they chose; see `Preferring.preferences`."""
        found = self._departures.read(address_key)
        return preferences(
            found.suppression, found.history, found.contact, stream_of_topic=self._stream_of_topic, now=now
        )

    def prefer(
        self,
        address_key: str,
        wishes: Wishes,
        *,
        source: str,
        evidence: str,
        now: datetime,
        ip: str = "",
        email: str = "",
    ) -> bool:
        """Do what they wish; see `Preferring.prefer`."""

        def decide(found: Standing) -> Departure:
            return choosing(
                found.suppression, found.history, found.contact, wishes,
                stream_of_topic=self._stream_of_topic, source=source, evidence=evidence, now=now, ip=ip,
                email=email,
            )  # fmt: skip

        return self._departures.write(address_key, decide)
