"""A stream's queue in SQS, as dispatch fills it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.schedule.copies import TYPE
from postroad.schedule.errors import QueueUnavailableError
from postroad.schedule.ports import NotTaken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from postroad.schedule.copies import Copy

DEPTHS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
FOREVER = frozenset({"InvalidMessageContents", "InvalidParameterValue", "MessageTooLong"})
"""Codes of a single message that another try would meet as well. `SenderFault` says less: SQS sets it also
where its key service asks for less."""


class SqsStreamQueue:
    """A `StreamQueue`. Needs sqs:SendMessage and sqs:GetQueueAttributes."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """Use this client, which threads may share, and this queue."""
        self._client = client
        self._queue_url = queue_url

    def depth(self) -> int:
        """Return how many messages are on the queue, as far as SQS knows."""
        with _asking():
            answer = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=DEPTHS)
        return sum(int(answer["Attributes"][name]) for name in DEPTHS)

    def send(self, copies: Sequence[Copy]) -> Mapping[int, NotTaken]:
        """Put one batch on the queue; return those that it did not take."""
        with _asking():
            answer = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[_entry(place, copy) for place, copy in enumerate(copies)],
            )
        return {
            int(failed["Id"]): NotTaken(failed["Code"], forever=failed["Code"] in FOREVER)
            for failed in answer.get("Failed", [])
        }


def _entry(place: int, copy: Copy) -> SendMessageBatchRequestEntryTypeDef:
    return {
        "Id": str(place),
        "MessageBody": copy.body,
        "DelaySeconds": copy.delay_seconds,
        "MessageAttributes": {
            name: {"DataType": TYPE, "StringValue": value} for name, value in copy.attributes.items()
        },
    }


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise QueueUnavailableError(f"SQS refused: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise QueueUnavailableError(f"SQS didn't answer: {type(error).__name__}") from error
