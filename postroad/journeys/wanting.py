"""Whether a mail that has waited is still wanted by the walk that decided to send it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.journeys.enrolment import Ended

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postroad.journeys.enrolment import Enrolment

_CUT_SHORT = frozenset({Ended.GOAL, Ended.LEFT, Ended.REMOVED, Ended.FAULT})


def is_wanted(enrolment_id: str, standing: Iterable[Enrolment]) -> bool:
    """Say whether the mail of a walk may still leave; `standing` are the contact's latest walks.

    It may while the walk goes on, and where it came to its end or to a step `exit` by itself. It may not
    where something cut the walk short, or another walk stands in its place.
    """
    walk = next((each for each in standing if each.enrolment_id == enrolment_id), None)
    return walk is not None and not is_cut_short(walk)


def is_cut_short(walk: Enrolment) -> bool:
    """Say whether something else than its own steps ended a walk. A step `exit` always gives a reason."""
    return walk.ended in _CUT_SHORT or (walk.ended is Ended.EXIT and not walk.reason)
