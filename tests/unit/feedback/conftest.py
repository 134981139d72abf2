import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from postroad.clock import FixedClock
from postroad.contract.address import parse_address
from postroad.contract.words import Status
from postroad.evidence.following import Following
from postroad.evidence.memory import MemoryAppliedObjects, MemoryEventObjects, MemoryWatermarks
from postroad.feedback.applying import Applying
from postroad.feedback.intake import Feedback
from postroad.feedback.objects import EventObjectIntake
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.observability import Counts
from postroad.suppression.address_key import address_key
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, HistoryEntry, ScopeEntry

BUCKET = "postroad-prod-events"
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
SECRET = b"a secret of the tests, long enough."
EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture
def payload() -> Callable[[str], dict[str, Any]]:
    """Read a payload of tests/events by its file's name, as a fresh copy each time."""

    def read(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
        return event

    return read


@dataclass
class FeedbackWorld:
    """The use case over fakes, with what it wrote to the log."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    suppressions: MemorySuppressions = field(default_factory=MemorySuppressions)
    counts: Counts = field(default_factory=lambda: Counts("test"))
    log: StringIO = field(default_factory=StringIO)

    objects: MemoryEventObjects = field(default_factory=MemoryEventObjects)
    applied: MemoryAppliedObjects = field(default_factory=MemoryAppliedObjects)
    watermarks: MemoryWatermarks = field(default_factory=MemoryWatermarks)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    events_at_once: int = 2_000
    threads: int = 4

    @property
    def feedback(self) -> Feedback:
        # Powertools keeps one logger, with its stream, for each service word.
        logger = Logger(service=f"feedback-{uuid4().hex}", stream=self.log)
        applying = Applying(
            ledger=self.ledger,
            suppressions=self.suppressions,
            address_secret=SECRET,
            counts=self.counts,
            logger=logger,
            threads=self.threads,
        )
        return Feedback(
            applying=applying,
            objects=EventObjectIntake(
                stage="prod",
                objects=self.objects,
                applied=self.applied,
                applying=applying,
                counts=self.counts,
                logger=logger,
                events_at_once=self.events_at_once,
            ),
            following=Following(objects=self.objects, applied=self.applied, watermarks=self.watermarks),
            bucket=BUCKET,
            clock=self.clock,
            counts=self.counts,
            logger=logger,
        )

    def entry(self, email: str) -> ScopeEntry | None:
        key = address_key(SECRET, parse_address(email).canonical)
        suppression = self.suppressions.find([key]).get(key)
        return None if suppression is None else suppression.scopes[ALL_STREAMS]

    def history(self, email: str) -> list[HistoryEntry]:
        return self.suppressions.history(address_key(SECRET, parse_address(email).canonical))


@pytest.fixture
def world() -> FeedbackWorld:
    return FeedbackWorld()


@pytest.fixture
def sent_row() -> Row:
    """Return the row of the message that the payloads are about, as `send` marked it."""
    return Row(
        message_id="order-1042-confirmation",
        status=Status.SENT,
        stream="transactional",
        attempt=1,
        ses_ids={"1": "0100019e1f2a3b4c-5d6e7f80-1a2b-4c3d-8e9f-0123456789ab-000000"},
        times={"sent": datetime(2026, 11, 22, 14, 3, 12, 530000, UTC)},
        expires_at=datetime(2027, 1, 22, tzinfo=UTC),
    )
