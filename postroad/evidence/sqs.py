"""Telling `feedback` of objects again, in the words of S3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from postroad.evidence.aws_errors import asking
from postroad.evidence.errors import EvidenceUnavailableError
from postroad.evidence.notification import notification_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_sqs import SQSClient

MOST_IN_BATCH = 10


class SqsNotices:
    """`Notices` on the queue that S3 tells of new objects."""

    def __init__(self, client: SQSClient, queue_url: str, *, bucket: str) -> None:
        """Use this low-level client; the objects lie in `bucket`."""
        self._client = client
        self._queue_url = queue_url
        self._bucket = bucket

    def send(self, keys: Sequence[str], *, now: datetime) -> None:
        """Put one notification for each key on the queue."""
        for start in range(0, len(keys), MOST_IN_BATCH):
            with asking("SQS"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {"Id": str(place), "MessageBody": json.dumps(notification_of(self._bucket, key, now))}
                        for place, key in enumerate(keys[start : start + MOST_IN_BATCH])
                    ],
                )
            if refused := answer.get("Failed"):
                raise EvidenceUnavailableError(f"SQS refused: {refused[0]['Code']}")
