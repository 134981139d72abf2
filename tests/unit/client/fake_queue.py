"""An SQS queue that answers as a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/postroad-prod-transactional"

Answer = dict[str, Any]
Entries = list[dict[str, str]]
Reply = Callable[[Entries], Answer]


def success(entries: Entries) -> Answer:
    return {"Successful": [{"Id": entry["Id"], "MessageId": f"sqs-{entry['Id']}"} for entry in entries]}


class Queue:
    """Answers SendMessageBatch as it is told to, then takes everything. Holds SQS to its limits."""

    def __init__(self) -> None:
        self.answers: list[Reply] = []
        self.requests: list[Entries] = []
        self.bodies: list[dict[str, Any]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: Entries) -> Answer:  # noqa: N803 - boto3's names
        assert QueueUrl == QUEUE
        assert 1 <= len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        assert sum(len(entry["MessageBody"].encode()) for entry in Entries) <= 1024 * 1024
        self.requests.append(Entries)
        answer = (self.answers.pop(0) if self.answers else success)(Entries)
        taken = {one["Id"] for one in answer.get("Successful", [])}
        self.bodies.extend(json.loads(entry["MessageBody"]) for entry in Entries if entry["Id"] in taken)
        return answer


def refuse(code: str, status: int) -> Reply:
    metadata: Any = {"HTTPStatusCode": status}

    def answer(_entries: Entries) -> Answer:
        raise ClientError(
            {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata}, "SendMessageBatch"
        )

    return answer
