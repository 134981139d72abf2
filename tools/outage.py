"""Let SES be down for minutes while mails wait, and see that each is sent once when it is back.

    python -m tools.outage --minutes 10 --folder build/outage

The mails are enqueued as the outage begins. The stream's circuit must open, dispatch probes it by canaries,
it must close after the outage, and SES must have taken each mail once.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from postroad.circuit.switch import Flow
from postroad.local.lifecycle import down, up
from postroad.local.simulator.faults import FaultKind
from tools.rehearsed import Accounted, show, wait_until
from tools.rehearsing import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from postroad.circuit.switch import Switch

A_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the outage goes, with so many seconds between two looks at the switch.

    With `hurry` SES is back `seconds` after the stream's mapping has stopped, and dispatch is run as for the
    minute of the next probe.
    """

    seconds: float
    mails: int
    name: str = "outage"
    stream: str = "transactional"
    kind: FaultKind = FaultKind.OUTAGE
    hurry: bool = False
    look_seconds: float = 1.0
    opens_within: float = 120.0
    patience_seconds: float = 3600.0


@dataclass(slots=True)
class Report:
    """What was seen: `flows` tells after how many seconds the switch stood where, and why."""

    mails: int
    outage: float
    flows: list[tuple[float, str, str]] = field(default_factory=list)
    probes: int = 0
    accepted_in_outage: int = 0
    opened: float | None = None
    closed: float | None = None
    drain: float = 0.0
    receives_in_outage: Mapping[int, int] = field(default_factory=dict)
    by_status: Mapping[str, int] = field(default_factory=dict)
    attempts: Mapping[int, int] = field(default_factory=dict)
    failures: Mapping[int, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class _Watch:
    """Notes each turn of the switch."""

    def __init__(self, stage: Rehearsal, plan: Plan, report: Report) -> None:
        self._stage, self._plan, self._report = stage, plan, report
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 1)

    def look(self) -> Switch:
        switch, report = self._stage.switch(self._plan.stream), self._report
        report.probes = max(report.probes, switch.probes)
        seen = (switch.flow.value, switch.why)
        if not report.flows or report.flows[-1][1:] != seen:
            report.flows.append((self.seconds, *seen))
            if switch.flow is Flow.OPEN and report.opened is None:
                report.opened = self.seconds
            if switch.is_running and report.opened is not None:
                report.closed = self.seconds
        return switch

    def until(self, done: Callable[[Switch], bool], *, seconds: float) -> bool:
        return wait_until(lambda: done(self.look()), seconds=seconds, pause=self._plan.look_seconds)


def play(stage: Rehearsal, plan: Plan) -> Report:
    """Play the outage; what is wrong afterwards stands in the report's `problems`."""
    report = Report(mails=plan.mails, outage=plan.seconds)
    watch = _Watch(stage, plan, report)
    watch.look()
    if plan.hurry:
        stage.dispatch()  # awake, it stops the stream's mapping at once
    stage.inbox.add_fault(plan.kind, seconds=A_DAY if plan.hurry else plan.seconds)
    ids = stage.enqueue(plan.name, plan.mails, stream=plan.stream)
    if not watch.until(lambda switch: not switch.is_running, seconds=plan.opens_within):
        report.problems.append("the circuit did not open in the outage")
    # What is taken before the mapping stops is hidden until the next probe.
    watch.until(lambda _: not stage.is_taken(plan.stream), seconds=plan.opens_within)
    report.receives_in_outage = dict(stage.receive_counts(plan.stream))
    if plan.hurry:
        watch.until(lambda _: False, seconds=plan.seconds)
        report.accepted_in_outage = _taken(stage, ids)
        stage.inbox.clear_faults()
    else:
        watch.until(lambda _: watch.seconds >= plan.seconds, seconds=plan.seconds)
        report.accepted_in_outage = _taken(stage, ids)

    def runs(switch: Switch) -> bool:
        if plan.hurry and switch.probe_at is not None:
            stage.dispatch(switch.probe_at + timedelta(seconds=1))  # an event's time has whole seconds
        return switch.is_running

    if not watch.until(runs, seconds=plan.patience_seconds):
        report.problems.append("the circuit did not close after the outage")
    over = time.monotonic()
    found = _drain(stage, plan, ids, watch)
    report.drain = round(time.monotonic() - over, 1)
    report.by_status, report.attempts = dict(found.by_status), dict(sorted(found.attempts.items()))
    report.failures = dict(sorted(found.failures.items()))
    report.problems += found.problems
    if report.accepted_in_outage:
        report.problems.append(f"SES took {report.accepted_in_outage} mails while it was down")
    return report


def _drain(stage: Rehearsal, plan: Plan, ids: list[str], watch: _Watch) -> Accounted:
    found = [stage.account(plan.name, ids)]

    def settled(_: Switch) -> bool:
        if plan.hurry:
            stage.hurry()
        if sum(stage.depth(plan.stream)):
            return False
        found[0] = stage.account(plan.name, ids)
        return not found[0].waiting and not found[0].lost

    watch.until(settled, seconds=plan.patience_seconds)
    return found[0]


def _taken(stage: Rehearsal, ids: list[str]) -> int:
    taken = stage.inbox.counts().by_message_id
    return sum(taken.get(each, 0) for each in ids)


def main(
    *,
    minutes: Annotated[float, typer.Option(help="How long SES is down.", min=0.1)] = 10.0,
    mails: Annotated[int, typer.Option(help="How many wait meanwhile.", min=1)] = 1000,
    silent: Annotated[
        bool, typer.Option("--silent", help="SES drops connections, and answers no 503.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="The stack's state and logs.")] = Path("build/outage"),
    result: Annotated[Path, typer.Option(help="Where the numbers go.")] = Path("build/outage.json"),
) -> None:
    """Play the outage on a stack of its own; exit with 1 if a mail was lost or sent twice."""
    console = Console()
    kind = FaultKind.OUTAGE_DROPPED if silent else FaultKind.OUTAGE
    down(folder)
    try:
        stage = Rehearsal(
            up(folder, ports={"cloud": 0, "simulator": 0, "inbox": 0}, tell=console.print).state
        )
        try:
            report = play(stage, Plan(seconds=minutes * 60, mails=mails, kind=kind, look_seconds=2.0))
        finally:
            stage.close()
    finally:
        down(folder)
    content = asdict(report)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    show(console, f"SES down for {minutes:g} minutes", content)
    raise typer.Exit(bool(report.problems))


if __name__ == "__main__":
    typer.run(main)
