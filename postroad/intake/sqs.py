"""The queue of journeys, in SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.intake.errors import NotQueuedError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """A `Queue` over SQS. Needs sqs:SendMessage."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """Put events on this queue."""
        self._client = client
        self._queue_url = queue_url

    def put(self, body: str) -> None:
        """Put an event on the queue; see `Queue.put`."""
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except ClientError as error:
            raise NotQueuedError(f"SQS refused: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise NotQueuedError(f"SQS didn't answer: {type(error).__name__}") from error
