"""How DynamoDB is asked: its failures come out as the asking store's own errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from postroad.errors import TransientError

CONDITION_FAILED = "ConditionalCheckFailedException"


@contextmanager
def asking(unavailable: Callable[[str], TransientError]) -> Iterator[None]:
    """Raise `unavailable` with what went wrong, from boto3's own error; no text of DynamoDB's gets in."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise unavailable(in_words(error)) from error


def in_words(error: ClientError | BotoCoreError) -> str:
    """Say what DynamoDB did, by its code alone: its texts may hold what was written."""
    if isinstance(error, ClientError):
        return f"DynamoDB refused: {error.response['Error']['Code']}"
    return f"DynamoDB didn't answer: {type(error).__name__}"


def failed_condition(unavailable: TransientError) -> ClientError | None:
    """Return DynamoDB's own error if `asking` raised because a write's condition didn't hold, else None."""
    cause = unavailable.__cause__
    if isinstance(cause, ClientError) and cause.response["Error"]["Code"] == CONDITION_FAILED:
        return cause
    return None
