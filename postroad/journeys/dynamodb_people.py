"""What journeys see of a contact: their profile, what they did, what stops their mail, what became of it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from postroad.activity.item import activity_key, read_activity
from postroad.contacts.item import profile_key, read_profile
from postroad.dynamodb import asking
from postroad.dynamodb_table import ATTEMPTS, pause_before
from postroad.journeys.advancing import ENGAGEMENT
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.plan import Branch, EventTrigger, Notify, Send, Set, WaitFor
from postroad.journeys.seeing import Known, view_of
from postroad.ledger.engagement import CLICKED, OPENED
from postroad.ledger.item import SORT_KEY, from_item
from postroad.suppression.item import current_key, read_current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.journeys.advancing import View
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan
    from postroad.journeys.seeing import Surroundings

_STEPS = re.compile(rf"\b{ENGAGEMENT}\b")


class DynamoPeople:
    """`People` over the tables Contacts, Suppressions and Messages; threads may share it.

    One request for each view, however much of the three it needs. Needs dynamodb:BatchGetItem on each.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        contacts: str,
        suppressions: str,
        messages: str,
        around: Surroundings,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client and these tables; `pause` takes seconds."""
        self._client = client
        self._contacts = contacts
        self._suppressions = suppressions
        self._messages = messages
        self._around = around
        self._pause = pause
        self._asks: dict[tuple[str, int], bool] = {}

    def view(self, walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        """Return what a journey sees of a contact; see `People.view`."""
        mails = dict(walk.sent) if walk is not None and self._asks_of_mails(plan) else {}
        known = self._known(address_key, mails)
        return None if known is None else view_of(known, plan, self._around, now=now)

    def _known(self, address_key: str, mails: Mapping[str, str]) -> Known | None:
        keys: dict[str, list[dict[str, Any]]] = {
            self._contacts: [profile_key(address_key), activity_key(address_key)],
            self._suppressions: [current_key(address_key)],
        }
        if mails:
            keys[self._messages] = [{"pk": {"S": each}, "sk": {"S": SORT_KEY}} for each in mails.values()]
        profile = activity = suppression = None
        rows: dict[str, dict[str, bool]] = {}
        for table, item in self._read(keys):
            if table == self._suppressions:
                suppression = read_current(item)
            elif table == self._messages:
                row = from_item(item)
                seen = row.engagement.times(row.links)
                rows[row.message_id] = {OPENED: OPENED in seen, CLICKED: CLICKED in seen}
            elif item["sk"] == profile_key(address_key)["sk"]:
                profile = read_profile(item)
            else:
                activity = read_activity(item)
        if profile is None or not profile.email:
            return None
        engagement = {step: rows[each] for step, each in mails.items() if each in rows}
        if activity is None:
            return Known(contact=profile, suppression=suppression, engagement=engagement)
        return Known(
            contact=profile,
            suppression=suppression,
            facts=activity.facts,
            events=activity.events,
            engagement=engagement,
        )

    def _read(self, keys: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
        waiting: Any = {table: {"Keys": some, "ConsistentRead": True} for table, some in keys.items()}
        for attempt in range(ATTEMPTS):
            with asking(WalksUnavailableError):
                answer = self._client.batch_get_item(RequestItems=waiting)
            for table, items in answer["Responses"].items():
                for item in items:
                    yield table, item
            waiting = answer.get("UnprocessedKeys") or {}
            if not waiting:
                return
            self._pause(pause_before(attempt))
        raise WalksUnavailableError("DynamoDB kept leaving keys unread; try again")

    def _asks_of_mails(self, plan: Plan) -> bool:
        """Say whether a plan asks what became of the mails of its steps."""
        version = (plan.name, plan.version)
        if version not in self._asks:
            self._asks[version] = any(_STEPS.search(each) for each in _expressions(plan))
        return self._asks[version]


def _expressions(plan: Plan) -> Iterator[str]:
    """Yield all that a plan asks once a walk has begun."""
    yield plan.audience
    if isinstance(plan.trigger, EventTrigger):
        yield plan.trigger.when
    yield from (end.when for end in plan.ends)
    for step in plan.steps:
        match step:
            case Branch():
                yield from (choice.condition for choice in step.choices)
            case WaitFor():
                yield step.when
            case Send():
                yield from step.data.values()
            case Set():
                yield from step.attributes.values()
            case Notify():
                yield from step.properties.values()
            case _:
                pass
