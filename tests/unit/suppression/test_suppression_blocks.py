"""Which suppression stops which mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from postroad.contract.words import Reason, StreamKind
from postroad.suppression.model import ScopeEntry, Suppression, blocks, stream_scope, topic_scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(reason: Reason, until: datetime | None = None) -> ScopeEntry:
    return ScopeEntry(reason, "test", NOON - timedelta(days=1), until, "")


def stops(
    scopes: dict[str, ScopeEntry],
    *,
    stream: str = "transactional",
    topic: str | None = None,
    now: datetime = NOON,
) -> ScopeEntry | None:
    kind = StreamKind.MARKETING if stream == "marketing" else StreamKind.TRANSACTIONAL
    suppression = Suppression("k1.ana", "ana.ruiz@example.com", scopes)
    return blocks(suppression, stream=stream, kind=kind, topic=topic, now=now)


@pytest.mark.parametrize("stream", ["transactional", "marketing"])
@pytest.mark.parametrize("reason", [Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.SOFT_BOUNCES, Reason.MANUAL])
def test_what_stands_on_all_stops_every_stream(reason: Reason, stream: str) -> None:
    assert stops({"all": entry(reason)}, stream=stream) == entry(reason)


@pytest.mark.parametrize("scope", ["all", stream_scope("transactional"), topic_scope("orders")])
def test_unsubscribing_never_stops_transactional_mail(scope: str) -> None:
    assert stops({scope: entry(Reason.UNSUBSCRIBED)}, topic="orders") is None


@pytest.mark.parametrize("scope", ["all", stream_scope("marketing"), topic_scope("product_updates")])
def test_unsubscribing_stops_what_was_left(scope: str) -> None:
    left = entry(Reason.UNSUBSCRIBED)
    assert stops({scope: left}, stream="marketing", topic="product_updates") == left


@pytest.mark.parametrize(
    "scope", [stream_scope("newsletter"), topic_scope("sales"), topic_scope("marketing")]
)
def test_what_stands_elsewhere_stops_nothing_here(scope: str) -> None:
    assert stops({scope: entry(Reason.COMPLAINT)}, stream="marketing", topic="product_updates") is None


def test_a_message_without_a_topic_is_not_stopped_by_one() -> None:
    assert stops({topic_scope("sales"): entry(Reason.UNSUBSCRIBED)}, stream="marketing") is None


def test_an_operator_may_stop_one_transactional_stream() -> None:
    manual = entry(Reason.MANUAL)
    assert stops({stream_scope("transactional"): manual}) == manual


def test_a_suppression_that_heals_ends_on_time() -> None:
    scopes = {"all": entry(Reason.SOFT_BOUNCES, until=NOON)}
    assert stops(scopes, now=NOON - timedelta(microseconds=1)) is not None
    assert stops(scopes, now=NOON) is None


def test_the_entry_that_ended_does_not_hide_another() -> None:
    scopes = {
        "all": entry(Reason.SOFT_BOUNCES, until=NOON),
        stream_scope("marketing"): entry(Reason.UNSUBSCRIBED),
    }
    found = stops(scopes, stream="marketing")
    assert found is not None
    assert found.reason is Reason.UNSUBSCRIBED


def test_nothing_stands_nothing_stops() -> None:
    assert stops({}) is None
