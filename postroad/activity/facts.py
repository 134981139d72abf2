"""What is known of a contact from all that they did: how many orders, for how much, when the last. Pure.

Facts are kept and not the events themselves, which are forgotten: each event changes them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postroad.activity.event import Event

Fact = int | float | str
_LARGEST = 2**53
"""Beyond it, programs that read JSON round whole numbers (RFC 8259, section 6), and sums have no end."""
_DIGITS = 6
"""Sums of money are rounded to so many digits, else tenths add up to what nobody can compare."""


class How(StrEnum):
    """What becomes of the events."""

    COUNT = "count"
    SUM = "sum"
    LATEST = "latest"
    """When the last was, as `2026-11-22T14:03:11+00:00`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One fact: of which event, and how. A sum is over one of its properties."""

    fact: str
    event: str
    how: How
    of: str = ""


def with_event(facts: Mapping[str, Fact], event: Event, rules: Iterable[Rule]) -> dict[str, Fact]:
    """Return the facts once this event has happened too. A property that is no number adds nothing."""
    after = dict(facts)
    for rule in rules:
        if rule.event == event.name:
            after[rule.fact] = _changed(after.get(rule.fact), event, rule)
    return after


def _changed(before: Fact | None, event: Event, rule: Rule) -> Fact:
    match rule.how:
        case How.COUNT:
            return (before if isinstance(before, int) else 0) + 1
        case How.SUM:
            known = before if isinstance(before, int | float) else 0
            return round(known + _number(event.properties.get(rule.of)), _DIGITS)
        case How.LATEST:
            at = event.at.isoformat()
            return max(before, at) if isinstance(before, str) else at


def _number(value: Any) -> int | float:  # noqa: ANN401 - whatever a property holds
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if abs(value) <= _LARGEST else 0
