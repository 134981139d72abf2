"""The bulk path dies at each call in turn: rows before the mark, the mark before the watermark."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from postroad.evidence.memory import MemoryAppliedObjects, MemoryEventObjects, MemoryWatermarks
from postroad.ledger.memory import MemoryLedger
from postroad.suppression.memory import MemorySuppressions
from tests.event_objects import (
    KEY,
    STREAM,
    World,
    at,
    claimed,
    delivery,
    hard_bounce,
    send,
    store,
    told,
)


class Crash(BaseException):
    """The process dies: nothing catches it."""


class Doomed:
    """Stands before a store: at the n-th call of all, the process dies before or after it."""

    def __init__(self, real: Any, step: Callable[[], str]) -> None:  # noqa: ANN401  any store
        self._real = real
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  whatever the method takes
            fate = self._step()
            if fate == "before":
                raise Crash
            answer = getattr(self._real, name)(*arguments, **named)
            if fate == "after":
                raise Crash
            return answer

        return call


STORES = ("ledger", "suppressions", "objects", "applied", "watermarks")
MESSAGES = ("m-1", "m-2", "m-3")


def fresh_world(world: World) -> World:
    world.ledger, world.suppressions = MemoryLedger(), MemorySuppressions()
    world.objects, world.applied, world.watermarks = (
        MemoryEventObjects(),
        MemoryAppliedObjects(),
        MemoryWatermarks(),
    )
    world.threads = 1
    world.events_at_once = 3
    for message in MESSAGES:
        world.ledger.insert(claimed(message))
    store(world, send("m-1"), hard_bounce("m-2"), delivery("m-1"), send("m-2", sent=at(2)), delivery("m-3"))
    return world


@pytest.mark.parametrize("fate", ["before", "after"])
def test_a_crash_at_any_call_leaves_nothing_unsaid_and_is_finished_by_the_next_run(
    world: World, fate: str
) -> None:
    """Rows before the mark, the mark before the watermark: at each point of death this order stands."""
    fresh_world(world).feedback.take([told()])
    ends = ({row.message_id: row for row in world.ledger.rows()}, world.watermarks.read(STREAM))
    died = 0
    for turn in range(60):
        real = {name: getattr(fresh_world(world), name) for name in STORES}
        calls = iter(range(1_000))

        def step(turn: int = turn, calls: Iterator[int] = calls) -> str:
            return fate if next(calls) == turn else ""

        for name in STORES:
            setattr(world, name, Doomed(real[name], step))
        try:
            world.feedback.take([told()])
        except Crash:
            died += 1
        for name in STORES:
            setattr(world, name, real[name])
        is_marked = world.applied.has(KEY)
        assert is_marked or world.watermarks.read(STREAM) is None
        if is_marked:
            assert {row.message_id: row for row in world.ledger.rows()} == ends[0]
        assert world.feedback.take([told()]) == []
        assert ({row.message_id: row for row in world.ledger.rows()}, world.watermarks.read(STREAM)) == ends
        assert len(world.history("m-2@example.com")) == 1
    # has, read; suppress, get_many and its writes, twice; mark; frontier, keys, marks, watermark, frontier.
    assert died >= 12
