"""What all requests to the table Schedule share: the words of their errors, and the pauses between tries."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.schedule.errors import ScheduleUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIES = 8
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


@contextmanager
def asking() -> Iterator[None]:
    """Turn boto3's errors into the schedule's own."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise ScheduleUnavailableError(f"DynamoDB refused: {code}", code=code) from error
    except BotoCoreError as error:
        raise ScheduleUnavailableError(f"DynamoDB didn't answer: {type(error).__name__}") from error


def pauses() -> Iterator[float]:
    """Yield after each try how many seconds to wait before the next: ever longer, and at random."""
    for attempt in range(TRIES):
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
        yield random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries; no secret depends on it
