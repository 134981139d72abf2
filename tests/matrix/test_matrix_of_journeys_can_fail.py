"""The matrix of journeys can fail: where its protocol is broken, it finds what is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from postroad.journeys import dynamodb_walks
from postroad.journeys.dynamodb_walks import DynamoWalks
from postroad.journeys.running import Engine
from tests.journeys_world import PHASES, Faults
from tests.matrix import test_matrix_of_journeys_at_once as at_once
from tests.matrix.test_matrix_of_journeys import STORIES, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.journeys.enrolment import Enrolment

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch


def struck_out_before_it_is_done(patch: Patch) -> None:
    def finish(self: Engine, walk: Enrolment, *, now: datetime) -> Enrolment:
        plan = self._plans.of(walk)
        if not walk.outbox or plan is None:
            return walk
        self._walks.settle(walk)
        self._doing.do(walk, plan, now=now)
        return replace(walk, outbox=())

    patch.setattr(Engine, "_finish", finish)


def pointed_at_after_it_is_written(patch: Patch) -> None:
    written, point = DynamoWalks.write, DynamoWalks._point

    def write(self: DynamoWalks, before: Enrolment | None, after: Enrolment, *, now: datetime) -> bool:
        patch.setattr(DynamoWalks, "_point", lambda *_args, **_named: None)
        stands = written(self, before, after, now=now)
        patch.setattr(DynamoWalks, "_point", point)
        if stands and after.due is not None:
            point(self, after, after.due, now=now)
        return stands

    patch.setattr(DynamoWalks, "write", write)


def written_over_whatever_stands(patch: Patch) -> None:
    patch.setattr(dynamodb_walks, "_unless_written", lambda _walk: {})


def a_fault_is_found() -> bool:
    """Go through the matrix until something is lost or doubled."""
    calls, wanted = undisturbed("bought")
    for place in range(len(calls)):
        for phase in PHASES.values():
            try:
                if STORIES["bought"](Faults({place: phase})).outcome() != wanted:
                    return True
            except AssertionError:
                return True
    return False


@pytest.mark.parametrize("broken", [struck_out_before_it_is_done, pointed_at_after_it_is_written])
def test_a_broken_protocol_is_found(broken: Callable[[Patch], None], monkeypatch: Patch) -> None:
    undisturbed("bought")
    broken(monkeypatch)
    assert a_fault_is_found()


def test_a_write_that_asks_nothing_is_found(monkeypatch: Patch) -> None:
    written_over_whatever_stands(monkeypatch)
    with pytest.raises(AssertionError):
        at_once.test_a_goal_comes_as_the_walk_is_due()
