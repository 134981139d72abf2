from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from postroad.client import Outbox
from tests.unit.client.fake_queue import QUEUE, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def outbox(queue: Queue, pauses: list[float]) -> Outbox:
    entropy = iter(range(100_000))
    return Outbox(
        QUEUE,
        "transactional",
        cast("SQSClient", queue),
        now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
        entropy=lambda size: next(entropy).to_bytes(size),
        pause=pauses.append,
    )


@pytest.fixture
def mail() -> dict[str, Any]:
    return {
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com"},
        "data": {"order_id": "1042"},
    }
