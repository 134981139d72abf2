"""What every store of dates keeps to, by the use case that asks it: in memory and in DynamoDB."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import boto3
import pytest
from moto import mock_aws

from postroad.journeys.advancing import View
from postroad.journeys.date_triggers import DateTriggers, date_place, journey_of_date
from postroad.journeys.dates import Dated, Occurrence
from postroad.journeys.dynamodb_dates import DynamoDates
from postroad.journeys.effects import Mail
from postroad.journeys.enrolment import Ended
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.memory import MemoryDates, MemoryDoing, MemoryWalks
from postroad.journeys.plan import DateTrigger, Entry, EventTrigger, Plan, Send
from postroad.journeys.running import Engine, Plans
from postroad.schedule.memory import MemorySchedule
from postroad.schedule.walks import WALKS
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.journeys.date_triggers import Dates
    from postroad.journeys.enrolment import Enrolment

pytestmark = pytest.mark.slow

ANA, LEAD = "k1.ana", timedelta(minutes=2)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
NINE = datetime(2026, 5, 4, 7, tzinfo=UTC)  # in Berlin
BIRTHDAY = Plan(
    name="birthday", version=1, stream="marketing", trigger=DateTrigger(attribute="birthday"),
    entry=Entry(rule="always"), steps=(Send(id="wish", template="wish"),),
)  # fmt: skip
WELCOME = Plan(
    name="welcome", version=1, stream="marketing", trigger=EventTrigger(event="joined"),
    steps=(Send(id="hello", template="hello"),),
)  # fmt: skip


@pytest.fixture(params=["memory", "dynamodb"])
def dates(request: pytest.FixtureRequest) -> Iterator[Dates]:
    if request.param == "memory":
        yield MemoryDates()
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, "journeys")
        yield DynamoDates(client, "journeys", pointers=MemorySchedule(), lead=LEAD)


class People:
    """Contacts by address key, each a clock and attributes."""

    def __init__(self) -> None:
        self.zone = ZoneInfo("Europe/Berlin")
        self.attributes: dict[str, dict[str, str]] = {ANA: {"birthday": "05-04"}}

    def view(self, walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        del walk, plan, now
        if address_key not in self.attributes:
            return None
        return View(
            zone=self.zone, contact={"attributes": self.attributes[address_key]}, email="ana@example.com"
        )


class Party:
    """The use case with the real engine; `at` is when each mail was decided on."""

    def __init__(self, dates: Dates, *plans: Plan) -> None:
        self.dates, self.people, self.doing = dates, People(), MemoryDoing()
        known = Plans(plans or (BIRTHDAY, WELCOME))
        engine = Engine(plans=known, walks=MemoryWalks(), people=self.people, doing=self.doing)
        self.triggers = DateTriggers(plans=known, engine=engine, people=self.people, dates=dates)

    @property
    def mails(self) -> list[str]:
        return [effect.step for _, effect in self.doing.done if isinstance(effect, Mail)]

    def next(self) -> Occurrence | None:
        standing = self.dates.standing(ANA, "birthday")
        return standing.next if standing else None


@pytest.fixture
def party(dates: Dates) -> Party:
    return Party(dates)


def test_what_is_next_is_set_when_a_contact_is_written(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    assert party.next() == Occurrence(date(2026, 5, 4), NINE)
    before = party.dates.standing(ANA, "birthday")
    party.triggers.changed(ANA, now=NOW)
    assert party.dates.standing(ANA, "birthday") == before


def test_a_journey_begins_on_the_day_and_then_next_year(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    begun = party.triggers.due(ANA, "birthday", now=NINE)
    assert begun is not None
    assert (begun.began, begun.since, begun.ended) == (NINE, NINE, Ended.FINISHED)
    assert party.mails == ["wish"]
    assert party.next() == Occurrence(date(2027, 5, 4), datetime(2027, 5, 4, 7, tzinfo=UTC))


def test_the_same_day_twice_begins_one_walk(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    party.triggers.due(ANA, "birthday", now=NINE)
    assert party.triggers.due(ANA, "birthday", now=NINE) is None
    assert party.mails == ["wish"]


def test_a_crash_before_the_next_day_is_set_sends_nothing_twice(
    party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    party.triggers.changed(ANA, now=NOW)

    def fails(before: Dated | None, after: Dated, *, now: datetime) -> bool:
        del before, after, now
        raise WalksUnavailableError("DynamoDB is away")

    with monkeypatch.context() as broken:
        broken.setattr(party.dates, "write", fails)
        with pytest.raises(WalksUnavailableError):
            party.triggers.due(ANA, "birthday", now=NINE)
    assert party.mails == ["wish"]
    assert party.triggers.due(ANA, "birthday", now=NINE) is None
    assert party.mails == ["wish"]
    assert party.next() == Occurrence(date(2027, 5, 4), datetime(2027, 5, 4, 7, tzinfo=UTC))


def test_a_date_that_was_moved_away_begins_nothing(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    # The change is told of later than the day comes.
    party.people.attributes[ANA] = {"birthday": "06-10"}
    assert party.triggers.due(ANA, "birthday", now=NINE) is None
    assert party.mails == []
    assert party.next() == Occurrence(date(2026, 6, 10), datetime(2026, 6, 10, 7, tzinfo=UTC))


def test_a_date_that_was_removed_begins_nothing(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    party.people.attributes[ANA] = {}
    party.triggers.changed(ANA, now=NOW)
    assert party.next() is None
    assert party.triggers.due(ANA, "birthday", now=NINE) is None
    assert party.mails == []


def test_of_somebody_who_was_erased_nothing_stays(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    party.people.attributes.clear()
    assert party.triggers.due(ANA, "birthday", now=NINE) is None
    assert party.dates.standing(ANA, "birthday") is None
    party.triggers.changed(ANA, now=NOW)
    assert party.dates.standing(ANA, "birthday") is None


def test_another_clock_moves_the_moment_and_not_the_day(party: Party) -> None:
    party.triggers.changed(ANA, now=NOW)
    party.people.zone = ZoneInfo("America/New_York")
    party.triggers.changed(ANA, now=NOW)
    assert party.next() == Occurrence(date(2026, 5, 4), datetime(2026, 5, 4, 13, tzinfo=UTC))
    assert party.triggers.due(ANA, "birthday", now=NINE) is None
    assert party.mails == []


def test_a_call_that_comes_too_soon_is_made_again(dates: Dates) -> None:
    party = Party(dates)
    party.triggers.changed(ANA, now=NOW)
    assert party.triggers.due(ANA, "birthday", now=NINE - timedelta(seconds=1)) is None
    assert party.triggers.due(ANA, "birthday", now=NINE) is not None


def test_a_journey_that_is_gone_leaves_nothing(dates: Dates) -> None:
    party = Party(dates)
    party.triggers.changed(ANA, now=NOW)
    later = Party(dates, WELCOME)
    assert later.triggers.due(ANA, "birthday", now=NINE) is None
    assert dates.standing(ANA, "birthday") is None


def test_a_contact_without_a_date_has_nothing(party: Party) -> None:
    party.people.attributes[ANA] = {"birthday": "soon"}
    party.triggers.changed(ANA, now=NOW)
    assert party.dates.standing(ANA, "birthday") is None


def test_whoever_wrote_meanwhile_is_not_written_over(dates: Dates) -> None:
    first = Dated(address_key=ANA, journey="birthday", value="05-04", rule="r", taken=date(2025, 5, 4))
    assert dates.write(None, first, now=NOW)
    assert not dates.write(None, first, now=NOW)
    assert dates.standing(ANA, "birthday") == first
    dates.forget(ANA, "birthday")
    dates.forget(ANA, "birthday")
    assert dates.standing(ANA, "birthday") is None


def test_a_date_has_one_pointer_at_its_minute() -> None:
    schedule = MemorySchedule()
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, "journeys")
        Party(DynamoDates(client, "journeys", pointers=schedule, lead=LEAD)).triggers.changed(ANA, now=NOW)
    due = schedule.due(WALKS, NINE, limit=10)
    assert [each.message_id for each in due.pointers] == [f"{ANA}:{date_place('birthday')}"]


def test_places_of_dates_are_told_from_those_of_walks() -> None:
    assert journey_of_date(date_place("birthday")) == "birthday"
    assert journey_of_date("birthday") is None
