"""Asking AWS about the evidence."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.evidence.errors import EvidenceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def asking(service: str) -> Iterator[None]:
    """Turn boto3's errors into the evidence's own."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise EvidenceUnavailableError(f"{service} refused: {code}") from error
    except BotoCoreError as error:
        raise EvidenceUnavailableError(f"{service} didn't answer: {type(error).__name__}") from error
