"""A gate before each call that a function makes: there the function dies, or the call goes wrong.

A call is known by `port.method`. The five phases of a fault at one call are in `PHASES`; a crash is a
BaseException, so that nothing that catches errors swallows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from postroad.errors import TransientError, UnknownOutcomeError
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.sending.decisions import Why
from postroad.sending.errors import SesBusyError

REQUEST = "ses.send"
"""The one call whose repetition mails somebody twice."""

THROTTLED_CALLS = 3
"""So many calls in a row are refused while a store is throttled: more than one retry would outlive."""


class DiedError(BaseException):
    """The function's process is gone."""


Call = Callable[[], Any]
Gate = Callable[[str, Call], Any]
Phase = Callable[[str, Call], Any]


SILENT: dict[str, Callable[[], Any]] = {
    "queue.postpone": lambda: None,
    "bus.publish": set,
    "canaries.send": lambda: CanaryAnswer(CanaryOutcome.UNKNOWN),
}
"""Calls whose port never raises, with what it returns where something went wrong."""


def _goes_wrong(name: str, what: str) -> Any:  # noqa: ANN401  whatever the port returns
    if name in SILENT:
        return SILENT[name]()
    raise UnknownOutcomeError(what) if name == REQUEST else TransientError(what)


def plain(_: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
    return call()


def dies_before(_: str, __: Call) -> Any:  # noqa: ANN401  as above
    raise DiedError


def dies_after(_: str, call: Call) -> Any:  # noqa: ANN401  as above
    call()
    raise DiedError


def answer_lost(name: str, call: Call) -> Any:  # noqa: ANN401  as above
    call()
    return _goes_wrong(name, "no answer")


def request_lost(name: str, _: Call) -> Any:  # noqa: ANN401  as above
    return _goes_wrong(name, "no answer")


def throttled(name: str, _: Call) -> Any:  # noqa: ANN401  as above
    if name == REQUEST:
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")
    return _goes_wrong(name, "throttled")


PHASES: dict[str, Phase] = {
    "dies before": dies_before,
    "dies after": dies_after,
    "answer lost": answer_lost,
    "request lost": request_lost,
    "throttled": throttled,
}


@dataclass
class Watched:
    """A port each of whose methods goes through a gate, under the name `port.method`."""

    port: str
    inner: Any
    gate: Gate

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401  a method of any port
        found = getattr(self.inner, method)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  as the port's own
            return self.gate(f"{self.port}.{method}", lambda: found(*args, **kwargs))

        return call


@dataclass
class FaultAt:
    """Spoils the k-th call (from 0) that passes, and no other; throttling lasts a few calls."""

    place: int
    phase: Phase
    inner: Gate = plain
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
        place = len(self.names)
        self.names.append(name)
        last = self.place + (THROTTLED_CALLS if self.phase is throttled else 1)
        if self.place <= place < last:
            return self.phase(name, lambda: self.inner(name, call))
        return self.inner(name, call)

    @property
    def struck(self) -> bool:
        return len(self.names) > self.place


@dataclass
class FaultOn:
    """Spoils the calls of one name, as often as told, and lets all others through."""

    name: str
    phase: Phase
    times: int = 1
    inner: Gate = plain

    def __call__(self, name: str, call: Call) -> Any:  # noqa: ANN401  as above
        if name == self.name and self.times > 0:
            self.times -= 1
            return self.inner(name, lambda: self.phase(name, call))
        return self.inner(name, call)
