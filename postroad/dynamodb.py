"""How DynamoDB is asked: its failures come out as the asking store's own errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


def wrote(
    write: Callable[..., object], request: Mapping[str, Any], *, unavailable: Callable[[str], TransientError]
) -> bool:
    """Do one conditional write of boto3's; False where its condition doesn't hold, else as `asking` does."""
    try:
        with asking(unavailable):
            write(**request)
    except TransientError as error:
        if failed_condition(error) is None:
            raise
        return False
    return True
