"""The use case: take in what SES reports, suppress, and move the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.address import AddressError, parse_address
from postroad.contract.words import BounceKind, Reason
from postroad.feedback.envelope import open_envelope
from postroad.feedback.errors import MalformedEventError
from postroad.feedback.event import EventKind
from postroad.feedback.reading import read_event
from postroad.feedback.status import apply_event, is_news
from postroad.feedback.suppressing import entry_for
from postroad.feedback.verdict import verdict_of
from postroad.observability import UNKNOWN_STREAM, Metric, described
from postroad.suppression.address_key import address_key
from postroad.suppression.model import ALL_STREAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger

    from postroad.feedback.event import FeedbackEvent
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row
    from postroad.observability import Counts
    from postroad.records import Record
    from postroad.suppression.ports import SuppressionStore


class Feedback:
    """Takes SES's events in, each as often as it comes, in whatever order."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        suppressions: SuppressionStore,
        address_secret: bytes,
        counts: Counts,
        logger: Logger,
    ) -> None:
        """Work on these stores; `address_secret` keys the addresses."""
        self._ledger = ledger
        self._suppressions = suppressions
        self._address_secret = address_secret
        self.counts = counts
        self._logger = logger

    def take(self, records: Sequence[Record]) -> list[str]:
        """Apply the records one by one; return the SQS ids of those that must be handed out again.

        A record fails alone: one that can't be read goes round until the queue moves it to its dead letters,
        where an operator finds it whole; one whose store didn't answer goes round until it does.
        """
        return [record.sqs_id for record in records if not self._took(record)]

    def _took(self, record: Record) -> bool:
        try:
            payload = open_envelope(record.body)
            events = [] if payload is None else read_event(payload)
        except MalformedEventError as error:
            self._report_malformed(record, str(error))
            return False
        except Exception as error:  # noqa: BLE001  a bug in reading it: the batch's other records go on
            self._report_malformed(record, f"can't be read: {type(error).__name__}")
            return False
        # Each is tried: one recipient's failure leaves the others' effects standing.
        applied = [self._applied(record, event) for event in events if not event.asks_for_nothing]
        return all(applied)

    def _applied(self, record: Record, event: FeedbackEvent) -> bool:
        try:
            self._apply(event)
        except AddressError:
            self._report_malformed(record, f"recipient of {event.ses_message_id}: not an address")
            return False
        except Exception as error:  # noqa: BLE001  it concerns this record alone, and SQS brings that again
            # The error's own text may quote an address; its type and place don't.
            self._logger.warning("event not applied", extra=_named(record, event) | described(error))
            return False
        return True

    def _report_malformed(self, record: Record, problem: str) -> None:
        self.counts.add(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM)
        self._logger.warning("malformed event", extra={"sqs_id": record.sqs_id, "problem": problem})

    def _apply(self, event: FeedbackEvent) -> None:
        # The suppression first: a crash in between repeats both, and nobody is mailed who must not be.
        newly_suppressed = self._suppress(event)
        moved: list[tuple[Row, Row]] = []

        def change(row: Row) -> Row | None:
            after = apply_event(row, event)
            moved[:] = [] if after is None else [(row, after)]
            return after

        row = self._ledger.apply(event.message_id, change) if event.message_id else None
        if row is None:
            self.counts.add(Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM)
            if newly_suppressed:
                self._count(event, UNKNOWN_STREAM)
        elif any(is_news(before, after, event) for before, after in moved):
            self._count(event, row.stream or UNKNOWN_STREAM)

    def _suppress(self, event: FeedbackEvent) -> bool:
        entry = entry_for(event)
        if entry is None:
            return False
        address = parse_address(event.recipient)
        key = address_key(self._address_secret, address.canonical)
        return self._suppressions.suppress(key, address.email_for_ses, ALL_STREAMS, entry)

    def _count(self, event: FeedbackEvent, stream: str) -> None:
        metric = metric_of(event)
        if metric is not None:
            self.counts.add(metric, stream)


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


def _named(record: Record, event: FeedbackEvent) -> dict[str, str]:
    return {
        "sqs_id": record.sqs_id,
        "ses_message_id": event.ses_message_id,
        "message_id": event.message_id,
    }
