"""Objects of SES's events as Firehose writes them, and the records that tell of them, for tests."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from postroad.clock import FixedClock
from postroad.contract.tags import ATTEMPT_TAG, CANARY_TAG, MESSAGE_TAG, encode_tag
from postroad.contract.words import Status
from postroad.evidence.memory import MemoryAppliedObjects, MemoryEventObjects, MemoryWatermarks
from postroad.evidence.notification import notification_of
from postroad.feedback.intake import Feedback
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.observability import Counts
from postroad.records import Record
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import HistoryEntry, ScopeEntry

BUCKET = "postroad-prod-events"
KEY = "events/2026/11/22/14/s-1-2026-11-22-14-03-11-a b"
T0 = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
STREAM = "transactional"


class World(Protocol):
    """What conftest.py's fixture gives."""

    ledger: MemoryLedger
    suppressions: MemorySuppressions
    objects: MemoryEventObjects
    applied: MemoryAppliedObjects
    watermarks: MemoryWatermarks
    clock: FixedClock
    counts: Counts
    log: Any
    events_at_once: int
    threads: int

    @property
    def feedback(self) -> Feedback: ...
    def entry(self, email: str) -> ScopeEntry | None: ...
    def history(self, email: str) -> list[HistoryEntry]: ...


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def event(
    kind: str,
    message: str,
    *,
    attempt: int = 1,
    sent: datetime = T0,
    part: dict[str, Any] | None = None,
    stream: str = STREAM,
) -> dict[str, Any]:
    name = {"Bounce": "bounce", "Delivery": "delivery", "Send": "send", "Open": "open"}[kind]
    return {
        "eventType": kind,
        name: part or {},
        "mail": {
            "timestamp": sent.isoformat(),
            "messageId": f"ses-{message}-{attempt}",
            "tags": {
                "ses:configuration-set": [f"postroad-prod-{stream}"],
                MESSAGE_TAG: [encode_tag(message)],
                ATTEMPT_TAG: [str(attempt)],
            },
        },
    }


def send(message: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401  passed on
    return event("Send", message, **options)


def delivery(message: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401  passed on
    part = {"timestamp": at(3).isoformat(), "recipients": [f"{message}@example.com"]}
    return event("Delivery", message, part=part, **options)


def hard_bounce(message: str) -> dict[str, Any]:
    part = {
        "timestamp": at(4).isoformat(),
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "feedbackId": f"feedback-{message}",
        "bouncedRecipients": [{"emailAddress": f"{message}@example.com"}],
    }
    return event("Bounce", message, part=part)


def canary(sent: datetime) -> dict[str, Any]:
    mail = send("x", sent=sent)
    mail["mail"]["tags"] = {"ses:configuration-set": [f"postroad-prod-{STREAM}"], CANARY_TAG: ["1"]}
    return mail


def told(*keys: str, sqs_id: str = "sqs-1") -> Record:
    body: dict[str, Any] = {"Records": []}
    for key in keys or (KEY,):
        records: Any = notification_of(BUCKET, key, T0)["Records"]
        body["Records"] += records
    return Record(sqs_id, "receipt", json.dumps(body), T0, 1)


def by_itself(said: dict[str, Any], sqs_id: str = "sns-1") -> Record:
    return Record(sqs_id, "receipt", json.dumps(said), T0, 1)


def store(world: World, *events: dict[str, Any] | bytes, key: str = KEY) -> None:
    parts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events]
    world.objects.objects[key] = gzip.compress(b"".join(parts))


def claimed(message: str, **fields: Any) -> Row:  # noqa: ANN401  the row's own fields
    row = Row(
        message_id=message,
        status=Status.CLAIMED,
        stream=STREAM,
        attempt=1,
        owner="someone",
        lease_until=at(60),
    )
    return replace(row, **fields)


def status(world: World, message: str) -> Status:
    row = world.ledger.get(message)
    assert row is not None
    return row.status
