"""Whatever dies or goes wrong at whichever call: no message is lost, and none is sent twice.

Each call that a function makes in a run is spoiled in turn, in five ways; then the functions go on until all
is quiet. SES's events come as they should, so that the watermark tells the truth.
"""

import pytest

from tests.matrix.gates import PHASES, FaultAt, plain
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import SCENARIOS, Scenario
from tests.matrix.sqs_queue import MOST_RECEIVES
from tests.matrix.whole import DISPATCH, FEEDBACK, MINUTE, SEND, Whole

pytestmark = pytest.mark.slow

MOST_CALLS = 2_000


def check(whole: Whole, scenario: Scenario) -> None:
    check_all(whole)
    for message_id, places in scenario.ends.items():
        place = place_of(whole, message_id)
        assert place.where in places, f"{message_id} is in {place.where}: {place.row}\n{whole.story()}"


def spoil_each_call(scenario: Scenario, function: str, phase: str) -> int:
    """Spoil one call of a function after another, each in a run of its own; return how many there were."""
    for place in range(MOST_CALLS):
        whole = scenario.make()
        gate = FaultAt(place, PHASES[phase], inner=whole.gates.get(function, plain))
        whole.gates[function] = gate
        whole.run(most=scenario.lasts)
        check(whole, scenario)
        if not gate.struck:
            return place
    raise AssertionError("a run that never ends")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_of_send(name: str, phase: str) -> None:
    assert spoil_each_call(SCENARIOS[name], SEND, phase) > 3


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", ["plain", "unknown, taken", "unknown, not taken", "abandoned, taken"])
def test_a_fault_at_any_call_of_feedback(name: str, phase: str) -> None:
    assert spoil_each_call(SCENARIOS[name], FEEDBACK, phase) > 5


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", ["scheduled soon", "unknown, not taken", "SES takes no mail"])
def test_a_fault_at_any_call_of_dispatch(name: str, phase: str) -> None:
    assert spoil_each_call(SCENARIOS[name], DISPATCH, phase) > 10


def test_an_outage_of_ses_burns_no_receives() -> None:
    whole = SCENARIOS["SES takes no mail"].make()
    whole.ses.fine_at = whole.clock.now() + 300 * MINUTE
    whole.pass_time(299 * MINUTE)
    check_all(whole)
    (item,) = whole.queue.items.values()
    assert item.receives < 5
    whole.run()
    check(whole, SCENARIOS["SES takes no mail"])


def test_a_message_that_kills_its_process_each_time_ends_among_the_dead_letters() -> None:
    whole = SCENARIOS["poison kills"].make()
    whole.run(whole.clock.now() + 12 * 60 * MINUTE)
    check(whole, SCENARIOS["poison kills"])
    # No copy that came with it was ever deleted: those of mails that left lie there too, and are settled.
    assert not whole.queue.items
    assert {item.receives for item in whole.queue.dead} == {MOST_RECEIVES}
