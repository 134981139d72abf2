"""The function `journeys` over a DynamoDB in memory, with a gate before every call that it makes.

Its adapters are the real ones. The queue delivers again whatever wasn't acknowledged, and the schedule calls
walks when they are due. Each call is known by its operation and table: `PutItem journeys`.
"""

from __future__ import annotations

import json
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError, ConnectionClosedError

from bench.stub.dynamodb import AwsError, DynamoDB
from postroad.activity.declared import Declaration, Declared
from postroad.activity.dynamodb import DynamoActivity
from postroad.activity.noting import Happened
from postroad.clock import FixedClock
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.item import profile_item
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.event import EVENT_SCHEMA
from postroad.contract.fingerprint import fingerprint
from postroad.contract.parser import parse_message
from postroad.contract.words import StreamKind
from postroad.errors import TransientError
from postroad.journeys.doing import Deeds
from postroad.journeys.dynamodb_pauses import DynamoPauses
from postroad.journeys.dynamodb_people import DynamoPeople
from postroad.journeys.dynamodb_walks import DynamoWalks
from postroad.journeys.hearing import Hearing
from postroad.journeys.running import Engine, Plans
from postroad.journeys.seeing import Surroundings, zone_or
from postroad.observability import make_logger
from postroad.records import Record
from postroad.schedule.dynamodb import DynamoPointers
from postroad.schedule.keys import read_pointer
from postroad.schedule.walks import DueWalk, walk_body, walk_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.activity.event import Event
    from postroad.activity.facts import Rule
    from postroad.contacts.model import Contact
    from postroad.contract.message import Message
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
AROUND = Surroundings(
    {"marketing": StreamKind.MARKETING, "transactional": StreamKind.TRANSACTIONAL}, zone_or(ZoneInfo("UTC"))
)
TOPIC = "offers"
LOGGER = make_logger("journeys_world")
LOGGER.setLevel("CRITICAL")
VISIBILITY = timedelta(minutes=1)
"""After so long, what wasn't acknowledged is delivered again."""
MOST_DELIVERIES = 5_000


class NotTakenError(Exception):
    """The function didn't take its record: it is to come again."""


class DiedError(BaseException):
    """The function's process is gone."""


def throttled(_: str, __: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the call returns
    answer = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
    raise ClientError(cast("Any", answer), "any")


def request_lost(_: str, __: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    raise ConnectionClosedError(endpoint_url="aws")


def answer_lost(_: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    call()
    raise ConnectionClosedError(endpoint_url="aws")


def dies_before(_: str, __: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    raise DiedError


def dies_after(_: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    call()
    raise DiedError


def tried_twice(_: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    """Lose the first answer below the SDK, which asks again by itself."""
    call()
    return call()


PHASES = {
    "throttled": throttled, "request lost": request_lost, "answer lost": answer_lost,
    "dies before": dies_before, "dies after": dies_after, "tried twice": tried_twice,
}  # fmt: skip


@dataclass
class Faults:
    """Strikes calls by their number, from 0, over all that the functions do; `seen` are their names."""

    at: dict[int, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        number = len(self.seen)
        self.seen.append(name)
        return self.at[number](name, call) if number in self.at else call()


def plain(_: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
    return call()


class Client:
    """A client of DynamoDB whose tables are in memory."""

    def __init__(self, database: DynamoDB, gate: Any) -> None:  # noqa: ANN401 - a gate
        self._database = database
        self._gate = gate

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(word.capitalize() for word in method.split("_"))

        def ask(**asked: Any) -> Any:  # noqa: ANN401 - DynamoDB's own
            table = asked.get("TableName") or "+".join(asked.get("RequestItems", {"transaction": 0}))
            return self._gate(f"{operation} {table}", lambda: self._answer(operation, asked))

        return ask

    def _answer(self, operation: str, asked: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
        try:
            return json.loads(json.dumps(self._database.answer(operation, json.loads(json.dumps(asked)))))
        except AwsError as error:
            said: Any = {"Error": {"Code": error.code, "Message": ""}, **error.body}
            raise ClientError(said, operation) from error


class Outlet:
    """Where bodies go, in a list."""

    def __init__(self, name: str, bodies: list[str], gate: Any) -> None:  # noqa: ANN401 - a gate
        self._name = name
        self._bodies = bodies
        self._gate = gate

    def put(self, bodies: Sequence[str]) -> list[str]:
        try:
            self._gate(f"put {self._name}", lambda: self._bodies.extend(bodies))
        except (ClientError, ConnectionClosedError) as error:
            raise TransientError(type(error).__name__) from error
        return []


class World:
    """Contacts, events, and the function, under a clock of its own."""

    def __init__(
        self,
        *plans: Plan,
        contacts: Iterable[str] = ("k1.ana",),
        rules: Sequence[Rule] = (),
        events: Iterable[str] = (),
        gate: Any = plain,  # noqa: ANN401 - a gate
        lead: timedelta = timedelta(minutes=2),
        around: Surroundings = AROUND,
        declared: Declared | None = None,
    ) -> None:
        self.database = DynamoDB()
        self.plans = Plans(plans)
        self.gate = gate
        self.lead = lead
        self.now = NOW
        self.bodies: list[str] = []
        self.notices: list[str] = []
        self.refused: list[str] = []
        self.dies = 0
        self._around = around
        self._keys: dict[str, str] = {}
        named = {name: Declaration(keep=("cart_id", "total")) for name in events}
        self._declared = declared or Declared(named, tuple(rules))
        self._queue: list[tuple[datetime, int, Happened | DueWalk]] = []
        self._order = count()
        self.deliveries = 0
        for key in contacts:
            self.know(key)

    def copy(self) -> World:
        """Return a world that goes on from here on its own."""
        other = copy(self)
        other.database = deepcopy(self.database)
        other.bodies, other.notices, other.refused = [*self.bodies], [*self.notices], [*self.refused]
        other._queue, other._order = [*self._queue], copy(self._order)
        return other

    def client(self, gate: Any = plain) -> DynamoDBClient:  # noqa: ANN401 - a gate
        return cast("DynamoDBClient", Client(self.database, gate))

    def know(self, address_key: str, **said: Any) -> None:  # noqa: ANN401 - fields of NewContact
        """Add a contact who agreed to the topic."""
        agreed = (NewConsent(TOPIC, ConsentStatus.GRANTED, NOW - timedelta(days=1), "import"),)
        new = NewContact(address_key, email_of(address_key), "import", consents=agreed, **said)
        DynamoContacts(self.client(), "contacts").save([new], now=self.now)

    def load(self, contacts: Iterable[Contact]) -> None:
        """Let these contacts be known, as they are."""
        known = list(contacts)
        self._keys |= {contact.email: contact.address_key for contact in known}
        self.database.load("contacts", [profile_item(contact) for contact in known])

    def engine(self, gate: Any) -> Engine:  # noqa: ANN401 - a gate
        """Return the engine of one process of the function."""
        client = self.client(gate)
        return Engine(
            plans=self.plans.pausing(DynamoPauses(client, "journeys").paused()),
            walks=self.walks(client),
            people=DynamoPeople(
                client, contacts="contacts", suppressions="suppressions", messages="messages",
                around=self._around, pause=_no_pause,
            ),
            doing=Deeds(
                queues={name: Outlet(name, self.bodies, gate) for name in self._around.kinds},
                contacts=DynamoContacts(client, "contacts", pause=_no_pause),
                bus=Outlet("bus", self.notices, gate),
                on_refused=lambda _walk, why: self.refused.append(why),
            ),
        )  # fmt: skip

    def walks(self, client: DynamoDBClient | None = None) -> DynamoWalks:
        client = client or self.client()
        pointers = DynamoPointers(client, "schedule")
        return DynamoWalks(client, "journeys", pointers=pointers, lead=self.lead, pause=_no_pause)

    def arrive(self, address_key: str, event: Event, *, at: datetime | None = None) -> None:
        """Put an event on the queue."""
        emails = {key: email for email, key in self._keys.items()}
        email = emails.get(address_key, email_of(address_key))
        self.put(Happened(address_key=address_key, event=event, email=email), at or event.at)

    def put(self, record: Happened | DueWalk, at: datetime) -> None:
        heappush(self._queue, (at, next(self._order), record))

    def handle(self, record: Happened | DueWalk, gate: Any) -> None:  # noqa: ANN401 - a gate
        """Do what the function does with one record."""
        hearing = Hearing(
            activity=DynamoActivity(self.client(gate), "contacts", declared=self._declared, pause=_no_pause),
            declared=self._declared,
            engine=lambda: self.engine(gate),
            dead_letters=cast("Any", None),
            address_key=lambda email: self._keys.get(email, key_of(email)),
            clock=FixedClock(self.now),
            dates=cast("Any", None),
            logger=LOGGER,
        )
        body = walk_body(record) if isinstance(record, DueWalk) else event_body(record)
        if hearing.take([Record("1", "", body, self.now, 1)]).failures:
            raise NotTakenError

    def deliver(self, record: Happened | DueWalk, gate: Any = None) -> bool:  # noqa: ANN401 - a gate
        """Deliver a record; put it back where it isn't acknowledged."""
        self.deliveries += 1
        assert self.deliveries < MOST_DELIVERIES, "the queue never empties"
        try:
            self.handle(record, gate or self.gate)
        except (NotTakenError, DiedError):
            self.dies += 1
            self.put(record, self.now + VISIBILITY)
            return False
        return True

    def run(self, until: datetime = NOW + timedelta(days=90)) -> World:
        """Let everything happen up to `until`."""
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            self._dispatch()
            while self._queue and self._queue[0][0] <= self.now:
                self.deliver(heappop(self._queue)[2])
        self.now = max(self.now, until)
        return self

    def pointers(self) -> list[tuple[datetime, dict[str, Any]]]:
        """Return every pointer that stands, with when dispatch puts its walk on the queue to be taken."""
        found = []
        for item in self.database.table("schedule").all():
            if item["pk"]["S"].startswith("v1#"):
                pointer = read_pointer((item["pk"]["S"], item["sk"]["S"]), "")
                found.append((max(pointer.minute, pointer.due), item))
        return sorted(found, key=lambda each: each[0])

    def _next(self) -> datetime | None:
        times = [at for at, _ in self.pointers()[:1]] + [at for at, _, _ in self._queue[:1]]
        return min(times, default=None)

    def _dispatch(self) -> None:
        """Put the walks that are due on the queue, and take their pointers away."""
        table = self.database.table("schedule")
        for at, item in self.pointers():
            if at > self.now:
                break
            self.put(walk_of(item["sk"]["S"].split("#")[2]), self.now)
            table.write(table.key_of(item), None)

    def messages(self) -> dict[str, Message]:
        """Return what was put on the queues, each id once; a second body under it is the same message."""
        found: dict[str, Message] = {}
        for body in self.bodies:
            message = parse_message(body)
            standing = found.setdefault(message.message_id, message)
            assert fingerprint(standing) == fingerprint(message), "two messages under one id"
        return found

    def told(self) -> dict[str, Any]:
        """Return what was told the bus, each id once; a second one under it is the same."""
        found: dict[str, Any] = {}
        for body in self.notices:
            notice = json.loads(body)
            assert found.setdefault(notice["id"], notice) == notice, "two notices under one id"
        return found

    def outcome(self) -> dict[str, Any]:
        """Return all that a contact could tell, but for the hour."""
        contacts = DynamoContacts(self.client(), "contacts")
        keys = sorted({item["pk"]["S"] for item in self.database.table("contacts").all()})
        known = [walk for key in keys for walk in self.walks().known(key)]
        assert all(not walk.outbox for walk in known), "something decided was never done"
        return {
            "mails": sorted(self.messages()),
            "notices": sorted(self.told()),
            "attributes": {key: dict(contact.attributes) for key, contact in contacts.find(keys).items()},
            "walks": {(walk.address_key, walk.place): standing(walk) for walk in known},
        }


def key_of(email: str) -> str:
    """Return the address key of a contact."""
    return f"k1.{email.removesuffix('@example.com')}"


def event_body(happened: Happened) -> str:
    """Return an event as a producer writes it."""
    event = happened.event
    return json.dumps(
        {
            "schema": EVENT_SCHEMA,
            "event_id": event.event_id,
            "name": event.name,
            "time": event.at.isoformat(),
            "contact": {"email": happened.email},
            "properties": dict(event.properties),
        }
    )


def standing(walk: Enrolment) -> tuple[Any, ...]:
    """Return where a walk stands, but for the hour."""
    return walk.entry, walk.step, walk.ended, sorted(walk.sent)


def email_of(address_key: str) -> str:
    """Return the address of a contact."""
    return f"{address_key.removeprefix('k1.')}@example.com"


def _no_pause(_: float) -> None:
    """Stand in for a sleep."""
