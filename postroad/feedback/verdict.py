"""What an event says about the message, and which of two such verdicts stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postroad.contract.words import BounceKind, Reason, Status
from postroad.feedback.event import EventKind

if TYPE_CHECKING:
    from postroad.feedback.event import FeedbackEvent


class Verdict(NamedTuple):
    """A status with the reason that belongs to it; `reason` is empty where the status says it all."""

    status: Status
    reason: str


SENT = Verdict(Status.SENT, "")
_DELAYED = Verdict(Status.DELAYED, Reason.DELIVERY_DELAY)
_NOT_RENDERED = Verdict(Status.FAILED, Reason.RENDERING_FAILURE)
_REJECTED = Verdict(Status.REJECTED, Reason.REJECTED_BY_SES)
_DELIVERED = Verdict(Status.DELIVERED, "")
_HARD_BOUNCES = (
    Verdict(Status.BOUNCED, Reason.ON_ACCOUNT_SUPPRESSION_LIST),
    Verdict(Status.BOUNCED, Reason.SES_SUPPRESSED),
    Verdict(Status.BOUNCED, Reason.HARD_BOUNCE),
)
_COMPLAINTS = (
    Verdict(Status.COMPLAINED, Reason.ON_ACCOUNT_SUPPRESSION_LIST),
    Verdict(Status.COMPLAINED, Reason.SES_SUPPRESSED),
    Verdict(Status.COMPLAINED, Reason.COMPLAINT),
)

# From the weakest to the strongest. One strict order, also within a status, so that ties can't depend on who
# came first. A delivery beats a soft bounce, which is often an out-of-office reply that came after it.
_ORDER: tuple[Verdict, ...] = (
    Verdict(Status.CLAIMED, ""),
    Verdict(Status.HELD, ""),
    SENT,
    _DELAYED,
    _NOT_RENDERED,
    _REJECTED,
    Verdict(Status.BOUNCED, Reason.UNDETERMINED_BOUNCE),
    Verdict(Status.BOUNCED, Reason.SOFT_BOUNCE),
    _DELIVERED,
    *_HARD_BOUNCES,
    *_COMPLAINTS,
)
_BY_VERDICT = {verdict: place for place, verdict in enumerate(_ORDER, start=1)}
_BY_STATUS = {verdict.status: place for place, verdict in enumerate(_ORDER, start=1)}

_FIXED = {
    EventKind.SEND: SENT,
    EventKind.OPEN: SENT,
    EventKind.CLICK: SENT,
    EventKind.SUBSCRIPTION: SENT,
    EventKind.DELIVERY: _DELIVERED,
    EventKind.DELIVERY_DELAY: _DELAYED,
    EventKind.REJECT: _REJECTED,
    EventKind.RENDERING_FAILURE: _NOT_RENDERED,
}

MOVED_BY_EARLIER_ATTEMPTS = frozenset({_DELIVERED, *_HARD_BOUNCES, *_COMPLAINTS})
"""What stays true of the message although a later attempt is under way."""

# SES did not try, because an address stands on one of its lists:
# https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
_LISTED = {
    "OnAccountSuppressionList": Reason.ON_ACCOUNT_SUPPRESSION_LIST,
    "OnTenantSuppressionList": Reason.ON_ACCOUNT_SUPPRESSION_LIST,
    "Suppressed": Reason.SES_SUPPRESSED,
    "EmailValidationSuppressed": Reason.SES_SUPPRESSED,
}


def strength(status: Status, reason: str) -> int:
    """Return the place of a status in the rank; of two, the higher stands. 0 for all that was never sent.

    A reason that feedback doesn't give (SES's refusal of a request, say) counts as its status does.
    """
    return _BY_VERDICT.get(Verdict(status, reason), _BY_STATUS.get(status, 0))


def verdict_of(event: FeedbackEvent) -> Verdict:
    """Return what the event says. An open, a click or a change of preferences says that the mail was sent."""
    match event.kind:
        case EventKind.BOUNCE:
            return Verdict(Status.BOUNCED, _bounce_reason(event))
        case EventKind.COMPLAINT:
            return Verdict(Status.COMPLAINED, _LISTED.get(event.word, Reason.COMPLAINT))
        case _:
            return _FIXED[event.kind]


def _bounce_reason(event: FeedbackEvent) -> Reason:
    if event.bounce is BounceKind.HARD:
        return _LISTED.get(event.word, Reason.HARD_BOUNCE)
    return Reason.SOFT_BOUNCE if event.bounce is BounceKind.SOFT else Reason.UNDETERMINED_BOUNCE
