from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

from postroad.activity.event import Event
from postroad.activity.facts import How, Rule, with_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.activity.facts import Fact

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
RULES = (
    Rule("orders", "order.placed", How.COUNT),
    Rule("spent", "order.placed", How.SUM, "total"),
    Rule("last_order", "order.placed", How.LATEST),
)


def ordered(*totals: object) -> list[Event]:
    return [
        Event("order.placed", NOW + timedelta(days=day), f"e{day}", {"total": total})
        for day, total in enumerate(totals)
    ]


def facts_of(events: Sequence[Event]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for event in events:
        facts = with_event(facts, event, RULES)
    return facts


def test_events_are_counted_summed_and_the_last_is_known() -> None:
    assert facts_of(ordered(0.1, 0.2, 20)) == {
        "orders": 3,
        "spent": 20.3,
        "last_order": "2026-11-25T08:00:00+00:00",
    }


def test_the_order_of_events_does_not_matter() -> None:
    events = ordered(0.1, 0.2, 0.7, 5)
    assert len({str(sorted(facts_of(each).items())) for each in permutations(events)}) == 1


def test_what_is_no_number_adds_nothing() -> None:
    assert facts_of(ordered("20", None, True, [1], 5))["spent"] == 5


def test_other_events_change_nothing() -> None:
    assert with_event({"orders": 1}, Event("cart.filled", NOW, "e"), RULES) == {"orders": 1}
