"""Measures Postroad beside a naive sender, and writes build/bench.json.

    python -m bench                  everything, in a few minutes
    python -m bench --only send      one part; written to build/bench/partial.json
    python -m bench --quick          once each, to see that it works; written there too

Everything is measured in one run against one local HTTP stub (SES at 50 ms, DynamoDB at 5 ms; and all at
0 ms), on Lambda's version of Python where this machine has it. Sender and stub each have a core. Times depend
on the machine: compare them with `naive` beside them, and with `spin_ms` between machines and runs.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from hashlib import sha256
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bench import cost, deployed
from bench.contacts_import import SIZES, measure_contacts
from bench.cores import Cores, find_cores
from bench.dispatching import DUE, measure_dispatch
from bench.feeding_back import measure_feedback
from bench.journeys import SIZES as WALKS
from bench.journeys import measure_journeys
from bench.runtime import FOLDER, ROOT, Runtime, find_runtime
from bench.sending import Sizes, measure_import, measure_sending
from bench.stub.process import Stub
from bench.table import compared, judged

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = ROOT / "build" / "bench.json"
PARTIAL = FOLDER / "partial.json"
PARTS = ("send", "import", "feedback", "dispatch", "contacts", "journeys", "cost")
WIDTH = 110
QUICK = Sizes(rounds=1, batches=1, naive_batches=1, cold_starts=1)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    parser.add_argument("--quick", action="store_true", help="once each: to see that it works")
    given = parser.parse_args()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    began = time.monotonic()

    def tell(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.0f} s[/dim]  {text}")

    tell("looking for Lambda's Python, building layer and bundles")
    runtime, cores = find_runtime(), find_cores()
    if not runtime.is_lambdas:
        tell(f"no Python of Lambda's version here: measured on {runtime.version}, where imports take longer")
    numbers = measure(
        set(given.only or PARTS),
        QUICK if given.quick else Sizes(),
        runtime,
        cores,
        tell=tell,
        quick=given.quick,
    )
    console.print(compared(numbers), judged(numbers))
    on = numbers["measured_on"]
    console.print(
        f"Times and mails a second suffer from what else runs: at first the load was {on['load']:.1f} "
        f"on {on['cores']} cores. Calls and USD don't."
    )
    result = PARTIAL if given.only or given.quick else RESULT
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(numbers, indent=2) + "\n", "utf-8")
    console.print(f"Written to {result.relative_to(ROOT)}.")


def measure(
    parts: set[str],
    sizes: Sizes,
    runtime: Runtime,
    cores: Cores,
    *,
    tell: Callable[[str], None],
    quick: bool,
) -> dict[str, Any]:
    """Return the numbers of these parts, with what they were measured on."""
    numbers: dict[str, Any] = {"measured_on": _machine(runtime, cores)}
    with Stub(core=cores.stub) as stub:
        if "send" in parts:
            numbers["send"] = measure_sending(stub, runtime, cores, sizes, tell)
        if "import" in parts:
            numbers.setdefault("send", {}).update(measure_import(stub, runtime, cores, sizes, tell))
        if "feedback" in parts:
            numbers["feedback"] = measure_feedback(stub, runtime, cores, tell, mails=100 if quick else 1_000)
        if "dispatch" in parts:
            due = DUE[:1] if quick else DUE
            numbers["dispatch"] = measure_dispatch(stub, runtime, cores, tell, due=due)
    if "contacts" in parts:
        tell("importing contacts, which takes some minutes")
        numbers["contacts"] = measure_contacts(SIZES[:1] if quick else SIZES)
        tell("contacts imported")
    if "journeys" in parts:
        tell("walking journeys, which takes some minutes")
        numbers["journeys"] = measure_journeys(tell, sizes=WALKS[:1] if quick else WALKS)
    if "cost" in parts:
        tell("reckoning the cost, which takes half a minute")
        numbers["cost_usd_per_million"] = cost.report()
        tell("cost reckoned")
    numbers["measured_on"]["spin_ms_afterwards"] = spin_ms()
    return numbers


def _machine(runtime: Runtime, cores: Cores) -> dict[str, Any]:
    sizing = deployed.sizing()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": runtime.version,
        "pinned": cores.sender is not None,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "spin_ms": spin_ms(),
        "batch_size": sizing.batch_size,
        "threads": sizing.threads,
    }


def spin_ms() -> float:
    """Return the milliseconds of CPU that some fixed work takes: how fast, or how busy, the machine is."""
    taken = []
    for _ in range(9):
        began = time.process_time()
        text = b""
        for number in range(20_000):
            text = sha256(text + b"%d" % number).digest()
        taken.append((time.process_time() - began) * 1000)
    return round(median(taken), 2)


if __name__ == "__main__":
    main()
