"""Entries onto an SQS queue, ten a request, until each is taken or can't be."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from postroad.batches import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchResultTypeDef
    from mypy_boto3_ssm import SSMClient

    from postroad.enqueueing.entry import Entry

ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_UNANSWERED = (HTTPClientError, NoConnectionError)


@dataclass(slots=True)
class Delivery:
    """What became of the entries, by their index: SQS's message id, or why it is not on the queue."""

    taken: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


def make_client() -> SQSClient:
    """Make a client from the environment."""
    import boto3  # noqa: PLC0415 - it takes long, and most bring a client of their own

    return boto3.client("sqs")


def find_queue(parameter: str, ssm: SSMClient | None) -> str:
    """Return the URL of a queue by the SSM parameter that holds it.

    Raises LookupError where there is no such parameter.
    """
    if ssm is None:
        import boto3  # noqa: PLC0415 - as above

        ssm = boto3.client("ssm")
    try:
        return ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound as error:
        raise LookupError(
            f"no SSM parameter {parameter} in this account and Region; check stage and deployment"
        ) from error


def send_entries(
    client: SQSClient, queue_url: str, entries: Sequence[Entry], *, pause: Callable[[float], object]
) -> Delivery:
    """Send all; what SQS did not take for now is tried again after a pause (seconds), six times in all.

    An error that the next batch would meet as well ends the whole. Repeating is safe: a message that SQS took
    although its answer was lost is dropped as a duplicate when it is sent.
    """
    delivery = Delivery()
    why = ""
    for batch in split(entries):
        if not why:
            why = _send_batch(client, queue_url, batch, delivery, pause)
        for entry in batch:
            if entry.index not in delivery.taken:
                delivery.refused.setdefault(entry.index, why)
    return delivery


def _send_batch(
    client: SQSClient,
    queue_url: str,
    batch: list[Entry],
    delivery: Delivery,
    pause: Callable[[float], object],
) -> str:
    """Send one batch; return why no further one need be tried, or an empty text."""
    waiting, why = batch, ""
    for attempt in range(ATTEMPTS):
        if attempt:
            _wait(attempt, pause)
        try:
            answer = client.send_message_batch(
                QueueUrl=queue_url,
                Entries=[{"Id": str(entry.index), "MessageBody": entry.body} for entry in waiting],
            )
        except (ClientError, BotoCoreError) as error:
            why = _describe(error)
            if not _may_pass(error):
                return why
            continue
        why = _record(answer, delivery)
        waiting = [
            entry
            for entry in waiting
            if entry.index not in delivery.taken and entry.index not in delivery.refused
        ]
        if not waiting:
            return ""
    return why


def _record(answer: SendMessageBatchResultTypeDef, delivery: Delivery) -> str:
    """Note what was taken and what never will be; return why the rest was not taken this time."""
    why = ""
    for taken in answer.get("Successful", []):
        delivery.taken[int(taken["Id"])] = taken["MessageId"]
    for failed in answer.get("Failed", []):
        why = f"SQS refused it: {failed['Code']}"
        if failed["SenderFault"]:
            delivery.refused[int(failed["Id"])] = why
    return why


def _describe(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return f"SQS refused the request: {error.response['Error']['Code']}"
    if isinstance(error, _UNANSWERED):
        return f"SQS did not answer: {type(error).__name__}"
    return f"the request could not be made: {type(error).__name__}"


def _may_pass(error: ClientError | BotoCoreError) -> bool:
    if not isinstance(error, ClientError):
        return isinstance(error, _UNANSWERED)
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Throttl" in error.response["Error"]["Code"]


def _wait(attempt: int, pause: Callable[[float], object]) -> None:
    ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
    pause(random.uniform(ceiling / 2, ceiling))  # noqa: S311 - spreads retries; no secret depends on it
