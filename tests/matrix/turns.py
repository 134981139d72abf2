"""Several functions at once, one call at a time: every order in which their calls can fall is tried.

Each task is a greenlet that stops before each of its calls. A run is told whose turn it is at each step; the
search replays it with every other choice, up to a number of switches away from a task that could go on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from greenlet import greenlet

from tests.matrix.gates import Call, Gate, plain


@dataclass
class Chooser:
    """Follows the given choices; after them whoever has the turn goes on to its end."""

    given: list[str]
    taken: list[str] = field(default_factory=list)
    able: list[list[str]] = field(default_factory=list)

    def choose(self, current: str, able: list[str]) -> str:
        step = len(self.taken)
        usual = current if current in able else able[0]
        choice = self.given[step] if step < len(self.given) else usual
        self.taken.append(choice)
        self.able.append(able)
        return choice


class Turns:
    """Tasks that stop before each call and go on when it is their turn."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self._hub = greenlet.getcurrent()

    def gate(self, inner: Gate = plain) -> Gate:
        def stop(name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
            self._hub.switch()
            return inner(name, call)

        return stop

    def run(self, tasks: Mapping[str, Callable[[], object]]) -> None:
        alive = {name: greenlet(task) for name, task in tasks.items()}
        for each in alive.values():
            each.switch()  # up to its first call: what comes before it concerns nobody else
        alive = {name: each for name, each in alive.items() if not each.dead}
        current = ""
        while alive:
            current = self._chooser.choose(current, sorted(alive))
            alive[current].switch()
            alive = {name: each for name, each in alive.items() if not each.dead}


def every_order(
    case: Callable[[Chooser], None], *, most_switches: int | None = None, most: int = 100_000
) -> int:
    """Run `case` with every order of turns; return how many there were.

    `most_switches` bounds how often a task is interrupted that could go on: None takes every order there is.
    """
    waiting: list[tuple[list[str], int]] = [([], 0)]
    count = 0
    while waiting:
        given, switches = waiting.pop()
        chooser = Chooser(given)
        case(chooser)
        count += 1
        if count > most:
            raise AssertionError(f"more than {most} orders: bound the switches")
        for step in range(len(given), len(chooser.taken)):
            able, usual = chooser.able[step], chooser.taken[step]
            # A switch is free where the task that had the turn is at its end.
            cost = int(step > 0 and chooser.taken[step - 1] in able)
            if most_switches is not None and switches + cost > most_switches:
                continue
            waiting.extend(
                ([*chooser.taken[:step], other], switches + cost) for other in able if other != usual
            )
    return count
