"""SQS as far as it matters here: visibility, receive counts, delays, dead letters, and copies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from postroad.clock import FixedClock
from postroad.records import Record

MOST_RECEIVES = 100
VISIBILITY = timedelta(minutes=6)
BATCH = 10
LONGEST_HIDDEN = timedelta(hours=12)


@dataclass
class Item:
    """One copy on the queue."""

    sqs_id: str
    body: str
    sent_at: datetime
    first_sent: datetime
    visible_at: datetime
    generation: int = 0
    receives: int = 0
    receipt: str = ""

    def record(self) -> Record:
        return Record(
            sqs_id=self.sqs_id,
            receipt=self.receipt,
            body=self.body,
            first_sent=self.first_sent,
            receives=self.receives,
            generation=self.generation,
        )


@dataclass
class SqsQueue:
    """A standard queue with its dead letters."""

    clock: FixedClock
    name: str = "queue"
    visibility: timedelta = VISIBILITY
    items: dict[str, Item] = field(default_factory=dict)
    dead: list[Item] = field(default_factory=list)
    stale_receipts_delete: bool = False
    """What SQS does with a receipt that isn't the latest is up to SQS."""
    received: int = 0
    put: int = 0

    def send(
        self,
        body: str,
        *,
        delay: timedelta = timedelta(),
        first_sent: datetime | None = None,
        generation: int = 0,
    ) -> str:
        """Take one message and return its id."""
        now = self.clock.now()
        self.put += 1
        sqs_id = f"{self.name}-{self.put}"
        first = min(now, first_sent) if first_sent is not None else now
        self.items[sqs_id] = Item(sqs_id, body, now, first, now + delay, generation)
        return sqs_id

    def receive(self, most: int = BATCH) -> list[Record]:
        """Hand out what is visible, and hide it; what was handed out a hundred times is given up."""
        now = self.clock.now()
        found: list[Record] = []
        for item in list(self.items.values()):
            if item.visible_at > now:
                continue
            if item.receives >= MOST_RECEIVES:
                self.dead.append(self.items.pop(item.sqs_id))
                continue
            self.received += 1
            item.receives += 1
            item.receipt = f"{item.sqs_id}/{item.receives}"
            item.visible_at = now + self.visibility
            found.append(item.record())
            if len(found) == most:
                break
        return found

    def receive_again(self, records: Sequence[Record]) -> list[Record]:
        """Hand out once more what somebody has in hand: a standard queue may."""
        for record in records:
            self.items[record.sqs_id].visible_at = self.clock.now()
        return self.receive()

    def delete(self, records: Sequence[Record]) -> None:
        """Forget what these receipts were given for."""
        for record in records:
            item = self.items.get(record.sqs_id)
            if item is not None and (self.stale_receipts_delete or item.receipt == record.receipt):
                del self.items[record.sqs_id]

    def postpone(self, records: Mapping[Record, datetime], *, now: datetime) -> None:
        """Hide each record until its time, as the port of `send` has it."""
        for record, until in records.items():
            item = self.items.get(record.sqs_id)
            if item is not None and item.receipt == record.receipt:
                item.visible_at = min(max(until, now), now + LONGEST_HIDDEN)

    def next_visible(self) -> datetime | None:
        """Return when the next message can be handed out, or None for an empty queue."""
        return min((item.visible_at for item in self.items.values()), default=None)

    def depth(self) -> int:
        """Return what is visible, in flight or delayed."""
        return len(self.items)

    def bodies(self) -> list[str]:
        return [item.body for item in (*self.items.values(), *self.dead)]
