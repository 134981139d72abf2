"""Send thousands of mails through a local stack whose workers are killed meanwhile, and count every one.

    python -m tools.storm --mails 5000 --folder build/storm

The stream is paused, the mails are enqueued, and no receive count may move; then it is resumed, and workers
of `send` are killed at random until the queue is empty. Each message must end, and SES must have taken each
of them once.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from postroad.local.lifecycle import down, up
from tools.rehearsed import Accounted, show, wait_until
from tools.rehearsing import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "STORM_MAILS"
STREAM = "transactional"
FUNCTION = f"send-{STREAM}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the storm goes: `kill_seconds` lie between two kills, `paused_seconds` between full and resumed.

    `visibility_seconds` 0 leaves the queue's own; `nudge_seconds` lie between two runs of
    dispatch ahead of its time, 0 leaves it to its rule.
    """

    mails: int
    name: str = "storm"
    kills: int = 20
    kill_seconds: tuple[float, float] = (4.0, 24.0)
    paused_seconds: float = 10.0
    visibility_seconds: int = 0
    nudge_seconds: float = 0.0
    patience_seconds: float = 1800.0
    seed: int = 1


@dataclass(slots=True)
class Report:
    """What was measured; times are seconds."""

    mails: int
    receives_while_paused: dict[int, int] = field(default_factory=dict)
    accepted_while_paused: int = 0
    killed: int = 0
    enqueue: float = 0.0
    first_pass: float = 0.0
    drain: float = 0.0
    by_status: Mapping[str, int] = field(default_factory=dict)
    attempts: Mapping[int, int] = field(default_factory=dict)
    failures: Mapping[int, int] = field(default_factory=dict)
    lost: int = 0
    twice: int = 0
    waiting: int = 0
    problems: list[str] = field(default_factory=list)


class _Killer(threading.Thread):
    """Kills a worker of `send` now and then, until it is told to stop or has killed enough."""

    def __init__(self, stage: Rehearsal, plan: Plan) -> None:
        super().__init__(name="killer", daemon=True)
        self._stage, self._plan = stage, plan
        self._random = random.Random(plan.seed)  # noqa: S311 - no secret
        self._enough = threading.Event()
        self.killed = 0

    def run(self) -> None:
        while self.killed < self._plan.kills and not self._enough.wait(
            self._random.uniform(*self._plan.kill_seconds)
        ):
            if workers := self._stage.workers(FUNCTION):
                self.killed += self._stage.kill(self._random.choice(workers))

    def stop(self) -> None:
        self._enough.set()
        self.join()


def mails_wanted(usual: int = 300) -> int:
    """Return how many mails the test's storm has: STORM_MAILS, or the usual."""
    return int(os.environ.get(VARIABLE) or usual)


def play(stage: Rehearsal, plan: Plan) -> Report:
    """Play the storm; what is wrong afterwards stands in the report's `problems`."""
    report = Report(mails=plan.mails)
    url = stage.queue(STREAM)
    kept = stage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    stage.pause(STREAM)
    try:
        began = time.monotonic()
        ids = stage.enqueue(plan.name, plan.mails)
        report.enqueue = _since(began)
        time.sleep(plan.paused_seconds)
        report.receives_while_paused = dict(stage.receive_counts(STREAM))
        report.accepted_while_paused = _taken(stage, ids)
        if plan.visibility_seconds:
            stage.sqs.set_queue_attributes(
                QueueUrl=url, Attributes={"VisibilityTimeout": str(plan.visibility_seconds)}
            )
    finally:
        stage.resume(STREAM)
    killer = _Killer(stage, plan)
    began = time.monotonic()
    killer.start()
    try:
        wait_until(lambda: stage.depth(STREAM)[0] == 0, seconds=plan.patience_seconds)
        report.first_pass = _since(began)
        found = _drain(stage, plan, ids)
        report.drain = _since(began)
    finally:
        killer.stop()
        stage.sqs.set_queue_attributes(QueueUrl=url, Attributes=kept)
    report.killed = killer.killed
    return judge(report, found)


def _drain(stage: Rehearsal, plan: Plan, ids: list[str]) -> Accounted:
    """Wait until nothing of the storm waits any more; return what became of it by then."""
    found = [stage.account(plan.name, ids)]
    nudged = time.monotonic()

    def settled() -> bool:
        nonlocal nudged
        if plan.nudge_seconds and time.monotonic() - nudged >= plan.nudge_seconds:
            nudged = time.monotonic()
            stage.hurry()
        if sum(stage.depth(STREAM)):
            return False
        found[0] = stage.account(plan.name, ids)
        return not found[0].waiting and not found[0].lost

    wait_until(settled, seconds=plan.patience_seconds, pause=2.0)
    return found[0]


def judge(report: Report, found: Accounted) -> Report:
    """Note in the report what became of the messages, and all that is not as promised."""
    report.by_status, report.attempts = dict(found.by_status), dict(sorted(found.attempts.items()))
    report.failures = dict(sorted(found.failures.items()))
    report.lost, report.twice, report.waiting = len(found.lost), len(found.twice), len(found.waiting)
    report.problems = found.problems
    if report.receives_while_paused != {0: report.mails}:
        report.problems.append(f"receive counts moved while paused: {report.receives_while_paused}")
    if report.accepted_while_paused:
        report.problems.append(f"{report.accepted_while_paused} mails left while the stream was paused")
    return report


def _taken(stage: Rehearsal, ids: list[str]) -> int:
    taken = stage.inbox.counts().by_message_id
    return sum(taken.get(each, 0) for each in ids)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)


def main(
    *,
    mails: Annotated[int, typer.Option(help="How many.", min=1)] = 5000,
    kills: Annotated[int, typer.Option(help="How many workers are killed at most.", min=0)] = 20,
    folder: Annotated[Path, typer.Option(help="The stack's state and logs.")] = Path("build/storm"),
    result: Annotated[Path, typer.Option(help="Where the numbers go.")] = Path("build/storm.json"),
    seed: Annotated[int, typer.Option(help="The same kills again; chance of the machine's own stays.")] = 1,
) -> None:
    """Play the storm on a stack of its own; exit with 1 if a mail was lost or sent twice."""
    console = Console()
    down(folder)
    try:
        stage = Rehearsal(
            up(folder, ports={"cloud": 0, "simulator": 0, "inbox": 0}, tell=console.print).state
        )
        try:
            report = play(stage, Plan(mails=mails, kills=kills, seed=seed))
        finally:
            stage.close()
    finally:
        down(folder)
    content = asdict(report)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    show(console, f"A storm of {mails} mails", content)
    raise typer.Exit(bool(report.problems))


if __name__ == "__main__":
    typer.run(main)
