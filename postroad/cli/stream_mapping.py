"""The event source mapping of a stream's queue, as an operator's command finds and moves it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from postroad.circuit.lambda_ import LambdaMappings
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.resources import queue_name
from postroad.names import resource_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from postroad.circuit.mapping import MappingState
    from postroad.circuit.ports import Mappings
    from postroad.cli.wiring import Wiring

PAUSE_SECONDS = 1.0


class NoMapping(Problem):
    """Nothing works off the stream's queue."""

    def __init__(self, function: str, queue: str, *, stage: str) -> None:
        super().__init__(
            f"The function {function} has no event source mapping from the queue {queue}.",
            f"Deploy the stage again: npx cdk deploy --all -c stage={stage}",
            ExitCode.NOT_FOUND,
        )


class StreamMapping:
    """One stream's mapping."""

    def __init__(self, stream: str, mappings: Mappings) -> None:
        """Move the mapping of `stream`."""
        self._stream = stream
        self._mappings = mappings

    @classmethod
    def find(cls, wiring: Wiring, stream: str) -> StreamMapping:
        """Find the mapping from the stream's queue to its function; raises NoMapping if there is none."""
        function = resource_name(wiring.stage, f"send-{stream}")
        queue = queue_name(wiring.mail.stream_queue(stream))
        found = _find(wiring.lambda_, function, queue)
        if found is None:
            raise NoMapping(function, queue, stage=wiring.stage)
        return cls(stream, LambdaMappings(wiring.lambda_, {stream: found}))

    def read(self) -> MappingState:
        """Return where it stands."""
        return self._mappings.read(self._stream)

    def settle(
        self,
        *,
        enabled: bool,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> MappingState:
        """Have it enabled or disabled, wait so many seconds until it is, and return where it then stands."""
        end = now() + seconds
        while True:
            # Asked for anew each time: one that was on its way to the other end refused the first time.
            state = settle(self._mappings, self._stream, enabled=enabled)
            left = end - now()
            if state.is_settled(enabled=enabled) or left <= 0:
                return state
            pause(min(PAUSE_SECONDS, left))


def settle(mappings: Mappings, stream: str, *, enabled: bool) -> MappingState:
    """Let a mapping stand where it shall, if it doesn't, and return where it stands now.

    One that is on its way is left alone: Lambda refuses to change it, and whoever comes in a minute looks
    again. Raises MappingsUnavailableError.
    """
    state = mappings.read(stream)
    return mappings.ask(stream, enabled=enabled) if state.contradicts(enabled=enabled) else state


def _find(client: LambdaClient, function: str, queue: str) -> str | None:
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    with suppress(client.exceptions.ResourceNotFoundException):  # there is not even the function
        for page in pages:
            for mapping in page["EventSourceMappings"]:
                if mapping.get("EventSourceArn", "").rpartition(":")[2] == queue:
                    return mapping["UUID"]
    return None
