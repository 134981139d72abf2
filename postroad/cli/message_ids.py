"""The ids that commands take: a typing error, or a shell's variable that isn't set, never gets to AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

_MESSAGE_ID = re.compile(r"!?[A-Za-z0-9._:-]{1,128}")
"""As in the contract; `!` comes before SQS's id where a refused message has none of its own."""


def check_message_ids(
    message_ids: Iterable[str], *, hint: str = "`postroad why --to <email>` finds a message by its recipient."
) -> None:
    """Raise Problem for the first that can be nobody's."""
    for message_id in message_ids:
        if not _MESSAGE_ID.fullmatch(message_id):
            raise Problem(
                f"{message_id[:200]!r} is no message id.",
                f"An id has 1 to 128 of A-Z a-z 0-9 . _ : -; {hint}",
                ExitCode.USAGE,
            )
