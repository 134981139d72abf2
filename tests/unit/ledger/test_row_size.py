"""What a row weighs: past 1,024 bytes each of its writes costs twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bench.units import item_bytes, write_units
from postroad.contract.words import BounceKind, Status
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.folding import fold
from postroad.ledger.item import to_item
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from tests.sending_world import NOW, World, make_message

USUAL_BYTES = 900
MESSAGE = make_message(
    "order-1042-confirmation",
    to={"email": "ana.ruiz@example.com", "name": "Ana Ruiz"},
    locale="es-CO",
    topic="product_updates",
    tags={"order": "1042", "shop": "bogota", "campaign": "november-2026"},
)
SES_ID = "0100019e1f2a3b4c-5d6e7f80-1a2b-4c3d-8e9f-0123456789ab-000000"
AWS_REQUEST_ID = "8f6a0f5e-2f57-5d0c-9a3e-5c1f6d7e8a90"
EXPLANATION = (
    "smtp; 452 4.2.2 The recipient's inbox is out of storage space. Learn more at https://example.com/q"
)


class Remembering(MemoryLedger):
    """Keeps every state that a row went through."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Row] = []

    def insert(self, row: Row) -> Row | None:
        self.written.append(row)
        return super().insert(row)

    def replace(self, row: Row, *, expected: int) -> bool:
        self.written.append(row)
        return super().replace(row, expected=expected)


def event(
    kind: EventKind, seconds: float = 2, *, bounce: BounceKind | None = None, link: str = ""
) -> FeedbackEvent:
    return FeedbackEvent(
        kind=kind,
        at=NOW + timedelta(seconds=seconds),
        accepted_at=NOW + timedelta(seconds=1),
        ses_message_id=SES_ID,
        message_id=MESSAGE["message_id"],
        attempt=1,
        recipient="ana.ruiz@example.com",
        bounce=bounce,
        word="MailboxFull" if bounce else "",
        explanation=EXPLANATION if bounce else "",
        link=link,
    )


def clicks(seconds: float, links: int) -> list[FeedbackEvent]:
    return [event(EventKind.CLICK, seconds + one / 8, link=f"Link-{one}") for one in range(links)]


@pytest.fixture
def written() -> list[Row]:
    """Return the rows that sending one usual message writes, with ids as long as AWS's."""
    ledger = Remembering()
    world = World(ledger=ledger)
    world.send(MESSAGE)
    claimed, sent = ledger.written
    assert (claimed.status, sent.status) == (Status.CLAIMED, Status.SENT)
    return [replace(claimed, owner=AWS_REQUEST_ID), replace(sent, ses_ids={"1": SES_ID})]


@pytest.mark.parametrize(
    "events",
    [
        [],
        [event(EventKind.DELIVERY)],
        [event(EventKind.DELIVERY_DELAY), event(EventKind.BOUNCE, bounce=BounceKind.SOFT)],
        [event(EventKind.DELIVERY), event(EventKind.OPEN), event(EventKind.COMPLAINT)],
        [
            event(EventKind.DELIVERY),
            event(EventKind.OPEN),
            *clicks(43, 5),
            event(EventKind.OPEN, 3_600),
            *clicks(3_700, 1),
        ],
    ],
)
def test_each_write_of_a_usual_row_is_one_unit_and_under_900_bytes(
    written: list[Row], events: list[FeedbackEvent]
) -> None:
    sizes = [0]
    for row in [*written, fold(written[-1], events).after]:
        sizes.append(item_bytes(to_item(row)))
        assert write_units(*sizes[-2:]) == 1
    assert max(sizes) < USUAL_BYTES
    assert sizes[1] > USUAL_BYTES / 4  # it is the whole row that was weighed
