"""Activity in DynamoDB: the table Contacts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.activity.errors import ActivityBusyError, ActivityUnavailableError
from postroad.activity.item import (
    ACTIVITY,
    activity_item,
    activity_key,
    event_item,
    event_key,
    is_settled,
    read_activity,
)
from postroad.activity.noting import Activity, Noted, meeting, noting
from postroad.contacts.item import PROFILE, profile_item, profile_key, read_profile
from postroad.contacts.model import Saved
from postroad.dynamodb import asking, failed_condition
from postroad.dynamodb_table import ATTEMPTS, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.activity.declared import Declared
    from postroad.activity.noting import Happened
    from postroad.contacts.saving import Saving

Items = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EventWrite:
    """An event, what is kept then, and the profile: new, filled in, or only looked at."""

    happened: Happened
    activity: Activity
    met: Saving
    profile_version: int
    now: datetime

    size = 3
    """How many items it takes."""

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return what to write, on condition that nobody wrote in between, and that nobody erased them."""
        key = self.happened.address_key
        event = {
            "TableName": table,
            "Item": event_item(self.happened, now=self.now),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        activity = {"TableName": table, "Item": activity_item(key, self.activity)}
        activity |= _as_it_was(self.activity.version - 1)
        if not self.met.writes:
            seen = {
                "TableName": table,
                "Key": profile_key(key),
                "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(erased)",
            }
            return [{"Put": event}, {"Put": activity}, {"ConditionCheck": seen}]
        profile = {"TableName": table, "Item": profile_item(self.met.contact)}
        profile |= _as_it_was(self.profile_version)
        return [{"Put": event}, {"Put": activity}, {"Put": profile}]


class DynamoActivity:
    """An `ActivityStore` over the table Contacts.

    `note` takes one read and one transaction for each 25 events of as many contacts, unless others come
    in between.
    Needs dynamodb:BatchGetItem, dynamodb:PutItem and dynamodb:ConditionCheckItem, and dynamodb:UpdateItem
    for `settle`.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        declared: Declared,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client and this table, and keep what is declared; `pause` takes seconds."""
        self._client = client
        self._table_name = table_name
        self._declared = declared
        self._table = Table(client, table_name, unavailable=ActivityUnavailableError, pause=pause)

    def note(self, happened: Sequence[Happened], *, now: datetime) -> list[Noted]:
        """Keep events; see `ActivityStore.note`."""
        noted: dict[int, Noted] = {}
        for places in _turns(happened):
            noted |= self._note(happened, places, now)
        return [noted[place] for place in range(len(happened))]

    def settle(self, happened: Happened) -> None:
        """Let an event be known as told; see `ActivityStore.settle`."""
        try:
            with asking(ActivityUnavailableError):
                self._client.update_item(
                    TableName=self._table_name,
                    Key=event_key(happened.address_key, happened.event.event_id),
                    UpdateExpression="SET settled = :yes",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":yes": {"BOOL": True}},
                )
        except ActivityUnavailableError as error:
            # Erased meanwhile: nothing of it may come back.
            if failed_condition(error) is None:
                raise

    def find(self, address_keys: Sequence[str]) -> dict[str, Activity]:
        """Read what is kept of these contacts; see `ActivityStore.find`."""
        items = self._table.read([activity_key(key) for key in dict.fromkeys(address_keys)])
        return {item["pk"]["S"]: read_activity(item) for item in items}

    def _note(self, happened: Sequence[Happened], places: list[int], now: datetime) -> dict[int, Noted]:
        """Note events of which no two are the same contact's."""
        noted: dict[int, Noted] = {}
        for attempt in range(ATTEMPTS):
            items = self._items([happened[place] for place in places])
            writes: dict[int, EventWrite] = {}
            for place in places:
                decided = self._decide(happened[place], items, now)
                if isinstance(decided, Noted):
                    noted[place] = decided
                else:
                    writes[place] = decided
            stands = self._table.write(list(writes.values()))
            done = dict(zip(writes, stands, strict=True))
            noted |= {place: Noted.NEW for place, stood in done.items() if stood}
            places = [place for place, stood in done.items() if not stood]
            if not places:
                return noted
            self._table.wait(attempt)
        raise ActivityBusyError("others kept changing these contacts; try again")

    def _items(self, happened: Sequence[Happened]) -> Items:
        keys = [
            key
            for each in happened
            for key in (
                profile_key(each.address_key),
                activity_key(each.address_key),
                event_key(each.address_key, each.event.event_id),
            )
        ]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in self._table.read(keys)}

    def _decide(self, happened: Happened, items: Items, now: datetime) -> EventWrite | Noted:
        key = happened.address_key
        profile = items.get((key, PROFILE))
        contact = read_profile(profile) if profile else None
        met = meeting(contact, happened, now=now)
        if met.saved is Saved.ERASED:
            return Noted.ERASED
        before = items.get((key, event_key(key, happened.event.event_id)["sk"]["S"]))
        if before is not None:
            return Noted.COPY if is_settled(before) else Noted.AGAIN
        standing = read_activity(items.get((key, ACTIVITY)))
        activity = noting(standing, happened.event, self._declared)
        return EventWrite(happened, activity, met, contact.version if contact else 0, now)


def _as_it_was(version: int) -> Mapping[str, Any]:
    """Return the condition that an item is still at this version; 0 for one that isn't there."""
    if not version:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _turns(happened: Sequence[Happened]) -> Iterator[list[int]]:
    """Yield places in the list, in order, no contact twice in one turn."""
    turns: list[list[int]] = []
    times: dict[str, int] = {}
    for place, each in enumerate(happened):
        turn = times.get(each.address_key, 0)
        times[each.address_key] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(place)
    yield from turns
