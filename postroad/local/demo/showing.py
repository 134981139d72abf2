"""What the demo prints: for people on a terminal, and plain lines where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from postroad.local.demo.accounting import Account
from postroad.local.demo.journeys import PASSING, Walked
from postroad.local.demo.planning import Mailbox, Plan
from postroad.local.demo.watching import Progress as Told
from postroad.local.state import State

_LINE_SECONDS = 5.0
_MOST_PROBLEMS = 20
_MOST_SUPPRESSIONS = 40


def show_plan(console: Console, plan: Plan) -> None:
    """Say what is going to be sent."""
    console.print(
        f"{len(plan.messages)} order confirmations to {plan.customers} customers; of these "
        f"{plan.labelled.get(Mailbox.BOUNCE, 0)} go to addresses that bounce and "
        f"{plan.labelled.get(Mailbox.COMPLAINT, 0)} to addresses that complain (SES's mailbox simulator)."
    )
    if not plan.labelled:
        console.print(
            "No customer has a second order, so no mail could be spared for a bounce or a complaint."
        )


@contextmanager
def counting(console: Console, what: str) -> Iterator[Told]:
    """Show how many messages have come to rest: a bar, or a line every few seconds."""
    if not console.is_terminal:
        yield _Lines(console, what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    def __init__(self, console: Console, what: str) -> None:
        self._console = console
        self._what = what
        self._next = 0.0
        self._last: tuple[int, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        if (done, total) == self._last or (time.monotonic() < self._next and done < total):
            return
        self._next = time.monotonic() + _LINE_SECONDS
        self._last = (done, total)
        self._console.print(f"{self._what}: {done} of {total} have a final status", highlight=False)


def show_walked(console: Console, walked: Walked) -> None:
    """Print what customers got who walked through journeys."""
    table = Table(title=f"Mails of journeys in {PASSING.days} days", title_justify="left")
    table.add_column("template")
    table.add_column("mails", justify="right")
    for template, count in walked.mails.items():
        table.add_row(template, str(count))
    console.print(table)
    console.print(
        f"{walked.customers} customers, {walked.events} events; {walked.bought} left a cart and bought after "
        f"all, and were not reminded. {walked.seconds:.0f} s, {walked.stops} stops of the clock.",
        soft_wrap=True,
    )
    for problem in walked.problems[:_MOST_PROBLEMS]:
        console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)


def show_account(console: Console, account: Account, *, state: State, kept: bool, result: Path) -> None:
    """Print the statuses, the suppressions, what is wrong if anything is, and where the inbox is or was."""
    statuses = Table(title="What became of the messages", title_justify="left")
    statuses.add_column("status")
    statuses.add_column("sent once", justify="right")
    statuses.add_column("sent again", justify="right")
    first, again = account.first.by_status(), account.again.by_status()
    for status in dict.fromkeys([*first, *again]):
        statuses.add_row(status, str(first.get(status, "")), str(again.get(status, "")))
    statuses.add_section()
    statuses.add_row("together", str(sum(first.values())), str(sum(again.values())))
    console.print(statuses)
    if account.suppressed:
        suppressions = Table(title="Suppressions made", title_justify="left")
        suppressions.add_column("address", overflow="fold")
        suppressions.add_column("reason")
        standing = sorted(account.suppressed.values(), key=lambda each: (each.reason, each.email))
        for each in standing[:_MOST_SUPPRESSIONS]:
            suppressions.add_row(escape(each.email), each.reason)
        console.print(suppressions)
        if len(standing) > _MOST_SUPPRESSIONS:
            console.print(f"... and {len(standing) - _MOST_SUPPRESSIONS} more")
    seconds = ", ".join(f"{name} {value:.1f} s" for name, value in account.seconds.items())
    console.print(f"Time: {seconds}. Duplicates: {account.duplicates}. Counts: {result}", soft_wrap=True)
    problems = account.problems()
    for problem in problems[:_MOST_PROBLEMS]:
        console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    if problems:
        console.print(
            f"{len(problems)} things are wrong. What the functions logged: {state.logs / 'cloud.log'}",
            style="bold red",
            soft_wrap=True,
        )
    else:
        console.print("Every message is accounted for; none was sent twice, none to a suppressed address.")
    if kept:
        stop = f"postroad local down --folder {state.folder}"
        console.print(f"The inbox is at {state.inbox}. Stop it: {stop}", soft_wrap=True)
    else:
        console.print(f"The inbox was at {state.inbox}. Keep one open with `make up`.", soft_wrap=True)
