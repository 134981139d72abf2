"""The queue of the stream that mails confirmations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.web.errors import NotMailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient


class SqsMailbox:
    """A `Mailbox` over an SQS queue. Needs sqs:SendMessage."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """Put messages on this queue."""
        self._client = client
        self._queue_url = queue_url

    def put(self, message: Mapping[str, object]) -> None:
        """Put a message on the queue; see `Mailbox.put`."""
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except ClientError as error:
            raise NotMailedError(f"SQS refused: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise NotMailedError(f"SQS didn't answer: {type(error).__name__}") from error
