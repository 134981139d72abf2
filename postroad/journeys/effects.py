"""What a walk does on its way: mails, attributes, notices. Decided once, then done until that is known. Pure.

Each is whole: doing it again later needs nothing that may have changed meanwhile, so that a message that is
put on the queue twice is the same message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to enqueue. `at` is when it was decided; `expires_at` its deadline, where it has one."""

    message_id: str
    step: str
    template: str
    data: Mapping[str, Any]
    if_capped: str
    at: datetime
    email: str = ""
    name: str = ""
    locale: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attributes:
    """Attributes of the contact to set."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """An event for the bus; its id is the same whenever this is done again."""

    event_id: str
    name: str
    properties: Mapping[str, Any]
    at: datetime


Effect = Mail | Attributes | Notice
