"""What outlives every function, and ports that stand between them and the queues."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from postroad.account.memory import MemoryAccount
from postroad.bodies.memory import MemoryBodies
from postroad.caps.memory import MemoryTallies
from postroad.circuit.memory import MemoryMappings, MemoryStreamBus, MemorySwitches
from postroad.contacts.memory import MemoryContacts
from postroad.errors import TransientError
from postroad.evidence.memory import MemoryAppliedObjects, MemoryCanaryPatience, MemoryWatermarks
from postroad.evidence.notification import notification_of
from postroad.governor.memory import MemorySlots
from postroad.journeys.memory import MemoryWalks
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.ledger.updating import apply_change
from postroad.outcomes.transition import RowChange
from postroad.records import FIRST_SENT, GENERATION
from postroad.redriving.candidate import Letter
from postroad.redriving.memory import MemoryDeadLetterBox
from postroad.schedule.copies import Copy
from postroad.schedule.memory import MemorySchedule
from postroad.schedule.pointer import Pointer
from postroad.schedule.ports import NotTaken
from postroad.sending.mail import Refusal
from postroad.sending.memory import MemoryAttachments, MemoryHours
from postroad.suppression.memory import MemorySuppressions
from postroad.times import EPOCH, moment
from tests.matrix.gates import Watched
from tests.matrix.ses_stand_in import text_of
from tests.matrix.sqs_queue import SqsQueue

EVENTS = "events"
"""The bucket's name."""


class WatchedLedger(Watched):
    """A ledger whose `apply` is made of reads and writes, each of which may go wrong."""

    def apply(self, message_id: str, change: Callable[[Row], Row | None]) -> Row | None:
        ledger: Any = self
        return apply_change(ledger, message_id, change)

    def insert_many(self, rows: Sequence[Row]) -> Any:  # noqa: ANN401  as the port's own
        return self._many("insert_many", rows)

    def replace_many(self, rows: Sequence[Row]) -> Any:  # noqa: ANN401  as the port's own
        return self._many("replace_many", rows)

    def _many(self, method: str, rows: Sequence[Row]) -> Any:  # noqa: ANN401  as the port's own
        """Never raise a TransientError: each row has an outcome of its own."""
        try:
            # The gate can see the rows: `bulk_gates` parts them.
            return self.gate(f"{self.port}.{method}", partial(getattr(self.inner, method), rows))
        except TransientError as error:
            return [error] * len(rows)


class StreamedLedger(MemoryLedger):
    """A ledger with the table's stream: every write that took effect, with the rows before and after."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[RowChange] = []

    def insert(self, row: Row) -> Row | None:
        before = self.get(row.message_id)
        standing = super().insert(row)
        self._note(row.message_id, before)
        return standing

    def replace(self, row: Row, *, expected: int) -> bool:
        before = self.get(row.message_id)
        done = super().replace(row, expected=expected)
        self._note(row.message_id, before)
        return done

    def _note(self, message_id: str, before: Row | None) -> None:
        after = self.get(message_id)
        if after != before:
            number = str(len(self.changes))
            event_id = f"event-{number}"
            self.changes.append(
                RowChange(sequence_number=number, event_id=event_id, at=EPOCH, before=before, after=after)
            )


@dataclass
class Stores:
    """What outlives every function, each as it is."""

    ledger: StreamedLedger = field(default_factory=StreamedLedger)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    schedule: MemorySchedule = field(default_factory=MemorySchedule)
    suppressions: MemorySuppressions = field(default_factory=MemorySuppressions)
    attachments: MemoryAttachments = field(default_factory=MemoryAttachments)
    switches: MemorySwitches = field(default_factory=MemorySwitches)
    mappings: MemoryMappings = field(default_factory=MemoryMappings)
    bus: MemoryStreamBus = field(default_factory=MemoryStreamBus)
    account: MemoryAccount = field(default_factory=MemoryAccount)
    slots: MemorySlots = field(default_factory=MemorySlots)
    watermarks: MemoryWatermarks = field(default_factory=MemoryWatermarks)
    applied: MemoryAppliedObjects = field(default_factory=MemoryAppliedObjects)
    patience: MemoryCanaryPatience = field(default_factory=MemoryCanaryPatience)
    tallies: MemoryTallies = field(default_factory=MemoryTallies)
    walks: MemoryWalks = field(default_factory=MemoryWalks)
    contacts: MemoryContacts = field(default_factory=MemoryContacts)
    hours: MemoryHours = field(default_factory=MemoryHours)

    def rows(self) -> list[Row]:
        """Return every row."""
        return self.ledger.rows()

    def changes(self) -> list[RowChange]:
        """Return what the table's stream brought."""
        return self.ledger.changes

    def pointers(self) -> list[Pointer]:
        """Return every pointer, as dispatch pops them."""
        return self.schedule.all()


@dataclass
class CopiesOnQueue:
    """The stream's queue as dispatch fills it."""

    queue: SqsQueue

    def depth(self) -> int:
        return self.queue.depth()

    def send(self, copies: Sequence[Copy]) -> Mapping[int, NotTaken]:
        for copy in copies:
            first_sent = moment(int(copy.attributes[FIRST_SENT]))
            self.queue.send(
                copy.body,
                delay=timedelta(seconds=copy.delay_seconds),
                first_sent=first_sent,
                generation=int(copy.attributes[GENERATION]),
            )
        return {}


@dataclass
class BodiesOnQueue:
    """The stream's queue as an operator fills it."""

    queue: SqsQueue

    def put(self, body: str, *, first_sent: datetime | None) -> None:
        self.queue.send(body, first_sent=first_sent)


@dataclass
class NoticesOnQueue:
    """The queue on which `feedback` hears of objects."""

    queue: SqsQueue

    def send(self, keys: Sequence[str], *, now: datetime) -> None:
        for key in keys:
            self.queue.send(text_of(notification_of(EVENTS, key, now)))


@dataclass
class DeadLetterQueue:
    """The stream's dead letters as `send` fills them and an operator finds them."""

    box: MemoryDeadLetterBox = field(default_factory=MemoryDeadLetterBox)
    copies: int = 0

    def copy(self, refusal: Refusal) -> None:
        record = refusal.record
        self.add(record.body, refusal.reason.value, record.first_sent, refusal.field, refusal.detail)

    def add(self, body: str, reason: str, first_sent: datetime, field: str = "", detail: str = "") -> None:
        """Let a letter lie there."""
        self.copies += 1
        sqs_id = f"dead-{self.copies}"
        self.box.letters[sqs_id] = Letter(
            sqs_id=sqs_id,
            receipt=f"receipt-{self.copies}",
            body=body,
            reason=reason,
            field=field,
            detail=detail,
            first_sent=first_sent,
        )

    def bodies(self) -> list[str]:
        return [letter.body for letter in self.box.letters.values()]
