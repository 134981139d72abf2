"""The switches' contract, over the fake and over DynamoDB."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from postroad.circuit import deciding
from postroad.circuit.dynamodb import ATTEMPTS, DynamoSwitches
from postroad.circuit.errors import SwitchesBusyError, SwitchesUnavailableError
from postroad.circuit.item import from_item, to_item
from postroad.circuit.memory import MemorySwitches
from postroad.circuit.switch import Flow, Switch
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.circuit.ports import Switches, Turn

NOW = datetime(2026, 11, 22, 14, 0, 0, 123_456, tzinfo=UTC)
RACERS = 8


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Schedule")
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def switches(request: pytest.FixtureRequest) -> Iterator[Switches]:
    if request.param == "memory":
        yield MemorySwitches()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Schedule")
        yield DynamoSwitches(client, "Schedule", pause=lambda _: None)


def trip(why: str) -> Turn:
    return lambda switch: deciding.tripped(switch, why, now=NOW)


def test_a_stream_that_nobody_stopped_runs(switches: Switches) -> None:
    assert switches.read("marketing") == Switch(stream="marketing")


def test_what_was_turned_is_what_is_read_whatever_it_is(switches: Switches) -> None:
    steps: list[Turn] = [
        trip("quota_exhausted"),
        lambda switch: deciding.probing(switch, now=NOW + timedelta(minutes=1)),
        lambda switch: deciding.still_open(switch, probe=switch, why="access_denied", now=NOW),
        lambda switch: deciding.paused(switch, "a “note”", by="operator:ana", now=NOW),
        lambda switch: deciding.told(switch, {switch.untold[0].id}),
        lambda switch: deciding.resumed(switch, by="operator:ben", now=NOW),
    ]
    for version, step in enumerate(steps, start=1):
        turned = switches.turn("marketing", step)
        assert turned.version == version
        assert switches.read("marketing") == turned
    assert switches.read("transactional").version == 0


def test_a_step_that_changes_nothing_writes_nothing(switches: Switches) -> None:
    standing = switches.turn("marketing", trip("quota_exhausted"))
    assert switches.turn("marketing", trip("access_denied")) == standing
    assert switches.turn("transactional", lambda _: None) == Switch(stream="transactional")


def test_of_many_that_trip_at_once_one_does(switches: Switches) -> None:
    start = threading.Barrier(RACERS)
    steps = [deciding.Step(trip(f"why-{number}")) for number in range(RACERS)]

    def race(step: deciding.Step) -> None:
        start.wait()
        switches.turn("marketing", step)

    threads = [threading.Thread(target=race, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [step.made for step in steps if step.made is not None]
    assert switches.read("marketing") == won
    assert won.version == 1


def test_a_step_that_is_overtaken_is_asked_again_about_what_then_stands(dynamodb: Any) -> None:  # noqa: ANN401 - a client
    switches = DynamoSwitches(dynamodb, "Schedule", pause=lambda _: None)
    seen: list[Flow] = []

    def overtaken(switch: Switch) -> Switch | None:
        seen.append(switch.flow)
        if len(seen) == 1:
            switches.turn("marketing", lambda each: deciding.paused(each, "", by="operator:ana", now=NOW))
        return deciding.tripped(switch, "quota_exhausted", now=NOW)

    step = deciding.Step(overtaken)
    assert switches.turn("marketing", step).flow is Flow.PAUSED
    assert (seen, step.made) == ([Flow.RUNNING, Flow.PAUSED], None)


def test_who_is_overtaken_for_ever_is_told_to_try_again(dynamodb: Any) -> None:  # noqa: ANN401 - a client
    pauses: list[float] = []
    switches = DynamoSwitches(dynamodb, "Schedule", pause=pauses.append)

    def overtaken(switch: Switch) -> Switch | None:
        other = deciding.paused if switch.is_running else None
        if other is not None:
            switches.turn("marketing", lambda each: other(each, "", by="operator:ana", now=NOW))
        else:
            switches.turn("marketing", lambda each: deciding.resumed(each, by="operator:ana", now=NOW))
        return deciding.resumed(switch, by="operator:ben", now=NOW) or deciding.tripped(switch, "x", now=NOW)

    with pytest.raises(SwitchesBusyError):
        switches.turn("marketing", overtaken)
    assert len(pauses) == ATTEMPTS


def test_a_write_whose_answer_was_lost_and_that_the_sdk_repeated_has_been_made(dynamodb: Any) -> None:  # noqa: ANN401 - a client
    switches = DynamoSwitches(dynamodb, "Schedule")

    def write_first(params: dict[str, Any], **_: object) -> None:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb.PutItem", write_first)
        dynamodb.put_item(**params)

    for step in (trip("quota_exhausted"), lambda switch: deciding.paused(switch, "", by="o", now=NOW)):
        dynamodb.meta.events.register("provide-client-params.dynamodb.PutItem", write_first)
        version = switches.read("marketing").version
        assert switches.turn("marketing", step).version == version + 1


def test_a_table_that_can_t_be_asked_is_told_as_such() -> None:
    with mock_aws():
        switches = DynamoSwitches(boto3.client("dynamodb"), "missing")
        with pytest.raises(SwitchesUnavailableError) as caught:
            switches.read("marketing")
        assert isinstance(caught.value.__cause__, ClientError)


def test_a_refused_write_is_no_lost_race(dynamodb: Any) -> None:  # noqa: ANN401 - a client
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutItem")

    dynamodb.meta.events.register("before-call.dynamodb.PutItem", refuse)
    with pytest.raises(SwitchesUnavailableError):
        DynamoSwitches(dynamodb, "Schedule").turn("marketing", trip("quota_exhausted"))


def test_an_item_of_a_running_switch_is_small_and_holds_no_empty_attribute() -> None:
    assert set(to_item(Switch(stream="marketing", version=3))) == {"pk", "sk", "flow", "version"}


def test_an_item_of_a_later_version_may_hold_more() -> None:
    item = {**to_item(Switch(stream="marketing", version=3)), "more": {"S": "x"}}
    assert from_item("marketing", item) == Switch(stream="marketing", version=3)
