"""Signing up in DynamoDB: the table Contacts, and what Suppressions says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from postroad.contacts.choosing import preferences
from postroad.contacts.dynamodb_departures import Departures
from postroad.contacts.joining import asking, confirming
from postroad.contacts.saving import MOMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.departure import Departure
    from postroad.contacts.dynamodb_departures import Standing
    from postroad.contacts.model import SignUp, TopicTerms


class DynamoJoining:
    """A `Joining` over the tables Suppressions and Contacts. Needs what `Departures` needs."""

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        contacts_table: str,
        suppressions_table: str,
        stream_of_topic: Mapping[str, str],
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client; `stream_of_topic` names each configured topic's stream.

        `page_size` is for tests, `pause` takes seconds.
        """
        self._stream_of_topic = stream_of_topic
        self._departures = Departures(
            client, contacts_table=contacts_table, suppressions_table=suppressions_table,
            page_size=page_size, pause=pause,
        )  # fmt: skip

    def ask(
        self, address_key: str, sign_up: SignUp, *, source: str, evidence: str, now: datetime, ip: str = ""
    ) -> frozenset[str]:
        """Note the sign-up; see `Joining.ask`. It takes two reads and one transaction."""
        unconfirmed: list[frozenset[str]] = []

        def decide(found: Standing) -> Departure:
            # A record of the same moment may stand in the way, which the profile doesn't name.
            at = now + len(unconfirmed) * MOMENT
            departure, topics = asking(
                found.suppression, found.history, found.contact, sign_up,
                stream_of_topic=self._stream_of_topic, source=source, evidence=evidence, now=at, ip=ip,
            )  # fmt: skip
            unconfirmed.append(topics)
            return departure

        self._departures.write(address_key, decide)
        return unconfirmed[-1]  # of the attempt that was written

    def confirm(
        self,
        address_key: str,
        topics: Sequence[str],
        *,
        terms: Mapping[str, TopicTerms],
        source: str,
        evidence: str,
        now: datetime,
        ip: str = "",
    ) -> frozenset[str]:
        """Grant what was asked for; see `Joining.confirm`."""
        waiting = self._departures.waiting(address_key)

        def decide(found: Standing) -> Departure:
            return confirming(
                found.suppression, found.history, found.contact, waiting, topics, terms=terms,
                stream_of_topic=self._stream_of_topic, source=source, evidence=evidence, now=now, ip=ip,
            )  # fmt: skip

        self._departures.write(address_key, decide)
        found = self._departures.read(address_key)
        chosen = preferences(
            found.suppression, found.history, found.contact, stream_of_topic=self._stream_of_topic, now=now
        )
        return frozenset(topic for topic in topics if chosen.topics.get(topic))
