"""What an event counts as. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import BounceKind, Reason
from postroad.feedback.event import EventKind
from postroad.feedback.verdict import verdict_of
from postroad.observability import Metric

if TYPE_CHECKING:
    from postroad.feedback.event import FeedbackEvent


def metric_of(event: FeedbackEvent) -> Metric | None:
    """Return what an event counts as.

    What the account's own suppression list stopped counts as nothing: SES didn't try, and keeps it out of the
    rates (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
    """
    if verdict_of(event).reason == Reason.ON_ACCOUNT_SUPPRESSION_LIST:
        return None
    match event.kind:
        case EventKind.DELIVERY:
            return Metric.DELIVERIES
        case EventKind.COMPLAINT:
            return Metric.COMPLAINTS
        case EventKind.BOUNCE:
            return Metric.HARD_BOUNCES if event.bounce is BounceKind.HARD else Metric.SOFT_BOUNCES
        case EventKind.REJECT | EventKind.RENDERING_FAILURE:
            return Metric.FAILED
        case _:
            return None
