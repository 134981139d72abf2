"""Time that passes on a local stack: it stops wherever something is due."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from postroad.local.passing import TOGETHER, Passed, next_stop, pass_time

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Stack:
    """Each thing that is handed out is followed by the next of its list, as a journey's steps are."""

    def __init__(self, *chains: Iterable[timedelta]) -> None:
        self.at = START
        self.chains = [list(chain) for chain in chains]
        self.waiting = {place: START + chain.pop(0) for place, chain in enumerate(self.chains)}
        self.late: list[timedelta] = []

    def now(self) -> datetime:
        return self.at

    def go_to(self, moment: datetime) -> None:
        self.at = max(self.at, moment)

    def due(self) -> Iterable[datetime]:
        return self.waiting.values()

    def settle(self) -> bool:
        for place, due in list(self.waiting.items()):
            if due <= self.at:
                self.late.append(self.at - due)
                del self.waiting[place]
                if self.chains[place]:
                    self.waiting[place] = self.at + self.chains[place].pop(0)
        return True


def test_each_step_of_a_chain_leaves_in_its_hour() -> None:
    stack = Stack([DAY, 3 * DAY, 7 * DAY])
    passed = pass_time(stack, START + 14 * DAY)
    assert passed == Passed(START + 14 * DAY, stops=3, is_quiet=True)
    assert not stack.waiting
    assert all(late < MINUTE for late in stack.late)


def test_what_is_due_later_waits_on() -> None:
    stack = Stack([DAY], [3 * DAY])
    assert pass_time(stack, START + 2 * DAY).stops == 1
    assert list(stack.waiting.values()) == [START + 3 * DAY]


def test_what_is_due_closely_leaves_at_one_stop() -> None:
    stack = Stack(*([DAY + number * timedelta(seconds=10)] for number in range(24)))
    assert pass_time(stack, START + 2 * DAY).stops == 1
    assert len(stack.late) == 24


@given(st.lists(st.integers(min_value=1, max_value=10_000), min_size=1, max_size=30))
def test_nothing_is_left_behind_and_nothing_is_late(minutes: list[int]) -> None:
    stack = Stack(*([number * MINUTE] for number in minutes))
    until = START + 5_000 * MINUTE
    pass_time(stack, until)
    assert sorted(stack.waiting.values()) == sorted(
        START + number * MINUTE for number in minutes if number > 5_000
    )
    assert all(late < TOGETHER + MINUTE for late in stack.late)
    assert stack.at == until


def test_a_stop_is_never_after_the_end() -> None:
    due = START + timedelta(seconds=5)
    until = START + timedelta(seconds=10)
    assert next_stop([due], after=START, until=until) == until
    assert next_stop([due], after=due, until=until) is None
