"""What must hold of every run, whatever happened in it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.ledger.row import UNSETTLED, Row
from postroad.observability import Metric

if TYPE_CHECKING:
    from tests.matrix.whole import Whole

TAKEN_BY_SES = frozenset(
    {
        Status.SENT,
        Status.DELAYED,
        Status.DELIVERED,
        Status.BOUNCED,
        Status.COMPLAINED,
        Status.REJECTED,
    }
)


@dataclass(frozen=True)
class Place:
    """Where a message is seen at the end of a run."""

    where: str
    row: Row | None


def place_of(whole: "Whole", message_id: str) -> Place:
    """Say where the message can be seen; `lost` if nowhere."""
    row = whole.stores.ledger.get(message_id)
    if row is not None and row.status not in UNSETTLED:
        return Place(row.status.value, row)
    if row is not None and row.status is Status.HELD:
        # One whose body is gone is seen as well, and says so; any other must have it.
        if row.reason == Reason.BODY_LOST:
            return Place("held without its body", row)
        return Place("held" if whole.keeps_body(row) else "lost", row)
    if any(_is_of(body, message_id) for body in whole.queue.bodies()):
        return Place("queue", row)
    if any(_is_of(body, message_id) for body in whole.letters.bodies()):
        return Place("dead letters", row)
    if row is not None and whole.has_pointer(row) and whole.keeps_body(row):
        return Place("schedule", row)
    return Place("lost", row)


def _is_of(body: str, message_id: str) -> bool:
    try:
        found = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("message_id") == message_id


def surplus(whole: "Whole") -> int:
    """Return how many mails left that should not have: all but one of each message."""
    return sum(max(0, count - 1) for count in whole.ses.accepted().values())


def check_nothing_lost(whole: "Whole") -> None:
    for message_id in whole.enqueued:
        place = place_of(whole, message_id)
        assert place.where != "lost", f"{message_id} is lost: {place.row}\n{whole.story()}"
        _check_that_the_row_is_true(whole, message_id, place)


def _check_that_the_row_is_true(whole: "Whole", message_id: str, place: Place) -> None:
    row = place.row
    if row is None:
        assert whole.ses.accepted()[message_id] == 0, f"{message_id} left without a row\n{whole.story()}"
        return
    ids = {str(taken.attempt): taken.ses_id for taken in whole.ses.mails_of(message_id)}
    for attempt, ses_id in row.ses_ids.items():
        assert ids.get(attempt) == ses_id, f"an id that SES never gave: {row}\n{whole.story()}"
    if row.status in TAKEN_BY_SES:
        assert ids, f"{message_id} is {row.status} and never left\n{whole.story()}"
    elif row.status not in UNSETTLED and not whole.ses.is_untold(message_id):
        assert not ids, f"{message_id} is {row.status} and did leave\n{whole.story()}"


def check_nothing_twice(whole: "Whole") -> None:
    assert surplus(whole) == 0, f"twice: {whole.ses.accepted()}\n{whole.story()}"
    assert whole.counted(Metric.DUPLICATES) == 0, whole.story()
    attempts = [(taken.message_id, taken.attempt) for taken in whole.ses.taken if taken.message_id]
    assert len(attempts) == len(set(attempts)), f"one attempt, two requests\n{whole.story()}"


def check_what_left_twice_was_counted(whole: "Whole") -> None:
    assert whole.counted(Metric.DUPLICATES) == surplus(whole), whole.story()


def check_all(whole: "Whole") -> None:
    """Check what holds wherever the watermark tells the truth."""
    check_nothing_lost(whole)
    check_nothing_twice(whole)
