"""The search for orders is itself right: it misses none and repeats none."""

from functools import partial
from math import comb

from tests.matrix.gates import Gate
from tests.matrix.turns import Chooser, Turns, every_order


def orders_of(calls: dict[str, int], *, most_switches: int | None = None) -> list[str]:
    """Return which task made each call, in every order that is found."""
    found: list[str] = []

    def case(chooser: Chooser) -> None:
        turns = Turns(chooser)
        made: list[str] = []

        def task(name: str, gate: Gate) -> None:
            for _ in range(calls[name]):
                gate("call", partial(made.append, name))

        gate = turns.gate()
        turns.run({name: partial(task, name, gate) for name in calls})
        found.append("".join(made))

    every_order(case, most_switches=most_switches)
    return found


def test_every_order_of_two_tasks_is_tried() -> None:
    assert len(set(orders_of({"a": 4, "b": 3}))) == comb(7, 3)


def test_every_order_of_three_tasks_is_tried() -> None:
    assert len(set(orders_of({"a": 2, "b": 2, "c": 2}))) == 90


def test_a_bound_takes_the_orders_with_fewest_switches() -> None:
    assert set(orders_of({"a": 2, "b": 1}, most_switches=0)) == {"aab", "baa"}
