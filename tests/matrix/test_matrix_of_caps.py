"""Mail that is capped, or looked at again: whatever goes wrong, nobody gets too much, and nothing is lost.

A cap looks back a day at least. Here a day lasts ten minutes, so that a run lasts no longer than others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from postroad.caps.deciding import PERIODS
from postroad.caps.memory import MemoryTallies
from postroad.caps.tally import Place, Tally
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.words import Status
from postroad.errors import TransientError
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.sending.delivery import COUNTED_LATE
from postroad.sending.guarding import LOOKED_AT
from postroad.sending.memory import MemoryHours
from tests.matrix.bulk_gates import Mortal
from tests.matrix.gates import PHASES, FaultAt, FaultOn, plain, request_lost
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import Scenario
from tests.matrix.test_matrix_of_crashes import check
from tests.matrix.turns import Chooser, Turns, every_order
from tests.matrix.whole import DISPATCH, MINUTE, SEND, Whole
from tests.sending_world import NOW, World, make_message

pytestmark = pytest.mark.slow

DAY = 10 * MINUTE
MOST_CALLS = 2_000
ANA = "m-ana@example.com"
KEY = World.key(ANA)
CAPPED: dict[str, Any] = {"kind": "marketing", "caps": {"marketing.per_day": 1}, "threads": 3}
WALK = Enrolment(
    address_key=KEY,
    journey="cart",
    version=1,
    key="",
    entry=1,
    began=NOW - DAY,
    step="next",
    since=NOW,
    due=NOW + timedelta(days=1),
)
JOURNEY = {"name": "cart", "version": 1, "enrolment": WALK.enrolment_id, "step": "first"}


@pytest.fixture(autouse=True)
def _days_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PERIODS, "per_day", DAY)


def offer(message_id: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  fields of a message
    return make_message(message_id, **{"to": {"email": ANA}, "topic": "offers"} | changes)


def at(*places: str, of: tuple[str, ...]) -> dict[str, frozenset[str]]:
    return dict.fromkeys(of, frozenset(places))


def old(message_id: str) -> dict[str, Any]:
    return offer(message_id, created_at=(NOW - 20 * MINUTE).isoformat(), journey=JOURNEY)


BOTH = ("m-1", "m-2")
ALL_WAIT = Scenario(tuple(map(offer, BOTH)), at("delivered", of=BOTH), settings=CAPPED)
SCENARIOS: dict[str, Scenario] = {
    "each in its turn": ALL_WAIT,
    "two copies of each": replace(ALL_WAIT, copies=2),
    "one answer lost": replace(ALL_WAIT, first_request=request_lost),
    "the second ends": Scenario(
        (offer("m-1"), offer("m-2", journey=JOURNEY | {"if_capped": "drop"})),
        at("delivered", "capped", of=("m-1", "m-2")),
        settings=CAPPED,
    ),
    "the second expires first": Scenario(
        (offer("m-1"), offer("m-2", expires_at=(NOW + DAY).isoformat())),
        # Should the first one fail, the second may go in its place, or be too late for that.
        at("delivered", of=("m-1",)) | at("delivered", "capped", "expired", of=("m-2",)),
        settings=CAPPED,
    ),
    "one is stopped": Scenario(
        (offer("stopped", to={"email": "stopped@example.com"}), offer("m-1")),
        at("suppressed", of=("stopped",)) | at("delivered", of=("m-1",)),
        settings=CAPPED,
    ),
    "still wanted": Scenario((old("m-1"), old("m-2")), at("delivered", of=("m-1", "m-2")), settings=CAPPED),
}


def make(scenario: Scenario, walk: Enrolment = WALK, hours: MemoryHours | None = None) -> Whole:
    whole = scenario.make()
    whole.stores.hours = hours or MemoryHours()
    whole.stores.walks.write(None, walk, now=NOW)
    consent = NewConsent("offers", ConsentStatus.GRANTED, NOW - DAY, source="page")
    whole.stores.contacts.save([NewContact(KEY, ANA, "page", consents=(consent,))], now=NOW)
    return whole


def check_caps(whole: Whole) -> None:
    """Check that no stretch of a day holds two mails; each is counted to the minute."""
    left = sorted(taken.at for taken in whole.ses.taken if taken.message_id and taken.mail.to == ANA)
    for first, second in pairwise(left):
        assert second - first >= DAY - COUNTED_LATE, f"{first} and {second}\n{whole.story()}"


def spoil_each_call(
    scenario: Scenario,
    function: str,
    phase: str,
    walk: Enrolment = WALK,
    hours: MemoryHours | None = None,
) -> Iterator[Whole]:
    """Spoil one call of a function after another, each in a run of its own."""
    for place in range(MOST_CALLS):
        whole = make(scenario, walk, hours)
        gate = FaultAt(place, PHASES[phase], inner=whole.gates.get(function, plain))
        whole.gates[function] = Mortal(whole, gate)
        whole.run(most=scenario.lasts)
        check(whole, scenario)
        check_caps(whole)
        yield whole
        if not gate.struck:
            assert place > 5
            return
    raise AssertionError("a run that never ends")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_of_send_never_mails_more_than_the_cap(name: str, phase: str) -> None:
    assert len(list(spoil_each_call(SCENARIOS[name], SEND, phase))) > 5


@pytest.mark.parametrize("phase", ["dies after", "answer lost"])
def test_a_fault_at_any_call_of_dispatch_never_mails_more_than_the_cap(phase: str) -> None:
    assert len(list(spoil_each_call(ALL_WAIT, DISPATCH, phase))) > 10


@pytest.mark.parametrize("phase", PHASES)
def test_a_walk_that_reached_its_goal_mails_nothing_more_whatever_fails(phase: str) -> None:
    over = replace(WALK, ended=Ended.GOAL, step="", due=None, ended_at=NOW)
    scenario = Scenario((old("m-1"), old("m-2")), at("cancelled", of=("m-1", "m-2")), settings=CAPPED)
    for whole in spoil_each_call(scenario, SEND, phase, over):
        assert [taken for taken in whole.ses.taken if taken.message_id] == []


@pytest.mark.parametrize("phase", PHASES)
def test_nothing_leaves_out_of_hours_whatever_fails(phase: str) -> None:
    """The next slot is free while nothing may leave; so is whatever comes late by a fault."""
    shuts, opens = NOW + MINUTE, NOW + 40 * MINUTE
    scenario = Scenario((old("m-1"), old("m-2")), at("delivered", of=BOTH), settings=CAPPED)
    late = 0
    for whole in spoil_each_call(scenario, SEND, phase, hours=MemoryHours((shuts, opens))):
        left = [taken.at for taken in whole.ses.taken if taken.message_id]
        assert not [moment for moment in left if shuts + LOOKED_AT + MINUTE < moment < opens], whole.story()
        late += sum(moment >= opens for moment in left)
    assert late > 5


def send_both(chooser: Chooser, seen: set[str], phase: str, place: int) -> None:
    """Let two functions send two mails to one person at once, one of them spoiled, in the order chosen."""
    whole = make(ALL_WAIT)
    first, second = whole.queue.receive(1), whole.queue.receive(1)
    assert [len(first), len(second)] == [1, 1]
    turns = Turns(chooser)
    spoiled = plain if not phase else FaultAt(place, PHASES[phase])
    turns.run(
        {
            "first": partial(whole.send, first, process=whole.new_sender(turns.gate(Mortal(whole, spoiled)))),
            "second": partial(whole.send, second, process=whole.new_sender(turns.gate())),
        }
    )
    if (state := whole.state()) in seen:
        return
    seen.add(state)
    whole.run()
    check_all(whole)
    check_caps(whole)
    for message_id in ("m-1", "m-2"):
        assert place_of(whole, message_id).where == "delivered", whole.story()


@pytest.mark.parametrize(
    ("phase", "place"),
    [("", 0), *((phase, place) for phase in ("dies after", "answer lost") for place in range(5))],
)
def test_of_two_functions_at_once_one_lets_its_mail_wait(phase: str, place: int) -> None:
    seen: set[str] = set()
    orders = every_order(lambda chooser: send_both(chooser, seen, phase, place), most_switches=3)
    assert orders > 5


class Forgetful(MemoryTallies):
    """Says that it counts, and remembers nothing."""

    def write(self, tallies: Mapping[Place, Tally]) -> dict[Place, bool | TransientError]:
        return dict.fromkeys(tallies, True)


def test_these_proofs_can_fail() -> None:
    """Without its memory `send` mails too often, and the check sees it."""
    whole = make(replace(ALL_WAIT, messages=(offer("m-1"),)))
    whole.stores.tallies = Forgetful()
    whole.send()
    whole.enqueue(offer("m-2"))
    whole.run()
    with pytest.raises(AssertionError):
        check_caps(whole)


def test_a_mail_whose_answer_was_lost_counts_from_when_it_left() -> None:
    whole = make(ALL_WAIT)
    whole.gates[SEND] = FaultOn("ses.send", request_lost, times=2)
    whole.run()
    check_all(whole)
    check_caps(whole)
    row = whole.row("m-1")
    assert row is not None
    assert row.status is Status.DELIVERED
