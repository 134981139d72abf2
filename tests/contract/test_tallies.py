"""What every `Tallies` keeps to, and counting over each: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from postroad.caps.counting import Counting, Full, Slot
from postroad.caps.deciding import Counted, caps_of
from postroad.caps.dynamodb import DynamoTallies
from postroad.caps.errors import CapsUnavailableError
from postroad.caps.memory import MemoryTallies
from postroad.caps.tally import Place, Tally
from tests.emulated_dynamodb import emulated_cloud
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.caps.ports import Tallies

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ANA, BO = Place("k1.ana", "marketing"), Place("k1.bo", "marketing")
REMINDED = Place("k1.ana", "reminders")
CAPS = {"marketing": caps_of({"per_day": 1, "per_week": 3}), "reminders": caps_of({"per_month": 2})}


@pytest.fixture(scope="module")
def cloud() -> Iterator[DynamoDBClient]:
    """Return MiniStack's DynamoDB: moto judges a statement and writes it in two steps."""
    with emulated_cloud() as url:
        yield boto3.client(
            "dynamodb",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(max_pool_connections=20),
        )


@pytest.fixture(params=["memory", "dynamodb"])
def tallies(request: pytest.FixtureRequest) -> Iterator[Tallies]:
    """Return each implementation in turn, with nothing counted."""
    if request.param == "memory":
        yield MemoryTallies()
        return
    client: DynamoDBClient = request.getfixturevalue("cloud")
    create_table(client, "contacts")
    yield DynamoTallies(client, "contacts", pause=lambda _: None)
    client.delete_table(TableName="contacts")


def test_what_is_written_is_read(tallies: Tallies) -> None:
    assert tallies.read([ANA, BO]) == {}
    first = Tally((Counted("m:1.a_b-c", NOW), Counted("m2", NOW + timedelta(milliseconds=7))), 1)
    second = Tally((), 2)
    assert tallies.write({ANA: first, REMINDED: Tally((Counted("r", NOW),), 1)}) == {
        ANA: True,
        REMINDED: True,
    }
    assert tallies.read([ANA, BO, ANA]) == {ANA: first}
    assert tallies.write({ANA: second}) == {ANA: True}
    assert tallies.read([ANA]) == {ANA: second}


def test_each_is_written_over_the_version_before_its_own_alone(tallies: Tallies) -> None:
    tallies.write({ANA: Tally((Counted("m1", NOW),), 1)})
    other = Tally((Counted("m2", NOW),), 1)
    assert tallies.write({ANA: other, BO: other}) == {ANA: False, BO: True}
    assert tallies.write({ANA: Tally((), 3)}) == {ANA: False}
    assert tallies.write({REMINDED: Tally((), 2)}) == {REMINDED: False}
    assert tallies.read([ANA, REMINDED]) == {ANA: Tally((Counted("m1", NOW),), 1)}


def test_many_are_counted_at_once_and_each_person_by_themselves(tallies: Tallies) -> None:
    counting = Counting(tallies, CAPS)
    wanted = [(Place(f"k1.{index % 60}", "marketing"), f"m{index}") for index in range(120)]
    outcomes = counting.claim(wanted, now=NOW)
    assert outcomes[:60] == [Slot(place, message_id, NOW, is_new=True) for place, message_id in wanted[:60]]
    assert outcomes[60:] == [Full(NOW + timedelta(days=1))] * 60


def test_of_many_at_one_moment_as_many_leave_as_the_cap_lets(tallies: Tallies) -> None:
    caps = {"marketing": caps_of({"per_day": 3})}
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(
            pool.map(lambda index: Counting(tallies, caps).claim([(ANA, f"m{index}")], now=NOW)[0], range(12))
        )
    left = [each for each in outcomes if isinstance(each, Slot)]
    # Who met others too often comes again later: nobody leaves without having been counted.
    assert len(left) <= 3
    again = [index for index, each in enumerate(outcomes) if isinstance(each, CapsUnavailableError)]
    for index in again:
        outcome = Counting(tallies, caps).claim([(ANA, f"m{index}")], now=NOW)[0]
        left += [outcome] if isinstance(outcome, Slot) else []
    assert len({each.message_id for each in left}) == 3
    assert {each.message_id for each in left} == {
        each.message_id for each in tallies.read([ANA])[ANA].counted
    }


def test_categories_count_by_themselves_and_others_not_at_all(tallies: Tallies) -> None:
    counting = Counting(tallies, CAPS)
    first, second = counting.claim([(ANA, "m1"), (REMINDED, "m2")], now=NOW)
    assert isinstance(first, Slot)
    assert isinstance(second, Slot)
    assert [counting.is_capped(each) for each in ("marketing", "reminders", "transactional")] == [
        True,
        True,
        False,
    ]


def test_a_mail_that_is_tried_again_is_counted_once(tallies: Tallies) -> None:
    counting = Counting(tallies, CAPS)
    counting.claim([(ANA, "m1")], now=NOW)
    later = NOW + timedelta(hours=2)
    assert counting.claim([(ANA, "m1"), (ANA, "m1")], now=later) == [
        Slot(ANA, "m1", NOW, is_new=False),
        Slot(ANA, "m1", NOW, is_new=False),
    ]
    assert tallies.read([ANA])[ANA].version == 1


def test_a_mail_that_did_not_leave_makes_room(tallies: Tallies) -> None:
    counting = Counting(tallies, CAPS)
    counting.claim([(ANA, "m1")], now=NOW)
    counting.give_back(ANA, "m1")
    counting.give_back(ANA, "m1")
    counting.give_back(BO, "m1")
    assert isinstance(counting.claim([(ANA, "m2")], now=NOW)[0], Slot)


def test_a_mail_that_leaves_late_counts_from_then(tallies: Tallies) -> None:
    counting = Counting(tallies, CAPS)
    (slot,) = counting.claim([(ANA, "m1")], now=NOW)
    assert isinstance(slot, Slot)
    late = NOW + timedelta(hours=3)
    assert counting.renew(slot, now=late) == Slot(ANA, "m1", late, is_new=False)
    assert counting.claim([(ANA, "m2")], now=NOW + timedelta(days=1)) == [Full(late + timedelta(days=1))]


def test_what_is_counted_is_forgotten_after_a_month(cloud: DynamoDBClient) -> None:
    create_table(cloud, "contacts")
    counting = Counting(DynamoTallies(cloud, "contacts"), CAPS)
    counting.claim([(ANA, "m1")], now=NOW)
    key = {"pk": {"S": "k1.ana"}, "sk": {"S": "cap#marketing"}}
    ends = (NOW + timedelta(days=31)).timestamp()
    assert cloud.get_item(TableName="contacts", Key=key)["Item"]["ttl"] == {"N": str(int(ends))}
    counting.give_back(ANA, "m1")
    assert cloud.get_item(TableName="contacts", Key=key)["Item"]["ttl"] == {"N": str(int(ends))}
    cloud.delete_table(TableName="contacts")


def test_a_table_that_can_not_be_asked_leaves_each_uncounted_with_an_error(cloud: DynamoDBClient) -> None:
    counting = Counting(DynamoTallies(cloud, "nowhere", pause=lambda _: None), CAPS)
    outcomes = counting.claim([(ANA, "m1"), (BO, "m2")], now=NOW)
    assert [type(each) for each in outcomes] == [CapsUnavailableError, CapsUnavailableError]
