"""Compares SES's suppression list with ours, and carries out what makes them agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from postroad.account.errors import AddressRefusedError
from postroad.account.listing import SECONDS_BETWEEN
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.reconciling import Step, Todo, imported, missing, settle, still_due
from postroad.load.making import MAILBOXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from postroad.account.listing import AccountList, ListedAddress
    from postroad.cli.wiring import Recipient
    from postroad.suppression.ports import SuppressionStore

Each = TypeVar("Each")
BATCH = 100
"""As many addresses as one BatchGetItem reads."""


@dataclass(slots=True)
class Comparison:
    """What differs, and how much was compared."""

    listed: int = 0
    agree: int = 0
    steps: list[Step] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Addresses on SES's list that are none to us: they are left alone."""

    def of(self, todo: Todo) -> list[Step]:
        """Return the steps of one kind."""
        return [step for step in self.steps if step.todo is todo]

    @property
    def seconds(self) -> float:
        """Return how long SES's own list takes to be changed, at the rate that SES allows."""
        return SECONDS_BETWEEN * sum(step.todo is not Todo.IMPORT for step in self.steps)


@dataclass(slots=True)
class Done:
    """What was carried out. `overtaken`: what changed here in between, and is right by now."""

    imported: int = 0
    put: int = 0
    deleted: int = 0
    overtaken: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def all(self) -> int:
        """Return how many steps are behind us."""
        return self.imported + self.put + self.deleted + self.overtaken + len(self.refused)


def compare(
    theirs: AccountList,
    ours: SuppressionStore,
    *,
    recipient: Callable[[str], Recipient],
    now: Callable[[], datetime],
    on_progress: Callable[[int], object],
) -> Comparison:
    """Read both lists and say what differs; nothing is written.

    Ours is read after SES's, so that a bounce in between is on both. `on_progress` is told how many entries
    of SES's list were read. Memory grows with SES's list, by a key for each entry.
    """
    found = Comparison()
    keys: set[str] = set()
    for page in theirs.pages():
        for some in _portions(page):
            _settle(some, ours, found, keys, recipient=recipient, now=now)
        found.listed += len(page)
        on_progress(found.listed)
    for standing in ours.pages():
        for each in standing:
            if each.address_key in keys or each.email.endswith(f"@{MAILBOXES}"):
                continue  # SES lists none of its own simulator's
            if step := missing(each, now=now()):
                found.steps.append(step)
    return found


def _settle(
    page: Sequence[ListedAddress], ours: SuppressionStore, found: Comparison, keys: set[str], *,
    recipient: Callable[[str], Recipient], now: Callable[[], datetime],
) -> None:  # fmt: skip
    known: list[tuple[ListedAddress, str]] = []
    for listed in page:
        try:
            known.append((listed, recipient(listed.email).key))
        except Problem as problem:
            if problem.code is not ExitCode.USAGE:
                raise
            found.unreadable.append(listed.email)
    keys.update(key for _, key in known)
    standing = ours.find([key for _, key in known])
    differ = [(listed, key) for listed, key in known if settle(listed, key, standing.get(key), (), now=now())]
    histories = ours.histories([key for _, key in differ])
    for listed, key in differ:
        if step := settle(listed, key, standing.get(key), histories.get(key, ()), now=now()):
            found.steps.append(step)
    found.agree += len(known) - len(differ)


def carry_out(
    steps: Sequence[Step],
    theirs: AccountList,
    ours: SuppressionStore,
    *,
    done: Done,
    now: Callable[[], datetime],
    on_progress: Callable[[int], object],
) -> None:
    """Import first, which is quick, and then change SES's list, which takes a second for each address.

    Counts in `done`, so that whoever catches an error knows how far it came. What SES refuses for good is
    noted, and the rest goes on. Each address is looked at once more before SES is told: it may have been
    lifted, or have bounced, since the lists were compared.
    """
    new = [imported(step) for step in steps if step.todo is Todo.IMPORT]
    for some in _portions(new):
        changed = sum(ours.suppress_many(some))
        done.imported += changed
        done.overtaken += len(some) - changed
        on_progress(done.all)
    for step in steps:
        if step.todo is not Todo.IMPORT:
            _tell(step, theirs, ours, done, now=now)
            on_progress(done.all)


def _tell(
    step: Step, theirs: AccountList, ours: SuppressionStore, done: Done, *, now: Callable[[], datetime]
) -> None:
    reason = still_due(step, ours.find([step.key]).get(step.key), now=now())
    if (reason is None) is (step.todo is Todo.PUT):
        done.overtaken += 1
        return
    try:
        if reason is not None:
            theirs.put(step.email, reason)
            done.put += 1
        elif theirs.delete(step.email):
            done.deleted += 1
        else:
            done.overtaken += 1
    except AddressRefusedError:
        done.refused.append(step.email)


def _portions(everything: Sequence[Each]) -> Iterator[Sequence[Each]]:
    for start in range(0, len(everything), BATCH):
        yield everything[start : start + BATCH]


def step_record(step: Step) -> dict[str, Any]:
    """Return one difference as a JSON object."""
    return {
        "email": step.email,
        "do": step.todo,
        "here": step.here,
        "ses": step.listed,
        "ses_since": step.since,
    }
