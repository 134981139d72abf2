import copy
import json
from pathlib import Path
from typing import Any

import pytest

from postroad.contract.words import Status
from postroad.outcomes.dynamodb import decode_changes
from postroad.outcomes.transition import RowChange, UnreadableChange

BATCH = json.loads((Path(__file__).parents[2] / "events" / "dynamodb_messages_batch.json").read_text("utf-8"))


@pytest.fixture
def batch() -> dict[str, Any]:
    copied: dict[str, Any] = copy.deepcopy(BATCH)
    return copied


def test_images_become_rows(batch: dict[str, Any]) -> None:
    changes = [change for change in decode_changes(batch) if isinstance(change, RowChange)]
    statuses = [
        (change.before and change.before.status, change.after and change.after.status) for change in changes
    ]
    assert statuses == [
        (None, Status.CLAIMED),
        (Status.CLAIMED, Status.SENT),
        (Status.SENT, Status.BOUNCED),
        (Status.BOUNCED, None),
    ]
    assert changes[0].event_id == batch["Records"][0]["eventID"]
    assert changes[0].sequence_number == batch["Records"][0]["dynamodb"]["SequenceNumber"]
    assert changes[0].at.isoformat() == "2026-11-22T14:03:12+00:00"


def test_items_that_are_no_rows_are_left_out(batch: dict[str, Any]) -> None:
    batch["Records"][0]["dynamodb"]["Keys"]["sk"] = {"S": "something else"}
    assert len(decode_changes(batch)) == 3


@pytest.mark.parametrize(
    "image",
    [
        {},
        {"pk": {"S": "m"}, "status": {"S": "curious"}},
        {"pk": {"N": "7"}, "status": {"S": "sent"}},
        {"pk": {"S": "m"}, "status": {"S": "sent"}, "ttl": {"N": "9" * 30}},
    ],
)
def test_an_image_that_is_no_row_keeps_its_place(batch: dict[str, Any], image: dict[str, Any]) -> None:
    if image:
        batch["Records"][1]["dynamodb"]["NewImage"] = image
    else:
        del batch["Records"][1]["dynamodb"]["NewImage"]
    second = decode_changes(batch)[1]
    assert isinstance(second, UnreadableChange)
    assert second.sequence_number == batch["Records"][1]["dynamodb"]["SequenceNumber"]
