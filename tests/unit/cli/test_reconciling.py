"""What becomes of each difference between SES's list and ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.account.listing import ListedAddress, ListReason
from postroad.cli.suppression.reconciling import Todo, imported, missing, settle, still_due
from postroad.contract.words import Reason
from postroad.suppression.change import lifting, suppressing
from postroad.suppression.model import ALL_STREAMS, HistoryEntry, ScopeEntry, Suppression, stream_scope

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEY = "k1.ana"
EMAIL = "ana.ruiz@example.com"
WEAK = [Reason.MANUAL, Reason.SOFT_BOUNCES, Reason.UNSUBSCRIBED, Reason.ON_ACCOUNT_SUPPRESSION_LIST]


def listed(reason: ListReason = ListReason.BOUNCE, at: datetime = NOON) -> ListedAddress:
    return ListedAddress(EMAIL, reason, at)


def here(reason: Reason, *, until: datetime | None = None, scope: str = ALL_STREAMS) -> Suppression:
    return Suppression(KEY, EMAIL, {scope: ScopeEntry(reason, "feedback", NOON, until, "event-1")})


def lifted(reason: Reason, at: datetime) -> list[HistoryEntry]:
    standing = Suppression(
        KEY, EMAIL, {ALL_STREAMS: ScopeEntry(reason, "feedback", at - DAY, None, "event-1")}
    )
    change = lifting(standing, (), scope=ALL_STREAMS, source="operator:ana", now=at, note="asked")
    assert change is not None
    return [change.history]


def todo(
    entry: ListedAddress, standing: Suppression | None, history: list[HistoryEntry] | None = None
) -> Todo | None:
    step = settle(entry, KEY, standing, history or [], now=NOON + DAY)
    return step.todo if step else None


def test_the_same_reason_on_both_sides_needs_nothing() -> None:
    assert todo(listed(), here(Reason.HARD_BOUNCE)) is None
    assert todo(listed(ListReason.COMPLAINT), here(Reason.COMPLAINT)) is None


@pytest.mark.parametrize("reason", ListReason)
def test_what_we_do_not_know_is_imported(reason: ListReason) -> None:
    assert todo(listed(reason), None) is Todo.IMPORT


@pytest.mark.parametrize("reason", WEAK)
def test_what_stands_here_for_less_is_imported_too(reason: Reason) -> None:
    assert todo(listed(), here(reason)) is Todo.IMPORT


def test_a_suppression_of_one_stream_is_not_the_one_that_ses_means() -> None:
    assert todo(listed(), here(Reason.HARD_BOUNCE, scope=stream_scope("marketing"))) is Todo.IMPORT


def test_a_complaint_outranks_a_bounce_on_either_side() -> None:
    assert todo(listed(ListReason.COMPLAINT), here(Reason.HARD_BOUNCE)) is Todo.IMPORT
    assert todo(listed(ListReason.BOUNCE), here(Reason.COMPLAINT)) is Todo.PUT


def test_what_was_lifted_here_since_is_taken_off() -> None:
    assert todo(listed(), None, lifted(Reason.HARD_BOUNCE, NOON + HOUR)) is Todo.DELETE
    assert todo(listed(ListReason.COMPLAINT), None, lifted(Reason.COMPLAINT, NOON + HOUR)) is Todo.DELETE


def test_a_bounce_after_the_lifting_is_a_new_one() -> None:
    history = lifted(Reason.HARD_BOUNCE, NOON - HOUR)
    assert todo(listed(), None, history) is Todo.IMPORT


def test_what_was_lifted_by_a_clock_that_was_behind_is_taken_off() -> None:
    change = lifting(here(Reason.HARD_BOUNCE), (), scope=ALL_STREAMS, source="operator:ana", now=NOON - HOUR)
    assert change is not None
    assert todo(listed(), None, [change.history]) is Todo.DELETE


def test_one_whose_address_was_erased_stays_off_the_list() -> None:
    assert missing(replace(here(Reason.HARD_BOUNCE), email=""), now=NOON + DAY) is None


def test_lifting_a_bounce_says_nothing_of_a_complaint() -> None:
    assert todo(listed(ListReason.COMPLAINT), None, lifted(Reason.HARD_BOUNCE, NOON + HOUR)) is Todo.IMPORT


@pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED, Reason.SOFT_BOUNCES, Reason.MANUAL])
def test_lifting_something_else_says_nothing_of_a_bounce(reason: Reason) -> None:
    assert todo(listed(), None, lifted(reason, NOON + HOUR)) is Todo.IMPORT


def test_who_left_after_the_lifting_is_taken_off_all_the_same() -> None:
    assert todo(listed(), here(Reason.UNSUBSCRIBED), lifted(Reason.HARD_BOUNCE, NOON + HOUR)) is Todo.DELETE


def test_a_bounce_after_a_complaint_was_lifted_replaces_it_on_the_list() -> None:
    history = lifted(Reason.COMPLAINT, NOON + HOUR)
    assert todo(listed(ListReason.COMPLAINT), here(Reason.HARD_BOUNCE), history) is Todo.PUT


def test_what_has_ended_here_does_not_stand_here() -> None:
    assert todo(listed(), here(Reason.HARD_BOUNCE, until=NOON + HOUR)) is Todo.IMPORT


@pytest.mark.parametrize("reason", [Reason.HARD_BOUNCE, Reason.COMPLAINT])
def test_bounces_and_complaints_that_ses_lacks_are_put_there(reason: Reason) -> None:
    step = missing(here(reason), now=NOON + DAY)
    assert step is not None
    assert (step.todo, step.email, step.here) == (Todo.PUT, EMAIL, reason)


@pytest.mark.parametrize("reason", [*WEAK, Reason.SES_SUPPRESSED])
def test_nothing_else_ever_goes_to_ses(reason: Reason) -> None:
    assert missing(here(reason), now=NOON) is None
    step = settle(listed(), KEY, here(reason), lifted(Reason.HARD_BOUNCE, NOON + HOUR), now=NOON + DAY)
    assert step is not None
    assert still_due(step, here(reason), now=NOON + DAY) is None


def test_what_heals_or_stops_one_stream_does_not_go_to_ses() -> None:
    assert missing(here(Reason.HARD_BOUNCE, until=NOON + 2 * DAY), now=NOON + DAY) is None
    assert missing(here(Reason.COMPLAINT, scope=stream_scope("marketing")), now=NOON) is None


def test_before_ses_is_told_what_changed_meanwhile_counts() -> None:
    step = missing(here(Reason.HARD_BOUNCE), now=NOON)
    assert step is not None
    assert still_due(step, here(Reason.HARD_BOUNCE), now=NOON) is ListReason.BOUNCE
    assert still_due(step, here(Reason.COMPLAINT), now=NOON) is ListReason.COMPLAINT
    assert still_due(step, None, now=NOON) is None


def test_two_readings_of_one_entry_are_imported_as_one() -> None:
    step = settle(listed(), KEY, None, [], now=NOON + HOUR)
    later = settle(listed(), KEY, None, [], now=NOON + DAY)
    assert step is not None
    assert later is not None
    new = imported(step)
    assert new == imported(later)
    assert (new.scope, new.entry.reason, new.entry.source, new.entry.since) == (
        ALL_STREAMS,
        Reason.HARD_BOUNCE,
        "ses",
        NOON,
    )
    first = suppressing(Suppression(KEY, EMAIL, {}), [], email=EMAIL, scope=ALL_STREAMS, entry=new.entry)
    assert first is not None
    again = suppressing(
        Suppression(KEY, EMAIL, {}), [first.history], email=EMAIL, scope=ALL_STREAMS, entry=new.entry
    )
    assert again is None, "a late copy of what was lifted has no effect"


def test_what_ses_does_not_list_cannot_be_imported() -> None:
    step = missing(here(Reason.HARD_BOUNCE), now=NOON)
    assert step is not None
    with pytest.raises(ValueError, match="only what SES lists"):
        imported(replace(step, listed=None))
