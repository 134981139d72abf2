"""By which mail somebody left: noted on that mail's row, for the numbers. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postroad.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.web.ports import Marks
    from postroad.web.requests import Visit
    from postroad.web.token import Grant

NO_MESSAGE = "!"
"""Asked for where a link names no message, so that the work is the same. No message can have this id."""
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
"""As the contract has it: nothing in it needs escaping in a URL or in HTML."""


def named(message_id: str) -> str:
    """Return the id of a message as a link names it, or nothing where it can be none."""
    return message_id if _MESSAGE_ID.fullmatch(message_id) else ""


class MailMarks:
    """Notes on a mail's row that its recipient left by it: nobody waits or fails for it."""

    def __init__(self, marks: Marks, *, on_error: Callable[[BaseException], object]) -> None:
        """Note with these; `on_error` is told what kept somebody from being counted."""
        self._marks = marks
        self._on_error = on_error

    def note(self, visit: Visit, grant: Grant, *, left: bool, now: datetime) -> None:
        """Note it, if they left by this visit and had not before: so each person is lost once.

        Whoever had left, made up the name of a mail, or left it out, is asked for as much as anybody.
        """
        message_id = named(visit.message_id) if left else ""
        try:
            self._marks.mark(message_id or NO_MESSAGE, grant.address_key, grant.topic, now=now)
        except TransientError as error:
            self._on_error(error)
