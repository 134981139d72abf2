"""A sample of the crash matrix through the real adapters, on MiniStack's DynamoDB."""

from collections.abc import Iterator

import pytest

from tests.matrix.over_dynamodb import BATCHES, LASTS, PHASES, Cloud, cloud_of_its_own
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import SCENARIOS
from tests.matrix.whole import DISPATCH, FEEDBACK, MINUTE, SEND, Whole

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with cloud_of_its_own() as made:
        yield made


def check_delivered(whole: Whole) -> None:
    check_all(whole)
    assert place_of(whole, "m-1").where == "delivered", whole.story()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("place", range(5))
def test_a_fault_at_any_request_of_a_plain_delivery(cloud: Cloud, place: int, phase: str) -> None:
    whole = cloud.run(SCENARIOS["plain"], function=SEND, place=place, phase=phase)
    check_delivered(whole)
    assert len(cloud.wire.seen) > min(place, 3)


SAMPLE = [
    ("unknown, not taken", SEND, 3, "dies before"),
    ("unknown, not taken", SEND, 3, "answer lost"),
    ("unknown, not taken", SEND, 4, "dies before"),
    ("unknown, not taken", SEND, 5, "dies after"),
    ("unknown, not taken", SEND, 12, "answer lost"),
    ("unknown, taken", SEND, 4, "request lost"),
    ("unknown, taken", FEEDBACK, 3, "throttled"),
    ("unknown, taken", FEEDBACK, 4, "dies before"),
    ("unknown, taken", FEEDBACK, 6, "dies after"),
    ("abandoned, taken", SEND, 4, "dies after"),
    ("abandoned, taken", SEND, 5, "answer lost"),
    ("scheduled", SEND, 2, "dies before"),
    ("scheduled", SEND, 3, "answer lost"),
    ("scheduled", SEND, 4, "dies after"),
    ("scheduled", DISPATCH, 3, "throttled"),
    ("scheduled, two copies", SEND, 4, "dies before"),
]


@pytest.mark.parametrize(("name", "function", "place", "phase"), SAMPLE)
def test_a_sample_of_the_matrix(cloud: Cloud, name: str, function: str, place: int, phase: str) -> None:
    whole = cloud.run(SCENARIOS[name], function=function, place=place, phase=phase)
    check_delivered(whole)
    assert len(cloud.wire.seen) > place


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("name", ["three", "scheduled", "unknown, taken"])
def test_what_dynamodb_leaves_unprocessed_is_asked_for_again(cloud: Cloud, name: str, times: int) -> None:
    cloud.wire.left_undone.clear()
    cloud.wire.unprocessed = times
    whole = cloud.run(SCENARIOS[name], function="", place=-1, phase="")
    check_delivered(whole)
    assert len(cloud.wire.left_undone) == times


def test_a_pointer_whose_removal_is_left_undone_for_long_is_met_again(cloud: Cloud) -> None:
    whole = SCENARIOS["scheduled"].make(cloud.stores())
    whole.pass_time(8 * MINUTE)
    cloud.wire.left_undone.clear()
    cloud.wire.unprocessed, cloud.wire.undone = 1000, frozenset({"BatchWriteItem"})
    whole.pass_time(4 * MINUTE)
    assert "BatchWriteItem" in cloud.wire.left_undone
    cloud.wire.unprocessed, cloud.wire.undone = 0, BATCHES
    whole.run(most=LASTS)
    check_delivered(whole)
