from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

from aws_lambda_powertools import Logger

from postroad.contract.words import Status
from postroad.ledger.row import Row
from postroad.observability import Counts, Metric
from postroad.outcomes.memory import MemoryBus
from postroad.outcomes.publishing import Outcomes
from postroad.outcomes.transition import RowChange, UnreadableChange

AT = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)


class World:
    def __init__(self) -> None:
        self.bus, self.counts, self.log = MemoryBus(), Counts("test"), StringIO()
        # Powertools keeps one logger, with its stream, for each service word.
        logger = Logger(service=f"outcomes-{uuid4().hex}", stream=self.log)
        self.outcomes = Outcomes(
            bus=self.bus, publishes={"transactional": ("bounced",)}, counts=self.counts, logger=logger
        )


def bounced(number: int) -> RowChange:
    row = Row(message_id=f"m-{number}", status=Status.BOUNCED, stream="transactional", email="a@example.com")
    sent = replace(row, status=Status.SENT)
    return RowChange(sequence_number=str(number), event_id=f"e-{number}", at=AT, before=sent, after=row)


def test_every_transition_is_published_in_order_and_counted() -> None:
    world = World()
    assert world.outcomes.publish([bounced(1), bounced(2)]) is None
    assert [result.message_id for result in world.bus.results] == ["m-1", "m-2"]
    assert world.counts.of(Metric.RESULTS_PUBLISHED, "transactional") == 2
    assert world.log.getvalue() == ""


def test_nothing_to_publish_asks_the_bus_for_nothing() -> None:
    world = World()
    assert world.outcomes.publish([replace(bounced(1), after=None)]) is None
    assert len(world.bus) == 0


def test_the_first_refused_is_where_lambda_goes_on() -> None:
    world = World()
    world.bus.refuses = {"m-2"}
    quiet = replace(bounced(9), after=None)
    assert world.outcomes.publish([quiet, bounced(1), quiet, bounced(2), bounced(3)]) == "2"
    assert [result.message_id for result in world.bus.results] == ["m-1"]
    assert world.counts.of(Metric.RESULTS_PUBLISHED, "transactional") == 1


def test_a_replay_gives_the_same_results() -> None:
    world = World()
    world.bus.refuses = {"m-2"}
    world.outcomes.publish([bounced(1), bounced(2)])
    world.bus.refuses = set()
    world.outcomes.publish([bounced(1), bounced(2)])
    assert [result.id for result in world.bus.results] == ["e-1", "e-1", "e-2"]


def test_what_stands_before_an_unreadable_row_is_published() -> None:
    world = World()
    assert world.outcomes.publish([bounced(1), UnreadableChange("2", "KeyError"), bounced(3)]) == "2"
    assert [result.message_id for result in world.bus.results] == ["m-1"]
    assert '"problem":"KeyError"' in world.log.getvalue()


def test_a_refusal_before_an_unreadable_row_counts_first() -> None:
    world = World()
    world.bus.refuses = {"m-1"}
    assert world.outcomes.publish([bounced(1), UnreadableChange("2", "KeyError")]) == "1"
    assert "@" not in world.log.getvalue()


def sent_twice(number: int) -> RowChange:
    change = bounced(number)
    before = replace(change.before, ses_ids={"1": "ses-1"}) if change.before else None
    after = replace(change.after, ses_ids={"1": "ses-1", "2": "ses-2"}) if change.after else None
    return replace(change, before=before, after=after)


def test_a_mail_that_left_twice_is_counted_and_told_with_its_ids() -> None:
    world = World()
    assert world.outcomes.publish([bounced(1), sent_twice(2)]) is None
    assert world.counts.of(Metric.DUPLICATES, "transactional") == 1
    assert '"message_id":"m-2"' in world.log.getvalue()
    assert "ses-2" in world.log.getvalue()
    assert "@" not in world.log.getvalue()


def test_a_second_id_that_was_known_already_is_not_counted_again() -> None:
    world = World()
    known = sent_twice(1)
    world.outcomes.publish([replace(known, before=known.after), replace(known, before=None, after=None)])
    assert world.counts.of(Metric.DUPLICATES, "transactional") == 0


def test_what_is_read_again_is_counted_then() -> None:
    world = World()
    world.bus.refuses = {"m-1"}
    assert world.outcomes.publish([sent_twice(1), sent_twice(2)]) == "1"
    assert world.counts.of(Metric.DUPLICATES, "transactional") == 0

    world.bus.refuses = set()
    assert world.outcomes.publish([sent_twice(1), sent_twice(2)]) is None
    assert world.counts.of(Metric.DUPLICATES, "transactional") == 2


def test_a_mail_that_left_twice_is_counted_though_a_later_row_can_not_be_read() -> None:
    world = World()
    assert world.outcomes.publish([sent_twice(1), UnreadableChange("2", "KeyError")]) == "2"
    assert world.counts.of(Metric.DUPLICATES, "transactional") == 1
