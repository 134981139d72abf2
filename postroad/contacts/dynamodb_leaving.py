"""Leaving in DynamoDB: the tables Suppressions and Contacts, in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from postroad.contacts.dynamodb import ContactWrite, unavailable, wait
from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.item import profile_key, read_profile
from postroad.contacts.leaving import leaving
from postroad.dynamodb import asking
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.dynamodb_transactions import Transactions, Write
from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.model import Suppression

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.leaving import Departure
    from postroad.contacts.model import Contact

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class _DepartureWrite:
    """Both tables' parts of one departure, over the versions that were read."""

    departure: Departure
    suppressions_version: int
    contact_version: int
    contacts_table: str

    @property
    def size(self) -> int:
        """How many items it takes."""
        return len(self.items(""))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return what to put; `table` is that of the suppressions."""
        items: list[dict[str, Any]] = []
        if self.departure.changes:
            items += Write(self.departure.changes, self.suppressions_version).items(table)
        if self.departure.contact is not None:
            contact = ContactWrite(self.departure.contact, self.departure.consents, self.contact_version)
            items += contact.items(self.contacts_table)
        return items


class DynamoLeaving:
    """A `Leaving` over the tables Suppressions and Contacts.

    Needs dynamodb:Query and dynamodb:PutItem on Suppressions, dynamodb:GetItem and dynamodb:PutItem on
    Contacts. Whoever leaves for the first time costs the same requests, known or not.
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
        """Use this low-level client; `stream_of_topic` says which topics go with a stream that is left.

        `page_size` is for tests, `pause` takes seconds.
        """
        self._client = client
        self._contacts_table = contacts_table
        self._stream_of_topic = stream_of_topic or {}
        self._suppressions = DynamoSuppressions(client, suppressions_table, page_size=page_size, pause=pause)
        self._wait = partial(wait, pause)
        self._transactions = Transactions(
            client, suppressions_table, wait=self._wait, unavailable=unavailable
        )

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
        for attempt in range(_ATTEMPTS):
            standing, version, history = self._stands(address_key)
            contact = self._contact(address_key)
            departure = leaving(
                standing or Suppression(address_key, "", {}), history, contact, scopes,
                stream_of_topic=self._stream_of_topic, source=source, evidence=evidence, now=now, email=email,
            )  # fmt: skip
            if not departure:
                return False
            write = _DepartureWrite(
                departure, version, contact.version if contact else 0, self._contacts_table
            )
            if all(self._transactions.write([write], attempts=_ATTEMPTS)):
                return True
            self._wait(attempt)
        raise ContactsBusyError("others kept changing this contact or its suppressions; try again")

    def _stands(self, address_key: str) -> Any:  # noqa: ANN401 - as DynamoSuppressions says
        try:
            return self._suppressions.stands(address_key)
        except SuppressionsUnavailableError as error:
            raise ContactsUnavailableError(str(error)) from error

    def _contact(self, address_key: str) -> Contact | None:
        with asking(ContactsUnavailableError):
            answer = self._client.get_item(
                TableName=self._contacts_table, Key=profile_key(address_key), ConsistentRead=True
            )
        return read_profile(answer["Item"]) if "Item" in answer else None
