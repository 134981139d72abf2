"""What every SuppressionStore keeps to: the one in memory and the one in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.contract.words import Reason
from postroad.suppression.model import ALL_STREAMS, HistoryAction, ScopeEntry, stream_scope, topic_scope
from tests.suppressions import BOUNCE, COMPLAINT, EMAIL, KEY, NOON

if TYPE_CHECKING:
    from postroad.suppression.ports import SuppressionStore

pytestmark = pytest.mark.slow


@pytest.fixture
def store(suppressions: SuppressionStore) -> SuppressionStore:
    return suppressions


def test_an_address_never_suppressed_is_not_found(store: SuppressionStore) -> None:
    assert store.find([KEY]) == {}
    assert store.find([]) == {}
    assert store.history(KEY) == []
    assert list(store.pages()) == []


def test_what_was_suppressed_is_found_as_it_was_written(store: SuppressionStore) -> None:
    entry = replace(BOUNCE, reason=Reason.SOFT_BOUNCES, until=NOON + timedelta(days=30))

    assert store.suppress(KEY, EMAIL, ALL_STREAMS, entry)

    found = store.find([KEY, "k1.someone-else", KEY])
    assert list(found) == [KEY]
    assert found[KEY].email == EMAIL
    assert found[KEY].address_key == KEY
    assert dict(found[KEY].scopes) == {ALL_STREAMS: entry}


def test_a_time_of_any_year_is_read_as_it_was_written(store: SuppressionStore) -> None:
    # The first moment of some programs' calendars, which their lists give for "not known".
    first = datetime(1, 1, 1, tzinfo=UTC)
    entry = replace(BOUNCE, since=first, until=datetime.max.replace(tzinfo=UTC))

    assert store.suppress(KEY, EMAIL, ALL_STREAMS, entry)

    assert dict(store.find([KEY])[KEY].scopes) == {ALL_STREAMS: entry}
    assert [line.at for line in store.history(KEY)] == [first]


def test_scopes_stand_beside_each_other(store: SuppressionStore) -> None:
    leaving = ScopeEntry(Reason.UNSUBSCRIBED, "page", NOON, None, "request 7")
    store.suppress(KEY, EMAIL, stream_scope("marketing"), leaving)
    store.suppress(KEY, EMAIL, topic_scope("product_updates"), leaving)
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)

    assert dict(store.find([KEY])[KEY].scopes) == {
        "stream:marketing": leaving,
        "topic:product_updates": leaving,
        "all": BOUNCE,
    }
    assert len(store.history(KEY)) == 3


def test_copies_of_one_event_write_one_line_of_history(store: SuppressionStore) -> None:
    results = [store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE) for _ in range(8)]

    assert results == [True, *[False] * 7]
    assert len(store.history(KEY)) == 1


@pytest.mark.parametrize("order", [[BOUNCE, COMPLAINT], [COMPLAINT, BOUNCE]])
def test_the_stronger_entry_stands_whatever_came_first(
    store: SuppressionStore, order: list[ScopeEntry]
) -> None:
    results = [store.suppress(KEY, EMAIL, ALL_STREAMS, entry) for entry in order]

    assert store.find([KEY])[KEY].scopes[ALL_STREAMS] == COMPLAINT
    assert results == [True, order[1] == COMPLAINT]
    assert [line.evidence for line in store.history(KEY)] == ["feedback 0102", "feedback 0103"]


def test_lifting_lets_the_address_be_mailed_and_keeps_the_history(store: SuppressionStore) -> None:
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)

    assert store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))

    assert store.find([KEY]) == {}
    assert list(store.pages()) == []
    made, lifted = store.history(KEY)
    assert (made.action, made.at, made.reason, made.source, made.evidence) == (
        HistoryAction.SUPPRESSED,
        BOUNCE.since,
        Reason.HARD_BOUNCE,
        "feedback",
        "feedback 0102",
    )
    assert (lifted.action, lifted.at, lifted.scope, lifted.source) == (
        HistoryAction.LIFTED,
        NOON + timedelta(days=1),
        ALL_STREAMS,
        "operator:support",
    )


def test_a_complaint_is_lifted_only_with_a_note_which_the_history_keeps(store: SuppressionStore) -> None:
    store.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)
    later = NOON + timedelta(days=1)

    assert not store.lift(KEY, ALL_STREAMS, source="operator:support", now=later)
    assert store.find([KEY])[KEY].scopes[ALL_STREAMS] == COMPLAINT
    assert len(store.history(KEY)) == 1

    assert store.lift(KEY, ALL_STREAMS, source="operator:support", now=later, note="asked again")
    assert store.find([KEY]) == {}
    assert [line.evidence for line in store.history(KEY)] == [COMPLAINT.evidence, "asked again"]


def test_histories_are_told_of_all_that_were_ever_suppressed(store: SuppressionStore) -> None:
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))
    store.suppress("k1.li", "li.na@example.com", stream_scope("marketing"), COMPLAINT)

    found = store.histories([KEY, "k1.nobody", "k1.li", KEY])

    assert set(found) == {KEY, "k1.li"}
    assert found[KEY] == store.history(KEY)
    assert [line.action for line in found[KEY]] == [HistoryAction.SUPPRESSED, HistoryAction.LIFTED]
    assert store.histories([]) == {}


def test_whoever_left_has_left_still_when_a_bounce_that_hid_it_is_lifted(store: SuppressionStore) -> None:
    left = ScopeEntry(Reason.UNSUBSCRIBED, "recipient", NOON, None, "one click")
    bounce = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON + timedelta(days=1), None, "ses-1")
    for first, second in ((left, bounce), (bounce, left)):
        key = f"k1.{first.source}"
        store.suppress(key, "ana.ruiz@example.com", ALL_STREAMS, first)
        store.suppress(key, "ana.ruiz@example.com", ALL_STREAMS, second)
        assert store.find([key])[key].scopes == {ALL_STREAMS: bounce}

        assert store.lift(key, ALL_STREAMS, source="operator:ana", now=NOON + timedelta(days=2))
        assert store.find([key])[key].scopes == {ALL_STREAMS: left}
        assert store.lift(key, ALL_STREAMS, source="operator:ana", now=NOON + timedelta(days=3))
        assert store.find([key]) == {}


def test_lifting_leaves_other_scopes_alone(store: SuppressionStore) -> None:
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    store.suppress(KEY, EMAIL, stream_scope("marketing"), COMPLAINT)

    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))

    assert dict(store.find([KEY])[KEY].scopes) == {"stream:marketing": COMPLAINT}


def test_lifting_what_does_not_stand_changes_nothing(store: SuppressionStore) -> None:
    assert not store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON)
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    assert not store.lift(KEY, stream_scope("marketing"), source="operator:support", now=NOON)

    assert store.find([KEY])[KEY].scopes[ALL_STREAMS] == BOUNCE
    assert len(store.history(KEY)) == 1


def test_lifting_one_thing_alone_leaves_what_came_meanwhile(store: SuppressionStore) -> None:
    def is_run(entry: ScopeEntry) -> bool:
        return entry.reason is Reason.SOFT_BOUNCES

    run = ScopeEntry(Reason.SOFT_BOUNCES, "feedback", NOON, None, "run")
    store.suppress("k1.ana", "ana.ruiz@example.com", ALL_STREAMS, run)
    hard = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOON, None, "event")
    store.suppress("k1.ana", "ana.ruiz@example.com", ALL_STREAMS, hard)
    assert not store.lift("k1.ana", ALL_STREAMS, source="feedback", now=NOON, only=is_run)
    assert store.find(["k1.ana"])["k1.ana"].scopes == {ALL_STREAMS: hard}

    store.suppress("k1.bo", "bo@example.com", ALL_STREAMS, run)
    assert store.lift("k1.bo", ALL_STREAMS, source="feedback", now=NOON, only=is_run)
    assert store.find(["k1.bo"]) == {}


def test_a_late_copy_does_not_undo_an_operators_lift(store: SuppressionStore) -> None:
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))

    assert not store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)

    assert store.find([KEY]) == {}


def test_a_new_event_after_a_lift_suppresses_again(store: SuppressionStore) -> None:
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))
    again = replace(BOUNCE, since=NOON + timedelta(days=2), evidence="feedback 0200")

    assert store.suppress(KEY, EMAIL, ALL_STREAMS, again)

    assert store.find([KEY])[KEY].scopes[ALL_STREAMS] == again
    assert [line.action.value for line in store.history(KEY)] == ["suppressed", "lifted", "suppressed"]


def test_an_operator_may_suppress_again_with_the_same_evidence(store: SuppressionStore) -> None:
    manual = ScopeEntry(Reason.MANUAL, "operator:support", NOON, None, "ticket 12")
    store.suppress(KEY, EMAIL, ALL_STREAMS, manual)
    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON)

    assert store.suppress(KEY, EMAIL, ALL_STREAMS, replace(manual, since=NOON + timedelta(minutes=1)))

    assert KEY in store.find([KEY])


def test_things_of_one_moment_all_stay_in_the_history(store: SuppressionStore) -> None:
    manual = ScopeEntry(Reason.MANUAL, "operator:support", NOON, None, "")
    store.suppress(KEY, EMAIL, ALL_STREAMS, manual)
    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON)
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)
    store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON)

    assert [line.action.value for line in store.history(KEY)] == ["suppressed", "lifted"] * 2


def test_more_addresses_than_one_request_takes_are_all_found(store: SuppressionStore) -> None:
    keys = [f"k1.{number}" for number in range(101)]
    for key in (keys[0], keys[-1]):
        store.suppress(key, f"{key}@example.com", ALL_STREAMS, BOUNCE)

    assert set(store.find(keys + keys)) == {keys[0], keys[-1]}


def test_pages_hold_every_suppressed_address_once(store: SuppressionStore) -> None:
    keys = [f"k1.{number}" for number in range(6)]
    for key in keys:
        store.suppress(key, f"{key}@example.com", ALL_STREAMS, BOUNCE)
    store.lift("k1.5", ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))

    pages = list(store.pages())

    assert all(pages)
    listed = [suppression.address_key for page in pages for suppression in page]
    assert sorted(listed) == sorted(set(keys) - {"k1.5"})
