"""The newest Send time of each stream in some events. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.feedback.event import EventKind
from postroad.names import resource_name

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.feedback.event import FeedbackEvent


class NewestSends:
    """Collects, event by event; canaries count as any mail does."""

    def __init__(self, stage: str, *, now: datetime) -> None:
        """Tell streams by the names of this stage's configuration sets.

        No time after `now` is believed: it would let the watermark pass mails that are yet to be sent, and a
        watermark never goes back.
        """
        self._prefix = resource_name(stage, "")
        self._now = now
        self.by_stream: dict[str, datetime] = {}

    def add(self, event: FeedbackEvent) -> None:
        """Take a Send event of one of the stage's streams in; any other says nothing of the watermark."""
        stream = event.configuration_set.removeprefix(self._prefix)
        if event.kind is not EventKind.SEND or not stream or stream == event.configuration_set:
            return
        sent = min(event.accepted_at, self._now)
        self.by_stream[stream] = max(sent, self.by_stream.get(stream, sent))
