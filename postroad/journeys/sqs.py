"""Where a walk's messages and notices go: a stream's queue in SQS, and the bus in EventBridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.batches import split
from postroad.contract.notice import NOTICE
from postroad.contract.result import RESULT_SOURCE
from postroad.journeys.errors import NotDoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

ATTEMPTS = 3
FOREVER = frozenset({"InvalidMessageContents", "InvalidParameterValue", "MessageTooLong"})
"""Codes of a single message that another try would meet as well, as `postroad.schedule.sqs` has them."""


@dataclass(frozen=True, slots=True)
class _Body:
    text: str
    size: int


class SqsOutlet:
    """An `Outlet` onto a queue. Needs sqs:SendMessage."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """Use this client, which threads may share, and this queue."""
        self._client = client
        self._queue_url = queue_url

    def put(self, bodies: Sequence[str]) -> list[str]:
        """Put these on the queue, ten a request; see `Outlet.put`."""
        refused: list[str] = []
        for batch in split(_Body(text, len(text.encode())) for text in bodies):
            refused += self._put([body.text for body in batch])
        return refused

    def _put(self, waiting: list[str]) -> list[str]:
        refused: list[str] = []
        for _ in range(ATTEMPTS):
            failed = self._send(waiting)
            refused += [f"SQS takes it never: {code}" for code in failed.values() if code in FOREVER]
            waiting = [waiting[place] for place, code in failed.items() if code not in FOREVER]
            if not waiting:
                return refused
        raise NotDoneError("SQS kept refusing a message; try again")

    def _send(self, bodies: Sequence[str]) -> dict[int, str]:
        """Send one batch; return the codes of those that were not taken, by their place."""
        try:
            answer = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)],
            )
        except ClientError as error:
            raise NotDoneError(f"SQS refused: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise NotDoneError(f"SQS didn't answer: {type(error).__name__}") from error
        return {int(failed["Id"]): failed["Code"] for failed in answer.get("Failed", [])}


class BusOutlet:
    """An `Outlet` onto the bus. Needs events:PutEvents."""

    def __init__(self, client: EventBridgeClient, bus_name: str) -> None:
        """Use this client, which threads may share, and the bus of this name."""
        self._client = client
        self._bus_name = bus_name

    def put(self, bodies: Sequence[str]) -> list[str]:
        """Put these on the bus, ten a request; see `Outlet.put`.

        PutEvents takes 256 KB in one request: all that one walk decides at once is less.
        """
        for batch in split(_Body(text, len(text.encode())) for text in bodies):
            self._put([body.text for body in batch])
        return []

    def _put(self, waiting: list[str]) -> None:
        for _ in range(ATTEMPTS):
            entries: list[Any] = [
                {
                    "EventBusName": self._bus_name,
                    "Source": RESULT_SOURCE,
                    "DetailType": NOTICE,
                    "Detail": body,
                }
                for body in waiting
            ]
            try:
                answer = self._client.put_events(Entries=entries)
            except ClientError as error:
                raise NotDoneError(f"EventBridge refused: {error.response['Error']['Code']}") from error
            except BotoCoreError as error:
                raise NotDoneError(f"EventBridge didn't answer: {type(error).__name__}") from error
            waiting = [
                body for body, entry in zip(waiting, answer["Entries"], strict=True) if entry.get("ErrorCode")
            ]
            if not waiting:
                return
        raise NotDoneError("EventBridge kept refusing an event; try again")
