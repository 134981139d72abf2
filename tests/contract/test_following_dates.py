"""Dates follow the changes of contacts, and a round through all of them finds what no change told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import msgspec
import pytest
from moto import mock_aws

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.model import NewContact
from postroad.contract.words import StreamKind
from postroad.journeys.date_triggers import DateTriggers
from postroad.journeys.dynamodb_dates import DynamoDates
from postroad.journeys.dynamodb_directory import DynamoDirectory, changed_contacts
from postroad.journeys.dynamodb_people import DynamoPeople
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.following import Changed, Following
from postroad.journeys.memory import MemoryDoing, MemoryWalks
from postroad.journeys.plan import DateTrigger, EventTrigger, Plan, Send
from postroad.journeys.running import Engine, Plans
from postroad.journeys.seeing import surroundings
from postroad.schedule.memory import MemorySchedule
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.slow

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BIRTHDAY = Plan(
    name="birthday", version=1, stream="marketing", trigger=DateTrigger(attribute="birthday"),
    steps=(Send(id="wish", template="wish"),),
)  # fmt: skip
WELCOME = msgspec.structs.replace(BIRTHDAY, name="welcome", trigger=EventTrigger(event="joined"))


class World:
    """The tables of contacts and journeys, and who follows dates over them."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._contacts = DynamoContacts(client, "contacts")
        self.dates = DynamoDates(client, "journeys", pointers=MemorySchedule(), lead=timedelta(minutes=2))
        self.fails: set[str] = set()

    def following(self, *plans: Plan, page_size: int = 500) -> Following:
        known = Plans(plans)
        people = DynamoPeople(
            self._client, contacts="contacts", suppressions="suppressions", messages="messages",
            around=surroundings({"marketing": StreamKind.MARKETING}),
        )  # fmt: skip
        engine = Engine(plans=known, walks=MemoryWalks(), people=people, doing=MemoryDoing())
        world = self

        class Triggers(DateTriggers):
            def changed(self, address_key: str, *, now: datetime) -> None:
                if address_key in world.fails:
                    raise WalksUnavailableError("DynamoDB is away")
                super().changed(address_key, now=now)

        directory = DynamoDirectory(
            self._client, contacts="contacts", journeys="journeys", page_size=page_size
        )
        return Following(
            plans=plans,
            triggers=lambda: Triggers(plans=known, engine=engine, people=people, dates=self.dates),
            directory=directory,
        )

    def save(self, *names: str, birthday: str | None = "05-04") -> None:
        for name in names:
            new = NewContact(f"k1.{name}", f"{name}@example.com", "import", attributes={"birthday": birthday})
            self._contacts.save([new], now=NOW)

    def day(self, name: str, journey: str = "birthday") -> str:
        standing = self.dates.standing(f"k1.{name}", journey)
        return standing.next.day.isoformat() if standing and standing.next else ""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for name in ("journeys", "contacts", "suppressions", "messages"):
            create_table(client, name)
        yield World(client)


def change(name: str, number: int) -> Changed:
    return Changed(str(number), f"k1.{name}")


def always() -> bool:
    return True


def once() -> Callable[[], bool]:
    left = iter([True])
    return lambda: next(left, False)


def test_a_change_sets_what_is_next(world: World) -> None:
    world.save("ana")
    following = world.following(BIRTHDAY)
    assert following.take([change("ana", 1), change("ana", 2), change("nobody", 3)], now=NOW) is None
    assert world.day("ana") == "2026-05-04"
    assert following.counts == {"changed": 2}
    world.save("ana", birthday="06-10")
    assert following.take([change("ana", 4)], now=NOW) is None
    assert world.day("ana") == "2026-06-10"


def test_a_change_that_can_t_be_followed_is_gone_on_with(world: World) -> None:
    world.save("ana", "bo", "cy")
    world.fails.add("k1.bo")
    changes = [change("ana", 1), change("bo", 2), change("cy", 3)]
    assert world.following(BIRTHDAY).take(changes, now=NOW) == "2"
    assert (world.day("ana"), world.day("cy")) == ("2026-05-04", "")


def test_where_no_date_begins_a_journey_nothing_is_asked(world: World) -> None:
    world.save("ana")
    following = world.following(WELCOME, msgspec.structs.replace(BIRTHDAY, retired=True))
    assert following.take([change("ana", 1)], now=NOW) is None
    following.look_through(now=NOW, has_time=always)
    assert following.counts == {}
    assert world.day("ana") == ""


def test_a_journey_that_is_deployed_reaches_contacts_of_before(world: World) -> None:
    names = [f"c{number}" for number in range(7)]
    world.save(*names)
    following = world.following(BIRTHDAY, page_size=2)
    following.look_through(now=NOW, has_time=always)
    assert {world.day(name) for name in names} == {"2026-05-04"}
    assert following.counts == {"looked_at": 7}


def test_a_round_is_made_in_runs_and_once_a_day(world: World) -> None:
    world.save(*(f"c{number}" for number in range(7)))
    runs = 0
    while True:
        runs += 1
        following = world.following(BIRTHDAY, page_size=2)
        following.look_through(now=NOW, has_time=once())
        if not following.counts and runs > 1:
            break
    assert runs > 3
    again = world.following(BIRTHDAY)
    again.look_through(now=NOW + DAY / 2, has_time=always)
    assert again.counts == {}
    again.look_through(now=NOW + DAY, has_time=always)
    assert again.counts == {"looked_at": 7}


def test_another_rule_begins_a_round_at_once(world: World) -> None:
    world.save("ana")
    world.following(BIRTHDAY).look_through(now=NOW, has_time=always)
    sooner = DateTrigger(attribute="birthday", days=-1)
    newer = msgspec.structs.replace(BIRTHDAY, version=2, trigger=sooner)
    world.following(BIRTHDAY, newer).look_through(now=NOW, has_time=always)
    assert world.day("ana") == "2026-05-03"


def test_a_round_that_fails_goes_on_from_where_it_came_to(world: World) -> None:
    world.save("ana", "bo")
    world.fails.add("k1.bo")
    following = world.following(BIRTHDAY, page_size=1)
    with pytest.raises(WalksUnavailableError):
        following.look_through(now=NOW, has_time=always)
    world.fails.clear()
    following.look_through(now=NOW, has_time=always)
    assert (world.day("ana"), world.day("bo")) == ("2026-05-04", "2026-05-04")


def test_of_a_stream_the_profiles_count() -> None:
    def record(number: int, sort_key: str) -> dict[str, object]:
        keys = {"pk": {"S": "k1.ana"}, "sk": {"S": sort_key}}
        return {"dynamodb": {"SequenceNumber": str(number), "Keys": keys}, "eventSource": "aws:dynamodb"}

    records = [record(1, "cap#marketing"), record(2, "profile"), record(3, "event#e1")]
    assert changed_contacts({"Records": records}) == [Changed("2", "k1.ana")]
    assert changed_contacts({}) == []
