"""Counts what `dispatch` asks of AWS for a message that is due: at 1,000, 10,000 and 100,000 of them.

The queue has room for all of them, and one run takes them: see counted.py. The smallest number is counted
once more over HTTP, in a process of its own, and the two must agree.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bench import deployed
from bench.process import Deployment, Worker
from bench.runtime import ROOT
from bench.waiting import make_waiting

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from bench.cores import Cores
    from bench.runtime import Runtime
    from bench.stub.process import Stub

DUE = (1_000, 10_000, 100_000)
TOLERANCE = 0.02
"""Queries of a portion may need a second page, or not: ids fall on shards by chance."""


class CountError(Exception):
    """What was counted can't be right."""


def measure_dispatch(
    stub: Stub,
    runtime: Runtime,
    cores: Cores,
    tell: Callable[[str], None],
    *,
    due: Sequence[int] = DUE,
) -> dict[str, Any]:
    """Return the calls for a message that is due, by how many are."""
    found: dict[str, Any] = {"calls_per_due_message": {}, "calls": {}, "cpu_ms_per_due_message": {}}
    for number in due:
        counted = _counted(number)
        calls = sum(counted["calls"].values())
        found["calls_per_due_message"][str(number)] = round(calls / number, 4)
        found["calls"][str(number)] = counted["calls"]
        tell(f"dispatch, {number:,} due: {calls / number:.4f} calls for each")
    calls_of_http, cpu_ms = _over_http(stub, runtime, cores, due[0])
    found["calls_per_due_message_over_http"] = {str(due[0]): round(calls_of_http.total() / due[0], 4)}
    found["cpu_ms_per_due_message"] = round(cpu_ms / due[0], 3)
    counted_calls = sum(found["calls"][str(due[0])].values())
    if abs(calls_of_http.total() - counted_calls) > counted_calls * TOLERANCE:
        raise CountError(f"dispatch made {calls_of_http.total()} calls over HTTP, {counted_calls} without")
    tell("the same over HTTP")
    return found


def _counted(number: int) -> dict[str, Any]:
    run = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "bench.counted", str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise CountError(f"`python -m bench.counted {number}` failed:\n{run.stderr}")
    found: dict[str, Any] = json.loads(run.stdout)
    if found["left"]:
        raise CountError(f"dispatch left {found['left']} of {number} messages")
    return found


def _over_http(stub: Stub, runtime: Runtime, cores: Cores, number: int) -> tuple[Counter[str], float]:
    stub.forget()
    stub.latency(ses=0, other=0)
    for table, items in make_waiting(number).items():
        stub.load(table, [_travelling(item) for item in items])
    deployment = Deployment(
        name="dispatch",
        folder=runtime.bundle("dispatch"),
        layer=runtime.layer,
        module="functions.dispatch.handler",
        environment=deployed.dispatch_environment(),
    )
    with Worker(deployment, runtime, url=stub.url, core=cores.sender) as worker:
        stub.calls()
        runs = worker.run([{"time": datetime.now(UTC).isoformat(timespec="seconds")}])
    calls = stub.calls()
    stub.forget()
    return calls, sum(run.cpu_ms for run in runs)


def _travelling(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()
    }
