"""However many topics there are, and whatever stands: one transaction holds what a person chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from postroad.configuration.topics import MOST_TOPICS
from postroad.contacts.choosing import choosing
from postroad.contacts.departure import Departure
from postroad.contacts.leaving import leaving
from postroad.contacts.model import ConsentStatus, Contact, TopicStanding, Wishes
from postroad.contract.words import Reason
from postroad.suppression.change import suppressing
from postroad.suppression.model import ALL_STREAMS, HistoryEntry, ScopeEntry, Suppression, stream_scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOST_ITEMS = 100
"""TransactWriteItems takes no more: docs.aws.amazon.com/amazondynamodb/latest/APIReference."""
TOPICS = [f"topic-{number}" for number in range(MOST_TOPICS)]
STREAMS = dict.fromkeys(TOPICS, "marketing")
AGREED = Contact(
    "k1.ana",
    "ana.ruiz@example.com",
    topics={topic: TopicStanding(ConsentStatus.GRANTED, NOON - timedelta(days=9)) for topic in TOPICS},
    version=3,
)


def left(*made: tuple[str, Reason]) -> tuple[Suppression, list[HistoryEntry]]:
    standing = Suppression("k1.ana", "ana.ruiz@example.com", {})
    history: list[HistoryEntry] = []
    for hours, (scope, reason) in enumerate(made):
        entry = ScopeEntry(reason, "page", NOON - timedelta(hours=9 - hours), None, "request 1")
        change = suppressing(standing, history, email=standing.email, scope=scope, entry=entry)
        assert change is not None
        standing = change.suppression
        history.append(change.history)
    return standing, history


def size_of(departure: Departure) -> int:
    """Return how many items it takes: both that stand, and a line or a record for each change."""
    return 2 + len(departure.changes) + len(departure.consents)


@pytest.mark.parametrize(
    "made",
    [
        (),
        ((ALL_STREAMS, Reason.UNSUBSCRIBED),),
        (
            (ALL_STREAMS, Reason.PAUSED),
            (ALL_STREAMS, Reason.UNSUBSCRIBED),
            (ALL_STREAMS, Reason.ERASED),
            (stream_scope("marketing"), Reason.UNSUBSCRIBED),
            ("topic:topic-0", Reason.UNSUBSCRIBED),
        ),
    ],
    ids=["nothing", "everything", "everything in every way"],
)
@pytest.mark.parametrize("yes", [0, 1, MOST_TOPICS // 2, MOST_TOPICS])
def test_a_form_with_every_topic_fits(made: tuple[tuple[str, Reason], ...], yes: int) -> None:
    wishes = Wishes(
        topics={topic: place < yes for place, topic in enumerate(TOPICS)},
        locale="es",
        pause_until=NOON + timedelta(days=30),
    )
    departure = choosing(
        *left(*made), AGREED, wishes,
        stream_of_topic=STREAMS, source="page", evidence="request 2", now=NOON, ip="", email="",
    )  # fmt: skip
    assert departure
    assert size_of(departure) <= MOST_ITEMS


def test_leaving_everything_fits() -> None:
    departure = leaving(
        *left(), AGREED, [ALL_STREAMS],
        stream_of_topic=STREAMS, source="page", evidence="request 2", now=NOON, email="",
    )  # fmt: skip
    assert len(departure.consents) == MOST_TOPICS
    assert size_of(departure) <= MOST_ITEMS
