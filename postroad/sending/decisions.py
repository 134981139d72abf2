"""What can be decided about one record, each with what a support person wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.contract.words import Reason, Status


class Why(StrEnum):
    """Why a record is left on the queue for later."""

    LIVE_LEASE = "live_lease"
    RACE = "race"
    NO_TIME_LEFT = "no_time_left"
    THROTTLED = "throttled"
    QUOTA_EXHAUSTED = "quota_exhausted"
    SENDING_PAUSED = "sending_paused"
    ACCOUNT_SUSPENDED = "account_suspended"
    CONFIGURATION = "configuration"
    ACCESS_DENIED = "access_denied"
    SES_UNREACHABLE = "ses_unreachable"
    UNEXPECTED_ANSWER = "unexpected_answer"
    STORE_UNAVAILABLE = "store_unavailable"
    UNEXPECTED_ERROR = "unexpected_error"


@dataclass(frozen=True, slots=True)
class Sent:
    """SES accepted the mail."""

    ses_message_id: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The message ended, or waits for an operator, without being sent."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same message was here before; this copy is dropped."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The record can never be sent as it is; a copy lies in the dead letters."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Later:
    """The record stays on the queue, out of sight until `at`."""

    at: datetime
    why: Why


Decision = Sent | Settled | Duplicate | Refused | Later
