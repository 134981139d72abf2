"""All contacts, and how far the round through them has come: the tables Contacts and Journeys."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from postroad.contacts.item import PROFILE
from postroad.dynamodb import asking
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.following import Changed, Round
from postroad.journeys.item import walk_key, write_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

PAGE = 500
"""Items looked at in one request: some contacts, for consent and events lie in the table as well."""
_KEY = walk_key("@dates", "round")


class DynamoDirectory:
    """`Directory` over the tables Contacts and Journeys.

    Needs dynamodb:Scan on Contacts; dynamodb:GetItem and dynamodb:PutItem on Journeys.
    """

    def __init__(
        self, client: DynamoDBClient, *, contacts: str, journeys: str, page_size: int = PAGE
    ) -> None:
        """Use this low-level client and these tables; `page_size` is for tests."""
        self._client = client
        self._contacts = contacts
        self._journeys = journeys
        self._page_size = page_size

    def page(self, next_key: str) -> tuple[Sequence[str], str]:
        """Return some contacts; see `Directory.page`. Those without attributes have no date."""
        request: dict[str, Any] = {
            "TableName": self._contacts,
            "Limit": self._page_size,
            "FilterExpression": "sk = :profile AND attribute_exists(attributes)",
            "ExpressionAttributeValues": {":profile": {"S": PROFILE}},
            "ProjectionExpression": "pk",
        }
        if next_key:
            pk, sk = json.loads(next_key)
            request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": sk}}
        with asking(WalksUnavailableError):
            answer = self._client.scan(**request)
        last = answer.get("LastEvaluatedKey")
        return (
            [item["pk"]["S"] for item in answer["Items"]],
            json.dumps([last["pk"]["S"], last["sk"]["S"]]) if last else "",
        )

    def round(self) -> Round | None:
        """Read how far the round has come; see `Directory.round`."""
        with asking(WalksUnavailableError):
            item = self._client.get_item(TableName=self._journeys, Key=_KEY, ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Round(
            item["rules"]["S"],
            datetime.fromisoformat(item["begun"]["S"]),
            item["next_key"]["S"],
            item["done"]["BOOL"],
        )

    def save(self, made: Round) -> None:
        """Write how far it has come; see `Directory.save`."""
        item = {
            **_KEY,
            "rules": {"S": made.rules},
            "begun": {"S": write_time(made.begun)},
            "next_key": {"S": made.next_key},
            "done": {"BOOL": made.done},
        }
        with asking(WalksUnavailableError):
            self._client.put_item(TableName=self._journeys, Item=item)


def changed_contacts(event: Mapping[str, Any]) -> list[Changed]:
    """Read the records of a Lambda invocation by the stream of Contacts: which profiles were written.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html.
    """
    return [
        Changed(record["dynamodb"]["SequenceNumber"], record["dynamodb"]["Keys"]["pk"]["S"])
        for record in event.get("Records") or ()
        if record["dynamodb"]["Keys"]["sk"].get("S") == PROFILE
    ]


def is_of_contacts(event: Mapping[str, Any]) -> bool:
    """Say whether an invocation is by a table's stream, and not by a queue."""
    return any(record.get("eventSource") == "aws:dynamodb" for record in event.get("Records") or ())
