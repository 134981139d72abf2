"""A canary: our own mail to SES's mailbox simulator, which shows that mail flows and events come back.

It has no row and claims nothing; its own tag tells its events from any message's. The simulator's addresses:
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from postroad.contract.tags import CANARY_TAG
from postroad.errors import TransientError
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.governor.grant import Shortage
from postroad.sending.decisions import Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError, TooLateError
from postroad.sending.mail import Mail

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.governor.grant import Grant
    from postroad.sending.limits import Limits
    from postroad.sending.ports import Mailer, Rate

ADDRESS = "success@simulator.amazonses.com"


class CanaryAnswerJson(TypedDict):
    """What the function answers to whoever asked for a canary."""

    outcome: str
    why: str


def encode_answer(answer: CanaryAnswer) -> CanaryAnswerJson:
    """Return the answer as JSON has it."""
    return {"outcome": answer.outcome.value, "why": answer.why}


class Canary:
    """Sends a stream's canary, as its mails are sent: same sender, same configuration set."""

    def __init__(
        self, *, mailer: Mailer, rate: Rate, clock: Clock, limits: Limits, sender: str, configuration_set: str
    ) -> None:
        """Send from `sender` (`Name <address>`), under this configuration set."""
        self._mailer = mailer
        self._rate = rate
        self._clock = clock
        self._limits = limits
        self._mail = Mail(
            sender=sender,
            to=ADDRESS,
            to_name="",
            reply_to="",
            subject="Postroad's canary",
            text="This mail shows that mail flows, and that its events come back.",
            html=None,
            headers={},
            files=(),
            configuration_set=configuration_set,
            tags={CANARY_TAG: "1"},
        )

    def send(self, *, deadline: datetime) -> CanaryAnswer:
        """Send one, and say how it fared; `deadline` is when the function is stopped."""
        now = self._clock.now()
        self._mailer.wake(now)
        latest = deadline - self._limits.request
        try:
            grant = self._rate.take(1, deadline=latest)
            if not grant.count:
                return _without_rate(grant)
            until = latest if grant.until is None else min(latest, grant.until)
            self._mailer.send(self._mail, deadline=until)
        except TooLateError:
            return CanaryAnswer(CanaryOutcome.BUSY, Why.NO_TIME_LEFT)
        except SesBusyError as error:
            return CanaryAnswer(CanaryOutcome.BUSY, error.why)
        except TransientError:
            return CanaryAnswer(CanaryOutcome.BUSY, Why.STORE_UNAVAILABLE)
        except SesUnusableError as error:
            return CanaryAnswer(CanaryOutcome.UNUSABLE, error.why)
        except RefusedBySesError:
            return CanaryAnswer(CanaryOutcome.UNUSABLE, Why.UNEXPECTED_ANSWER)
        except Exception:  # noqa: BLE001  whatever it is, SES may have the mail
            return CanaryAnswer(CanaryOutcome.UNKNOWN, Why.NO_ANSWER)
        return CanaryAnswer(CanaryOutcome.ACCEPTED)


def _without_rate(grant: Grant) -> CanaryAnswer:
    if grant.shortage is Shortage.QUOTA:
        return CanaryAnswer(CanaryOutcome.UNUSABLE, Why.QUOTA_EXHAUSTED)
    return CanaryAnswer(CanaryOutcome.BUSY, Why.NO_RATE)
