"""What contract tests of leaving and choosing write to: in memory, or in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.memory import MemorySuppressions

if TYPE_CHECKING:
    from datetime import datetime

    import pytest
    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.ports import ContactStore
    from postroad.suppression.ports import SuppressionStore

KEY = "k1.ana"
EMAIL = "ana.ruiz@example.com"
STREAMS = {"offers": "marketing", "product_updates": "marketing", "follow_ups": "outreach"}
KINDS = ["memory", "dynamodb", "dynamodb, one item a page"]
"""Over which stores each test runs: see `of`."""


@dataclass
class PersonTables:
    """The tables of one person."""

    people: MemoryLeaving | DynamoLeaving
    suppressions: SuppressionStore
    contacts: ContactStore

    @classmethod
    def of(cls, request: pytest.FixtureRequest) -> Self:
        """Return the stores of one of `KINDS`, the parameter of the fixture."""
        if request.param == "memory":
            suppressions, contacts = MemorySuppressions(), MemoryContacts()
            people = MemoryLeaving(suppressions, contacts, stream_of_topic=STREAMS)
            return cls(people, suppressions, contacts)
        return cls.over(request.getfixturevalue("dynamodb"), 1 if "page" in request.param else None)

    @classmethod
    def over(cls, client: DynamoDBClient, page_size: int | None = None) -> Self:
        """Return the stores over this client."""
        people = DynamoLeaving(
            client,
            contacts_table="contacts",
            suppressions_table="suppressions",
            stream_of_topic=STREAMS,
            page_size=page_size,
            pause=lambda _: None,
        )
        return cls(people, DynamoSuppressions(client, "suppressions"), DynamoContacts(client, "contacts"))

    def agree(self, *topics: str, now: datetime) -> None:
        """Add the person as a contact who agreed to these topics."""
        consents = tuple(NewConsent(topic, ConsentStatus.GRANTED, now, "import") for topic in topics)
        self.contacts.save([NewContact(KEY, EMAIL, "import", consents=consents)], now=now)

    def records(self) -> int:
        """Return how many records there are of what the person said."""
        return len(self.contacts.consents(KEY)) + len(self.suppressions.history(KEY))
