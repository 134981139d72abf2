"""SES as far as it matters here: takes a mail or not, remembers it, and tells two paths what became of it.

A request is signed when it is made, and refused when it arrives more than five minutes later
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html): a function may freeze
in between.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from postroad.clock import FixedClock
from postroad.contract.tags import ATTEMPT_TAG, CANARY_TAG, MESSAGE_TAG, decode_tag
from postroad.errors import UnknownOutcomeError
from postroad.feedback.event import EventKind
from postroad.sending.decisions import Why
from postroad.sending.errors import SesUnusableError, TooLateError
from postroad.sending.mail import Mail
from tests.matrix.gates import REQUEST, Gate

OLDEST_SIGNATURE = timedelta(minutes=5)

SECOND = timedelta(seconds=1)
FAST_KINDS = frozenset(EventKind) - {EventKind.DELIVERY, EventKind.OPEN, EventKind.CLICK}


@dataclass(frozen=True)
class Fate:
    """What SES tells of one mail: which events, after how long on each path (None: never), how often."""

    kinds: tuple[EventKind, ...] = (EventKind.SEND, EventKind.DELIVERY)
    fast: timedelta | None = SECOND
    bulk: timedelta | None = SECOND
    copies: int = 1


USUAL = Fate()
BULK_ALONE = Fate(fast=None)
"""A stream whose evidence is `bulk`: Send comes in objects alone."""
NEVER = Fate(fast=None, bulk=None)


@dataclass(frozen=True)
class Taken:
    """A mail that SES has accepted; `attempt` is 0 and `message_id` empty for a canary."""

    ses_id: str
    message_id: str
    attempt: int
    at: datetime
    mail: Mail


@dataclass(frozen=True, order=True)
class News:
    """An event on its way to one of the two paths."""

    at: datetime
    number: int
    path: str = field(compare=False)
    payload: dict[str, Any] = field(compare=False)


class Weather(Enum):
    """How SES fares."""

    FINE = "fine"
    PAUSED = "paused"
    """The account takes no mail, and says so."""
    UNREACHABLE = "unreachable"
    """No connection comes about: definitely not sent."""
    FAILING = "failing"
    """Answers 500 and has accepted nothing: nobody can know."""


@dataclass
class Ses:
    """The service."""

    clock: FixedClock
    weather: Weather = Weather.FINE
    fine_at: datetime | None = None
    """When the weather is fine again by itself."""
    taken: list[Taken] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    fate: Callable[[Taken], Fate] = lambda _: USUAL
    requests: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)
    numbers: int = 0

    def arrive(self, mail: Mail, signed_at: datetime) -> str:
        """Judge a request as it arrives; return the id of the mail."""
        now = self.clock.now()
        self.requests[_message_id(mail.tags)] += 1
        if self.fine_at is not None and self.fine_at <= now:
            self.weather = Weather.FINE
        match self.weather:
            case Weather.PAUSED:
                raise SesUnusableError(Why.SENDING_PAUSED, "SendingPausedException")
            case Weather.UNREACHABLE:
                raise SesUnusableError(Why.SES_UNREACHABLE, "EndpointConnectionError")
            case Weather.FAILING:
                raise UnknownOutcomeError("SES answered 500")
            case Weather.FINE:
                pass
        if abs(now - signed_at) > OLDEST_SIGNATURE:
            raise SesUnusableError(Why.ACCESS_DENIED, "InvalidSignatureException")
        attempt = mail.tags.get(ATTEMPT_TAG, "0")
        taken = Taken(f"ses-{len(self.taken) + 1}", _message_id(mail.tags), int(attempt), now, mail)
        self.taken.append(taken)
        self._tell(taken, self.fate(taken) if taken.message_id else BULK_ALONE)
        return taken.ses_id

    def _tell(self, taken: Taken, fate: Fate) -> None:
        for index, kind in enumerate(fate.kinds):
            payload = payload_of(kind, taken, at=taken.at + index * SECOND)
            for _ in range(fate.copies):
                if fate.fast is not None and kind in FAST_KINDS:
                    self.report("fast", taken.at + fate.fast + index * SECOND, payload)
                if fate.bulk is not None:
                    self.report("bulk", taken.at + fate.bulk + index * SECOND, payload)

    def report(self, path: str, at: datetime, payload: dict[str, Any]) -> None:
        """Let an event reach a path at this time."""
        self.numbers += 1
        self.news.append(News(at, self.numbers, path, payload))

    def due_news(self) -> list[News]:
        """Return what has reached its path by now, oldest first, and forget it."""
        now = self.clock.now()
        due = sorted(each for each in self.news if each.at <= now)
        self.news = [each for each in self.news if each.at > now]
        self.told |= {each.payload["mail"]["messageId"] for each in due}
        return due

    def is_untold(self, message_id: str) -> bool:
        """Say whether there is a mail of this message of which no path has heard."""
        return any(taken.ses_id not in self.told for taken in self.mails_of(message_id))

    def mails_of(self, message_id: str) -> list[Taken]:
        return [taken for taken in self.taken if taken.message_id == message_id]

    def canaries(self) -> list[Taken]:
        return [taken for taken in self.taken if not taken.message_id]

    def accepted(self) -> Counter[str]:
        """Count the mails that were accepted, by message."""
        return Counter(taken.message_id for taken in self.taken if taken.message_id)


@dataclass
class SesRequests:
    """A function's `Mailer`: looks at the time, signs, and lets the request go through its gate."""

    ses: Ses
    gate: Gate

    def wake(self, now: datetime) -> None:
        """Have no connections to drop."""

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        signed_at = self.ses.clock.now()
        if signed_at >= deadline:
            raise TooLateError
        ses_id: str = self.gate(REQUEST, lambda: self.ses.arrive(mail, signed_at))
        return ses_id


def _message_id(tags: Mapping[str, str]) -> str:
    return "" if CANARY_TAG in tags else decode_tag(tags.get(MESSAGE_TAG, ""))


def payload_of(kind: EventKind, taken: Taken, *, at: datetime) -> dict[str, Any]:
    """Return SES's own event, as far as anybody reads it.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    """
    mail = taken.mail
    recipients = [{"emailAddress": mail.to}]
    parts: dict[EventKind, tuple[str, dict[str, Any]]] = {
        EventKind.SEND: ("send", {}),
        EventKind.DELIVERY: ("delivery", {"timestamp": _iso(at), "recipients": [mail.to]}),
        EventKind.BOUNCE: (
            "bounce",
            {
                "timestamp": _iso(at),
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": recipients,
                "feedbackId": f"feedback-{taken.ses_id}",
            },
        ),
        EventKind.COMPLAINT: (
            "complaint",
            {
                "timestamp": _iso(at),
                "complainedRecipients": recipients,
                "complaintFeedbackType": "abuse",
                "feedbackId": f"feedback-{taken.ses_id}",
            },
        ),
        EventKind.REJECT: ("reject", {"reason": "Bad content"}),
        EventKind.DELIVERY_DELAY: (
            "deliveryDelay",
            {"timestamp": _iso(at), "delayType": "General", "delayedRecipients": recipients},
        ),
        EventKind.OPEN: ("open", {"timestamp": _iso(at)}),
    }
    name, part = parts[kind]
    return {
        "eventType": kind.value,
        "mail": {
            "timestamp": _iso(taken.at),
            "messageId": taken.ses_id,
            "destination": [mail.to],
            "tags": {
                "ses:configuration-set": [mail.configuration_set],
                **{tag: [value] for tag, value in mail.tags.items()},
            },
        },
        name: part,
    }


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def is_of_canary(payload: Mapping[str, Any]) -> bool:
    return CANARY_TAG in payload["mail"]["tags"]


def text_of(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload)
