"""Runs a handler in a process of its own, as Lambda does, and measures it there.

The first line of standard input is what to run, as JSON: `path` (folders to import from), `module` and
`function`, `core`. Each further line names a file of events, which the handler is given one after the other;
the answer is a line of JSON for each. What the handler itself prints goes to standard error, as in Lambda to
its log.

This file imports nothing but the standard library, and of that what Python has loaded anyway as far as
possible: it runs beside a bundle and a layer alone, and its own imports would be missing in what is measured.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

TYPE_CHECKING = False  # typing itself is not imported: see above
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MILLISECONDS = 60_000


class Context:
    """What a handler asks of Lambda's context."""

    function_name = "bench"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
    memory_limit_in_mb = 1024
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    log_group_name = "/aws/lambda/bench"
    log_stream_name = "bench"

    def __init__(self) -> None:
        self._end = time.monotonic() + MILLISECONDS / 1000

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of a minute."""
        return int((self._end - time.monotonic()) * 1000)


class Watch:
    """Time on the clock, and of the processor in all threads, in milliseconds."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> dict[str, float]:
        """Return both since it was started."""
        return {
            "cpu_ms": (time.process_time() - self._cpu) * 1000,
            "wall_ms": (time.perf_counter() - self._wall) * 1000,
        }


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib would be one import more
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    except FileNotFoundError:
        import resource  # noqa: PLC0415 - where there is no /proc alone

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1024 / (1024 if sys.platform == "darwin" else 1)


def run(handler: Callable[..., Any], event: dict[str, Any]) -> dict[str, float]:
    """Run the handler once; return what it took, and how many records it did not finish."""
    watch = Watch()
    answer = handler(event, Context())
    found = watch.read()
    failed = (answer or {}).get("batchItemFailures", [])
    return found | {"records": len(event.get("Records", ())), "failed": len(failed)}


def main() -> None:
    """Load the handler, and run what comes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    spec = json.loads(sys.stdin.readline())
    if spec["core"] is not None:
        os.sched_setaffinity(0, {spec["core"]})
    sys.path[:0] = spec["path"]
    before = peak_mb()
    watch = Watch()
    handler = getattr(importlib.import_module(spec["module"]), spec["function"])
    print(json.dumps(watch.read() | {"mb_before": before, "mb": peak_mb()}), file=answers, flush=True)
    for line in sys.stdin:
        with open(line.strip(), encoding="utf-8") as file:  # noqa: PTH123 - see above
            events = json.load(file)
        runs = [run(handler, event) for event in events]
        print(json.dumps({"runs": runs, "mb": peak_mb()}), file=answers, flush=True)


if __name__ == "__main__":
    main()
