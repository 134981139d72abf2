"""A canary: our own mail to the mailbox simulator; its events show how far feedback has come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CanaryOutcome(StrEnum):
    """What SES said to a canary."""

    ACCEPTED = "accepted"
    BUSY = "busy"
    UNUSABLE = "unusable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CanaryAnswer:
    """How a stream's canary fared; `why` is a word of `sending.decisions.Why`, empty if it was accepted."""

    outcome: CanaryOutcome
    why: str = ""
