"""What can be decided about one record, each with what a support person wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.contract.words import StopReason

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.contract.words import Reason, Status


class Why(StrEnum):
    """Why a record is left on the queue for later; the published words among them can stop the stream."""

    LIVE_LEASE = "live_lease"
    NOT_DUE = "not_due"
    NO_RATE = "no_rate"
    STREAM_STOPPED = "stream_stopped"
    RACE = "race"
    NO_TIME_LEFT = "no_time_left"
    CAPPED = "capped"
    THROTTLED = "throttled"
    QUOTA_EXHAUSTED = StopReason.QUOTA_EXHAUSTED.value
    SENDING_PAUSED = StopReason.SENDING_PAUSED.value
    ACCOUNT_SUSPENDED = StopReason.ACCOUNT_SUSPENDED.value
    CONFIGURATION = StopReason.CONFIGURATION.value
    ACCESS_DENIED = StopReason.ACCESS_DENIED.value
    SES_UNREACHABLE = StopReason.SES_UNREACHABLE.value
    NO_ANSWER = StopReason.NO_ANSWER.value
    UNEXPECTED_ANSWER = StopReason.UNEXPECTED_ANSWER.value
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
class Waits:
    """The message waits in the schedule, and this copy of it is done with.

    `reason` is `send_at`, `frequency_cap`, `out_of_hours` or `unknown_outcome`; `is_new` says that it began
    to wait just now.
    """

    reason: Reason
    due: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same message was here before; this copy is dropped."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The record can never be sent as it is; a copy lies in the dead letters."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Later:
    """The record stays on the queue, out of sight until `at`.

    `code` is SES's error code where it takes no mail of the stream; its text may hold an address.
    """

    at: datetime
    why: Why
    code: str = ""


Decision = Sent | Settled | Waits | Duplicate | Refused | Later
