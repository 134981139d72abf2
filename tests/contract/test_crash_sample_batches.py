"""A sample of the matrix of batches through the real ledger, on MiniStack's DynamoDB.

Some statements of one BatchExecuteStatement are run, others put off, others run and said not to be.
"""

from collections.abc import Iterator

import pytest

from tests.matrix.batches import BATCHES
from tests.matrix.over_dynamodb import PHASES, Cloud, Fate, StatementFaults, cloud_of_its_own
from tests.matrix.test_matrix_of_crashes import check
from tests.matrix.whole import FEEDBACK, SEND

pytestmark = pytest.mark.slow

RUN, PUT_OFF, UNTOLD = Fate.RUN, Fate.PUT_OFF, Fate.UNTOLD
CLAIMS, MARKS = 0, 1
PARTS = [
    (RUN, PUT_OFF, UNTOLD),
    (UNTOLD, RUN, PUT_OFF),
    (PUT_OFF, UNTOLD, RUN),
    (PUT_OFF,),
    (UNTOLD,),
]
AGAIN_AND_AGAIN = 6
"""More requests than the ledger makes for one write."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with cloud_of_its_own() as made:
        yield made


def run(cloud: Cloud, name: str, faults: StatementFaults, *, function: str = SEND) -> StatementFaults:
    cloud.wire.statements = faults
    try:
        whole = cloud.run(BATCHES[name], function=function, place=-1, phase="")
    finally:
        cloud.wire.statements = StatementFaults()
    check(whole, BATCHES[name])
    return faults


@pytest.mark.parametrize("requests", [1, AGAIN_AND_AGAIN], ids=["once", "again and again"])
@pytest.mark.parametrize("place", [CLAIMS, MARKS], ids=["claims", "marks"])
@pytest.mark.parametrize("fates", PARTS, ids=lambda fates: "-".join(each.name for each in fates))
def test_whatever_becomes_of_each_statement(
    cloud: Cloud, fates: tuple[Fate, ...], place: int, requests: int
) -> None:
    faults = run(cloud, "plain", StatementFaults(place, fates, requests))
    assert faults.sizes[0] == 3
    assert len(faults.sizes) > place + 1


@pytest.mark.parametrize("place", [CLAIMS, MARKS], ids=["claims", "marks"])
@pytest.mark.parametrize("fates", [(RUN, PUT_OFF), (PUT_OFF, RUN), (PUT_OFF, PUT_OFF, RUN)])
def test_a_function_that_dies_with_a_part_of_them_run(
    cloud: Cloud, fates: tuple[Fate, ...], place: int
) -> None:
    faults = run(cloud, "plain", StatementFaults(place, fates, dies=True))
    assert len(faults.sizes) > place


NOT_PLAIN = [
    ("two copies of each", CLAIMS),
    ("two copies of each", MARKS),
    ("one answer lost", CLAIMS),
    ("one answer lost", MARKS),
    ("scheduled", CLAIMS),
    ("not all may be mailed", CLAIMS),
]


@pytest.mark.parametrize(("name", "place"), NOT_PLAIN)
def test_a_batch_that_is_not_plain(cloud: Cloud, name: str, place: int) -> None:
    faults = run(cloud, name, StatementFaults(place, PARTS[0], AGAIN_AND_AGAIN))
    assert len(faults.sizes) > place


@pytest.mark.parametrize("requests", [1, AGAIN_AND_AGAIN], ids=["once", "again and again"])
def test_the_rows_that_events_move(cloud: Cloud, requests: int) -> None:
    faults = run(cloud, "plain", StatementFaults(0, PARTS[0], requests), function=FEEDBACK)
    assert faults.sizes[0] > 1


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("place", range(4))
def test_a_fault_at_any_request_of_a_batch(cloud: Cloud, place: int, phase: str) -> None:
    whole = cloud.run(BATCHES["plain"], function=SEND, place=place, phase=phase)
    check(whole, BATCHES["plain"])
    assert len(cloud.wire.seen) > place
