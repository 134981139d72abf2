"""Whether an event stops all mail to its recipient. Pure."""

from __future__ import annotations

from postroad.contract.words import BounceKind, Reason
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.verdict import verdict_of
from postroad.suppression.model import ScopeEntry

SOURCE = "feedback"


def entry_for(event: FeedbackEvent) -> ScopeEntry | None:
    """Return what to suppress the recipient with, on all streams, or None.

    Hard bounces and complaints suppress at once; soft and undetermined bounces don't, and neither does a
    complaint `not-spam`. Copies of an event give equal entries.
    """
    complains = event.kind is EventKind.COMPLAINT and not event.is_not_spam
    if not complains and event.bounce is not BounceKind.HARD:
        return None
    return ScopeEntry(
        reason=Reason(verdict_of(event).reason),
        source=SOURCE,
        since=event.at,
        until=None,
        evidence=evidence_of(event),
    )


def evidence_of(event: FeedbackEvent) -> str:
    """Return what proves the entry: SES's words and ids, our message, and when. The same for every copy."""
    parts = [
        f"{event.kind}{f' ({event.word})' if event.word else ''}",
        f"feedback {event.feedback_id}" if event.feedback_id else "",
        f"SES message {event.ses_message_id}",
        f"message {event.message_id}" if event.message_id else "",
        f"at {event.at.isoformat()}",
    ]
    return ", ".join(part for part in parts if part)
