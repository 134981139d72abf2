"""Lets time pass on a local stack: from one thing that is due to the next, as if somebody had waited.

A leap over two weeks would find the mail of day three late by eleven days, and all that follows from it. So
the clock stops wherever something is due, has dispatch hand it out, and goes on once all has come to rest.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Protocol

import boto3

from postroad.local.clock import offset_of, put_ahead
from postroad.local.connection import connection
from postroad.local.deploy import stack_outputs
from postroad.local.errors import LocalCloudError
from postroad.local.inbox import Inbox
from postroad.local.quiet import is_quiet, wait_until_quiet
from postroad.names import LOCAL_STAGE, resource_name
from postroad.schedule.dynamodb import DynamoSchedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_lambda import LambdaClient

    from postroad.local.state import State

TOGETHER = timedelta(minutes=5)
"""What is due within so long of each other is handed out at one stop: a campaign spread over an hour makes a
dozen stops, not sixty. So nothing is later than this."""
END_OF_MINUTE = timedelta(seconds=58)
PAGE = 1000


class Stack(Protocol):
    """What passing time needs of a stack."""

    def now(self) -> datetime:
        """Return the stack's time."""

    def go_to(self, moment: datetime) -> None:
        """Let it be this time, if it is earlier now."""

    def due(self) -> Iterable[datetime]:
        """Return when each thing is due that waits, in any order; what is overdue among them."""

    def settle(self) -> bool:
        """Have what is due handed out, and wait until nothing moves; False where something still does."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Where the clock stands, at how many times something was handed out, and whether all came to rest."""

    now: datetime
    stops: int
    is_quiet: bool


def pass_time(
    stack: Stack,
    until: datetime,
    *,
    together: timedelta = TOGETHER,
    tell: Callable[[datetime], object] = lambda _: None,
) -> Passed:
    """Go from stop to stop up to `until`, and be there. `tell` hears of each stop."""
    stops, quiet = 0, stack.settle()
    while stop := next_stop(stack.due(), after=stack.now(), until=until, together=together):
        tell(stop)
        stack.go_to(stop)
        stops, quiet = stops + 1, stack.settle()
    stack.go_to(until)
    return Passed(stack.now(), stops, stack.settle() and quiet)


def next_stop(
    due: Iterable[datetime], *, after: datetime, until: datetime, together: timedelta = TOGETHER
) -> datetime | None:
    """Return when to stop next: the end of the minute in which something is due. None if nothing is."""
    ahead = [each for each in due if after < each <= until]
    if not ahead:
        return None
    first = min(ahead)
    last = max(each for each in ahead if each - first < together)
    # Handed out earlier, a queue would hide it till its second; later, also what the minute after next holds.
    return min(last.replace(second=0, microsecond=0) + END_OF_MINUTE, max(until, last))


class LocalStack:
    """`Stack` over one that runs; `close` gives the connections back."""

    def __init__(self, state: State) -> None:
        """Use the stack's own outputs for every name."""
        self._state = state
        self._outputs = stack_outputs(state)
        self._sqs = boto3.client("sqs", **connection(state))
        self._dynamodb = boto3.client("dynamodb", **connection(state))
        self._functions: LambdaClient = boto3.client("lambda", **connection(state))
        self._schedule = DynamoSchedule(self._dynamodb, self._outputs["ScheduleTable"])
        self._inbox = Inbox(state.inbox)

    def close(self) -> None:
        """Give the connections back."""
        for each in (self._sqs, self._dynamodb, self._functions, self._inbox):
            each.close()

    def now(self) -> datetime:
        """Return the stack's time; see `Stack`."""
        return datetime.now(UTC) + offset_of(self._state)

    def go_to(self, moment: datetime) -> None:
        """Let it be this time; see `Stack`."""
        ahead = timedelta(seconds=ceil((moment - datetime.now(UTC)).total_seconds()))
        if ahead > offset_of(self._state):
            put_ahead(self._state, ahead)

    def due(self) -> Iterable[datetime]:
        """Return when what waits is due; see `Stack`."""
        start = None
        while True:
            page = self._schedule.page(start, limit=PAGE)
            for pointer in page.pointers:
                yield max(pointer.due, pointer.minute)
            start = page.next_key
            if start is None:
                return

    def settle(self) -> bool:
        """Have dispatch look, and wait; see `Stack`."""
        self.dispatch()
        return wait_until_quiet(lambda: is_quiet(self._sqs, self._outputs, self._inbox))

    def dispatch(self) -> None:
        """Have dispatch hand out what is due, as it does each minute. Raises LocalCloudError."""
        # Like a rule's, this is the machine's minute: the function adds by how much the stack lives ahead.
        event = {"time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        name = resource_name(LOCAL_STAGE, "dispatch")
        answer = self._functions.invoke(FunctionName=name, Payload=json.dumps(event))
        with closing(answer["Payload"]) as payload:
            if answer.get("FunctionError"):
                told = payload.read().decode("utf-8", errors="replace")
                raise LocalCloudError(f"dispatch failed: {told[:500]}; see {self._state.logs / 'cloud.log'}")
