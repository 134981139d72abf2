"""What sending works on, with a gate before each call: there it can be spoiled, killed or made to wait."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from postroad.bodies.memory import MemoryBodies
from postroad.circuit.memory import MemoryBreaker
from postroad.contract.words import Reason
from postroad.errors import TransientError, UnknownOutcomeError
from postroad.evidence.memory import MemoryWatermarks
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.ledger.updating import apply_change
from postroad.records import Record
from postroad.schedule.memory import MemorySchedule
from postroad.sending.decisions import Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError
from postroad.sending.memory import MemoryAttachments, MemoryDeadLetters, MemoryMailer, MemoryPostponement
from postroad.suppression.memory import MemorySuppressions
from tests.sending_world import SETTINGS, World

WAIT = 10
"""Seconds; a turn that takes longer never comes."""


class DiedError(BaseException):
    """A crash that no `except Exception` swallows."""


Call = Callable[[], object]
Gate = Callable[[str, Call], object]


class Watched:
    """A port each of whose calls goes through a gate, under the name `port.method`."""

    def __init__(self, port: str, inner: object, gate: Gate) -> None:
        self._port = port
        self._inner = inner
        self._gate = gate

    def __getattr__(self, method: str) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            return self._gate(f"{self._port}.{method}", lambda: getattr(self._inner, method)(*args, **kwargs))

        return call


class WatchedLedger(Watched):
    """`apply` is made of reads and writes, each of which may fail."""

    def apply(self, message_id: str, change: Callable[[Row], Row | None]) -> Row | None:
        return apply_change(cast("MemoryLedger", self), message_id, change)

    def insert_many(self, rows: Sequence[Row]) -> object:
        return self._many("insert_many", rows)

    def replace_many(self, rows: Sequence[Row]) -> object:
        return self._many("replace_many", rows)

    def _many(self, method: str, rows: Sequence[Row]) -> object:
        """Never raise a TransientError: each row has an outcome of its own."""
        try:
            return self._gate(f"{self._port}.{method}", lambda: getattr(self._inner, method)(rows))
        except TransientError as error:
            return [error] * len(rows)


@dataclass
class Stores:
    """What outlives a function: the queue and everything that it works on."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    attachments: MemoryAttachments = field(default_factory=MemoryAttachments)
    suppressions: MemorySuppressions = field(default_factory=MemorySuppressions)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    pointers: MemorySchedule = field(default_factory=MemorySchedule)
    watermarks: MemoryWatermarks = field(default_factory=MemoryWatermarks)
    breaker: MemoryBreaker = field(default_factory=MemoryBreaker)
    queue: dict[str, Record] = field(default_factory=dict)

    def world(self, gate: Gate, **changes: Any) -> World:  # noqa: ANN401  any of the settings
        """Return a function over these stores, one message at a time so that every run is the same."""

        def watched(port: str, inner: object) -> Any:  # noqa: ANN401  stands for any port
            return Watched(port, inner, gate)

        return World(
            settings=replace(SETTINGS, threads=1, **changes),
            ledger=cast("MemoryLedger", WatchedLedger("ledger", self.ledger, gate)),
            bodies=watched("bodies", self.bodies),
            mailer=cast("MemoryMailer", MailerGate(self.mailer, gate)),
            attachments=watched("attachments", self.attachments),
            suppressions=watched("suppressions", self.suppressions),
            dead_letters=watched("dead_letters", self.dead_letters),
            postponement=watched("postponement", MemoryPostponement()),
            pointers=watched("pointers", self.pointers),
            watermarks=watched("watermarks", self.watermarks),
            breaker=self.breaker,
        )


class MailerGate(Watched):
    """Only `send` is worth a fault; `wake` does nothing in memory."""

    def __init__(self, inner: MemoryMailer, gate: Gate) -> None:
        super().__init__("mailer", inner, gate)

    def wake(self, now: object) -> None:
        pass


def dies_before(_: str, __: Call) -> object:
    raise DiedError


def dies_after(_: str, call: Call) -> object:
    call()
    raise DiedError


def fails_before(name: str, _: Call) -> object:
    raise SesBusyError(Why.THROTTLED, "TooManyRequestsException") if name == "mailer.send" else TransientError


def fails_after(name: str, call: Call) -> object:
    call()
    raise UnknownOutcomeError if name == "mailer.send" else TransientError


def breaks_before(_: str, __: Call) -> object:
    raise ZeroDivisionError


def is_unusable(name: str, _: Call) -> object:
    raise SesUnusableError(Why.SENDING_PAUSED, "") if name == "mailer.send" else TransientError


def refuses(name: str, _: Call) -> object:
    raise RefusedBySesError(Reason.MESSAGE_REJECTED, "") if name == "mailer.send" else TransientError


FAULTS = [dies_before, dies_after, fails_before, fails_after, breaks_before, is_unusable, refuses]
Fault = Callable[[str, Call], object]


class FaultyGate:
    """Lets calls through but for those that it was told to spoil."""

    def __init__(self, faults: dict[int, Fault]) -> None:
        self.faults = faults
        self.names: list[str] = []

    def __call__(self, name: str, call: Call) -> object:
        self.names.append(name)
        fault = self.faults.get(len(self.names) - 1)
        return call() if fault is None else fault(name, call)


def plain(_: str, call: Call) -> object:
    return call()


def spoiled_sending(fault: Fault) -> Gate:
    """Spoil the first request to SES."""
    spoiled: list[str] = []

    def gate(name: str, call: Call) -> object:
        if name == "mailer.send" and not spoiled:
            spoiled.append(name)
            return fault(name, call)
        return call()

    return gate


class AfterAcceptance:
    """Lets something happen before one of the calls that follow SES's acceptance, counted from 0."""

    def __init__(self, stores: Stores, moment: int, happens: Call, inner: Gate) -> None:
        self._stores = stores
        self._left = moment
        self._happens = happens
        self._inner = inner

    def __call__(self, name: str, call: Call) -> object:
        if self._stores.mailer.mails:
            if self._left == 0:
                self._happens()
            self._left -= 1
        return self._inner(name, call)


class Turns:
    """Lets two functions take turns: A makes some calls, then B some, then A all of its, then B the rest."""

    def __init__(self, first: int, second: int) -> None:
        self._left = {"A": first, "B": second}
        self._turn = "A"
        self._done: set[str] = set()
        self._changed = threading.Condition()

    def gate(self, who: str, inner: Gate) -> Gate:
        def pass_through(name: str, call: Call) -> object:
            with self._changed:
                if self._left[who] == 0:
                    self._turn = "B" if who == "A" and "B" not in self._done else "A"
                    self._changed.notify_all()
                self._left[who] -= 1
                self._changed.wait_for(lambda: self._turn == who or self._others(who) <= self._done, WAIT)
            return inner(name, call)

        return pass_through

    def run(self, who: str, work: Callable[[], None]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._turn == who, WAIT)
        try:
            work()
        finally:
            with self._changed:
                self._done.add(who)
                self._turn = "B" if who == "A" else "A"
                self._changed.notify_all()

    @staticmethod
    def _others(who: str) -> set[str]:
        return {"A", "B"} - {who}
