"""How often a person is mailed: what is over the cap of its category waits for a free slot, or ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.caps.errors import CapsUnavailableError
from postroad.caps.memory import MemoryTallies
from postroad.caps.tally import Place
from postroad.contract.words import Reason, Status
from postroad.governor.grant import Shortage
from postroad.observability import Metric
from postroad.sending.decisions import Duplicate, Later, Refused, Sent, Settled, Waits, Why
from postroad.sending.errors import SesBusyError
from tests.sending_world import NOW, SETTINGS, World, make_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postroad.caps.tally import Tally
    from postroad.errors import TransientError

DAY = timedelta(days=1)
MARKETING = replace(SETTINGS, stream="marketing", kind="marketing")
ONE_A_DAY = {"marketing.per_day": 1, "marketing.per_week": 3}
ANA = "ana.ruiz@example.com"
JOURNEY = {"name": "cart", "version": 1, "enrolment": "0" * 24, "step": "first"}


def world_of(caps: Mapping[str, int] = ONE_A_DAY, **settings: Any) -> World:  # noqa: ANN401  any setting
    return World(settings=replace(MARKETING, caps=caps, **settings))


def offer(message_id: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a message
    made: dict[str, Any] = {"stream": "marketing", "to": {"email": ANA}, "topic": "offers"}
    return make_message(message_id, **made | changes)


def counted(world: World, category: str = "marketing", email: str = ANA) -> list[str]:
    tally = world.tallies.standing.get(Place(world.key(email), category))
    return [each.message_id for each in tally.counted] if tally else []


class Broken(MemoryTallies):
    """Can't be asked, or not be written."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def read(self, places: Sequence[Place]) -> dict[Place, Tally]:
        if self.what == "read":
            raise CapsUnavailableError("the tests say so")
        return super().read(places)

    def write(self, tallies: Mapping[Place, Tally]) -> dict[Place, bool | TransientError]:
        if self.what == "write":
            return {place: CapsUnavailableError("the tests say so") for place in tallies}
        return super().write(tallies)


def test_without_caps_nothing_is_asked() -> None:
    world = world_of({})
    world.send(*(offer(f"m-{index}") for index in range(3)))
    assert len(world.mailer.mails) == 3
    assert world.tallies.calls == 0


def test_mails_of_categories_without_a_cap_are_not_counted() -> None:
    world = world_of({"reminders.per_day": 1})
    world.send(offer("m-1"), offer("m-2"))
    assert len(world.mailer.mails) == 2
    assert world.tallies.calls == 0


def test_transactional_mail_neither_counts_nor_waits() -> None:
    world = World(settings=replace(SETTINGS, caps=ONE_A_DAY))
    report = world.send(
        *(make_message(f"m-{index}", journey=JOURNEY | {"category": "marketing"}) for index in range(3))
    )
    assert all(isinstance(each, Sent) for each in report.decisions.values())
    assert world.tallies.calls == 0


def test_the_second_of_a_day_waits_for_the_next_free_slot_and_then_goes() -> None:
    world = world_of()
    world.send(offer("m-1"))
    world.clock.at += timedelta(hours=2)
    report = world.send(offer("m-2"))
    assert report.decisions == {"sqs-0": Waits(Reason.FREQUENCY_CAP, NOW + DAY, is_new=True)}
    row = world.row("m-2")
    assert (row.status, row.reason, row.due) == (Status.SCHEDULED, Reason.FREQUENCY_CAP, NOW + DAY)
    assert len(world.mailer.mails) == 1
    assert world.rate.asked == [1]

    world.clock.at = NOW + DAY
    world.send_records([world.dispatched("m-2")])
    assert world.row("m-2").status is Status.SENT
    assert len(world.mailer.mails) == 2
    assert counted(world) == ["m-1", "m-2"]
    assert world.counts.of(Metric.SCHEDULED, "marketing") == 1


def test_of_several_for_one_person_in_a_batch_as_many_go_as_the_cap_lets() -> None:
    world = world_of({"marketing.per_day": 2})
    report = world.send(
        *(offer(f"m-{index}") for index in range(5)), offer("other", to={"email": "bo@example.com"})
    )
    kinds = [type(each) for each in report.decisions.values()]
    assert sorted(kinds, key=str) == sorted([Sent] * 3 + [Waits] * 3, key=str)
    assert counted(world) == ["m-0", "m-1"]
    # One read and one write, for all that are prepared at once.
    assert world.tallies.calls == 4


def test_a_slot_that_others_take_first_is_waited_for_again() -> None:
    world = world_of({"marketing.per_day": 1})
    world.send(offer("m-1"), offer("m-2"), offer("m-3"))
    world.clock.at = NOW + DAY
    report = world.send_records([world.dispatched("m-2", 0), world.dispatched("m-3", 1)])
    assert isinstance(report.decisions["sqs-0"], Sent)
    assert report.decisions["sqs-1"] == Waits(Reason.FREQUENCY_CAP, NOW + 2 * DAY, is_new=True)
    assert world.row("m-3").generation == 2


def test_what_is_not_to_wait_ends_capped() -> None:
    world = world_of()
    report = world.send(offer("m-1"), offer("m-2", journey=JOURNEY | {"if_capped": "drop"}))
    assert report.decisions["sqs-1"] == Settled(Status.CAPPED, Reason.FREQUENCY_CAP)
    row = world.row("m-2")
    assert (row.status, row.reason, row.journey, row.step) == (
        Status.CAPPED,
        Reason.FREQUENCY_CAP,
        "cart",
        "first",
    )
    assert "capped" in row.times
    assert world.counts.of(Metric.CAPPED, "marketing") == 1
    assert counted(world) == ["m-1"]
    world.clock.at += timedelta(seconds=1)
    assert world.send(offer("m-2", journey=JOURNEY | {"if_capped": "drop"})).decisions == {
        "sqs-0": Duplicate()
    }


def test_what_would_come_too_late_ends_capped_today() -> None:
    world = world_of()
    until = (NOW + DAY).isoformat()
    report = world.send(offer("m-1"), offer("m-2", expires_at=until))
    assert report.decisions["sqs-1"] == Settled(Status.CAPPED, Reason.FREQUENCY_CAP)
    assert world.row("m-2").notes == ("the next free slot would have come after its time",)


def test_what_is_free_within_minutes_waits_on_the_queue() -> None:
    world = world_of()
    world.send(offer("m-1"))
    world.clock.at = NOW + DAY - timedelta(seconds=30)
    assert world.send(offer("m-2")).decisions == {"sqs-0": Later(NOW + DAY, Why.CAPPED)}
    world.clock.at = NOW + DAY
    assert isinstance(world.send(offer("m-2")).decisions["sqs-0"], Sent)


def test_a_journey_s_own_category_counts_by_itself() -> None:
    world = world_of({**ONE_A_DAY, "reminders.per_day": 1})
    reminder = {"journey": JOURNEY | {"category": "reminders"}}
    report = world.send(offer("m-1"), offer("m-2", **reminder), offer("m-3", **reminder))
    assert [type(each) for each in report.decisions.values()].count(Sent) == 2
    assert (counted(world), counted(world, "reminders")) == (["m-1"], ["m-2"])


def test_a_journey_and_other_marketing_count_together() -> None:
    world = world_of()
    report = world.send(offer("m-1"), offer("m-2", journey=JOURNEY))
    assert isinstance(report.decisions["sqs-1"], Waits)


def test_a_copy_of_a_mail_that_left_is_dropped_and_counts_nothing() -> None:
    world = world_of()
    world.send(offer("m-1"))
    assert world.send(offer("m-1")).decisions == {"sqs-0": Duplicate()}
    world.clock.at = NOW + 9 * DAY
    assert world.send(offer("m-1")).decisions == {"sqs-0": Duplicate()}
    assert counted(world) == []


@pytest.mark.parametrize("caps", [ONE_A_DAY, {"marketing.per_month": 1}])
def test_a_copy_of_a_mail_that_left_is_dropped_though_the_cap_is_reached(caps: Mapping[str, int]) -> None:
    world = world_of(caps)
    world.send(offer("m-1"))
    world.clock.at = NOW + DAY
    world.send(offer("m-2"))
    world.clock.at += timedelta(hours=1)
    assert world.send(offer("m-1")).decisions == {"sqs-0": Duplicate()}


def test_who_may_not_be_mailed_loses_no_slot() -> None:
    world = world_of()
    world.suppress(ANA, Reason.UNSUBSCRIBED, "topic:offers")
    assert world.send(offer("m-1")).decisions["sqs-0"] == Settled(Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert counted(world) == []
    assert isinstance(world.send(offer("m-2", topic="news")).decisions["sqs-0"], Sent)


def test_a_mail_that_is_held_or_conflicts_loses_no_slot() -> None:
    held = world_of(allow=("*@ourcompany.example",))
    held.send(offer("m-1"))
    assert (held.row("m-1").status, counted(held)) == (Status.HELD, [])

    world = world_of({"marketing.per_day": 2})
    world.send(offer("m-1"))
    bo = "bo@example.com"
    assert isinstance(world.send(offer("m-1", to={"email": bo})).decisions["sqs-0"], Refused)
    assert (counted(world), counted(world, email=bo)) == (["m-1"], [])


def test_a_mail_that_ses_does_not_take_now_keeps_its_slot_and_counts_from_when_it_leaves() -> None:
    world = world_of()

    def busy(_: object) -> None:
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")

    world.mailer.on_send = busy
    assert isinstance(world.send(offer("m-1")).decisions["sqs-0"], Later)
    assert counted(world) == ["m-1"]
    world.mailer.on_send = None
    world.clock.at += timedelta(hours=5)
    assert isinstance(world.send(offer("m-1"), offer("m-2")).decisions["sqs-0"], Sent)
    row = world.row("m-2")
    assert (row.reason, row.due) == (Reason.FREQUENCY_CAP, NOW + DAY)
    world.clock.at = NOW + DAY
    world.send_records([world.dispatched("m-2")])
    # The first one left five hours after it was counted.
    assert world.row("m-2").due == NOW + DAY + timedelta(hours=5)


def test_without_rate_a_counted_mail_comes_again_and_is_counted_once() -> None:
    world = world_of()
    world.rate.room, world.rate.shortage = 0, Shortage.TIME
    assert isinstance(world.send(offer("m-1")).decisions["sqs-0"], Later)
    world.rate.room = None
    world.clock.at += timedelta(seconds=20)
    assert isinstance(world.send(offer("m-1")).decisions["sqs-0"], Sent)
    assert counted(world) == ["m-1"]


@pytest.mark.parametrize("what", ["read", "write"])
def test_nothing_leaves_uncounted(what: str) -> None:
    world = world_of()
    world.tallies = Broken(what)
    decision = world.send(offer("m-1")).decisions["sqs-0"]
    assert isinstance(decision, Later)
    assert decision.why is Why.STORE_UNAVAILABLE
    assert world.mailer.mails == []
    assert [type(each) for each in world.errors] == [CapsUnavailableError]
    assert world.ledger.get("m-1") is None


def test_a_claim_whose_mail_can_not_be_counted_anew_is_released() -> None:
    world = world_of()
    world.rate.room = 0
    world.send(offer("m-1"))
    world.rate.room = None
    world.clock.at += timedelta(hours=1)
    standing = world.tallies.standing
    world.tallies = Broken("write")
    world.tallies.standing = standing
    decision = world.send(offer("m-1")).decisions["sqs-0"]
    assert isinstance(decision, Later)
    assert (world.row("m-1").owner, world.mailer.mails) == ("", [])
    world.tallies = MemoryTallies()
    world.tallies.standing = standing
    assert isinstance(world.send(offer("m-1")).decisions["sqs-0"], Sent)
