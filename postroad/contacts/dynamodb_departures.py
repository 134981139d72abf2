"""The tables Suppressions and Contacts, changed in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.contacts.dynamodb import ContactWrite
from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.item import profile_key, read_profile, read_waiting, waiting_item, waiting_key
from postroad.contacts.joining import CONFIRMABLE
from postroad.dynamodb_table import ATTEMPTS, Table
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.dynamodb_write import Write
from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.model import Suppression

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.departure import Departure
    from postroad.contacts.model import Contact, Waiting
    from postroad.suppression.model import HistoryEntry


@dataclass(frozen=True, slots=True)
class Standing:
    """What was read of an address, and the versions of its items (0: there is none)."""

    suppression: Suppression
    history: Sequence[HistoryEntry]
    contact: Contact | None
    suppressions_version: int


@dataclass(frozen=True, slots=True)
class _DepartureWrite:
    """Both tables' parts of one departure, over the versions that were read."""

    departure: Departure
    standing: Standing
    contacts_table: str

    @property
    def size(self) -> int:
        """How many items it takes."""
        return len(self.items(""))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return what to put; `table` is that of the suppressions."""
        items: list[dict[str, Any]] = []
        if self.departure.changes:
            items += Write(self.departure.changes, self.standing.suppressions_version).items(table)
        if self.departure.contact is not None:
            before = self.standing.contact
            version = before.version if before else 0
            contact = ContactWrite(self.departure.contact, self.departure.consents, version)
            items += contact.items(self.contacts_table)
        if self.departure.waiting is not None:
            key = self.standing.suppression.address_key
            item = waiting_item(key, self.departure.waiting, life=CONFIRMABLE)
            items.append({"Put": {"TableName": self.contacts_table, "Item": item}})
        return items


class Departures:
    """Reads what stands of an address, and writes what was decided on condition that nobody came between.

    Needs dynamodb:Query and dynamodb:PutItem on Suppressions, dynamodb:GetItem and dynamodb:PutItem on
    Contacts. Whatever is decided for the first time costs the same requests, whether the address is known or
    not.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        contacts_table: str,
        suppressions_table: str,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client; `page_size` is for tests, `pause` takes seconds."""
        self._contacts_table = contacts_table
        self._contacts = Table(client, contacts_table, unavailable=ContactsUnavailableError, pause=pause)
        self._suppressions = DynamoSuppressions(client, suppressions_table, page_size=page_size, pause=pause)
        self._both = Table(client, suppressions_table, unavailable=ContactsUnavailableError, pause=pause)

    def read(self, address_key: str) -> Standing:
        """Read what stands of an address, consistently. Raises ContactsUnavailableError."""
        try:
            suppression, version, history = self._suppressions.stands(address_key)
        except SuppressionsUnavailableError as error:
            raise ContactsUnavailableError(str(error)) from error
        item = self._contacts.get(profile_key(address_key))
        contact = None if item is None else read_profile(item)
        return Standing(suppression or Suppression(address_key, "", {}), history, contact, version)

    def waiting(self, address_key: str) -> Waiting | None:
        """Read what a sign-up said, consistently. Raises ContactsUnavailableError."""
        item = self._contacts.get(waiting_key(address_key))
        return None if item is None else read_waiting(item)

    def write(self, address_key: str, decide: Callable[[Standing], Departure]) -> bool:
        """Write what `decide` makes of what stands; False where that is nothing.

        Raises ContactsBusyError or ContactsUnavailableError: then nothing is written.
        """
        for attempt in range(ATTEMPTS):
            standing = self.read(address_key)
            departure = decide(standing)
            if not departure:
                return False
            write = _DepartureWrite(departure, standing, self._contacts_table)
            if all(self._both.write([write])):
                return True
            self._both.wait(attempt)
        raise ContactsBusyError("others kept changing this contact or its suppressions; try again")
