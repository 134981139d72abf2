"""Measures `send` beside the naive sender: CPU, mails a second, calls, import and first use."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import deployed, events
from bench.process import Deployment, Worker
from bench.runtime import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.cores import Cores
    from bench.process import Run
    from bench.runtime import Runtime
    from bench.stub.process import Stub

HERE = Path(__file__).parent
SES_SECONDS, OTHER_SECONDS = 0.050, 0.005
NAIVE_BATCH = 10
"""Lambda's own default, which tutorials leave as it is."""
CALLS_AT = {1: 10, 10: 5, 100: 3}
"""How many batches of which size the calls are counted over."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: more takes longer, and less is noisier."""

    rounds: int = 5
    batches: int = 2
    naive_batches: int = 2
    cold_starts: int = 7


def postroad(runtime: Runtime) -> Deployment:
    """Return the stream's `send`, as deployed."""
    return Deployment(
        name="postroad",
        folder=runtime.bundle("send"),
        layer=runtime.layer,
        module="functions.send.handler",
        environment=deployed.send_environment(),
    )


def naive(runtime: Runtime, *, keeps_templates: bool = False) -> Deployment:
    """Return the naive sender."""
    return Deployment(
        name="naive_kept" if keeps_templates else "naive",
        folder=runtime.naive(HERE),
        layer=runtime.whole,
        module="bench.naive_kept" if keeps_templates else "bench.naive",
        environment=deployed.naive_environment(str(HERE / "naive_templates")),
    )


def measure_sending(
    stub: Stub, runtime: Runtime, cores: Cores, sizes: Sizes, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return CPU and mails a second at both latencies, and calls by batch size.

    The senders take turns, so that whatever else the machine does meets all of them.
    """
    deployments = {
        "postroad": postroad(runtime),
        "naive": naive(runtime),
        "naive_templates_kept": naive(runtime, keeps_templates=True),
    }
    batch = dict.fromkeys(deployments, NAIVE_BATCH) | {"postroad": deployed.sizing().batch_size}
    count = dict.fromkeys(deployments, sizes.naive_batches) | {"postroad": sizes.batches}
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(deployment, runtime, url=stub.url, core=cores.sender))
            for name, deployment in deployments.items()
        }
        stub.latency(ses=0, other=0)
        for name, worker in workers.items():
            worker.run(events.batches([batch[name]]))  # what a process does once is no part of a mail
        for latency, ses, other in (("0ms", 0.0, 0.0), ("50ms", SES_SECONDS, OTHER_SECONDS)):
            stub.latency(ses=ses, other=other)
            stub.calls()
            runs: dict[str, list[Run]] = {name: [] for name in workers}
            for number in range(sizes.rounds):
                for name, worker in workers.items():
                    runs[name] += worker.run(events.batches([batch[name]] * count[name]))
                tell(f"send at {latency}, round {number + 1} of {sizes.rounds}: {_say(runs)}")
            _check_sent(stub.calls(), sum(run.records for each in runs.values() for run in each))
            found[latency] = {name: _summary(each) for name, each in runs.items()}
        stub.latency(ses=0, other=0)
        stub.calls()
        calls = {name: _calls(workers[name], stub, [NAIVE_BATCH] * 3) for name in ("naive",)}
        by_size = {
            str(size): _calls(workers["postroad"], stub, [size] * times) for size, times in CALLS_AT.items()
        }
    tell("calls counted")
    return _report(found, by_size, calls["naive"])


def measure_import(
    stub: Stub, runtime: Runtime, cores: Cores, sizes: Sizes, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return what it takes to import a sender and to send its first mail, in fresh processes."""
    stub.latency(ses=0, other=0)
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(sizes.cold_starts):
        for deployment in (postroad(runtime), naive(runtime)):
            with Worker(deployment, runtime, url=stub.url, core=cores.sender) as worker:
                first = worker.run(events.batches([1]))[0]
                taken = {
                    "import_ms": worker.imported["cpu_ms"] + first.cpu_ms,
                    "import_wall_ms": worker.imported["wall_ms"] + first.wall_ms,
                    "import_alone_ms": worker.imported["cpu_ms"],
                    "import_mb": worker.peak_mb,
                }
            for key, value in taken.items():
                found.setdefault(key, {}).setdefault(deployment.name, []).append(value)
        tell(f"import and first mail, {number + 1} of {sizes.cold_starts}")
    stub.calls()
    return {
        key: {name: round(median(values), 1) for name, values in by_name.items()}
        for key, by_name in found.items()
    }


def per_mail(runs: Iterable[Run]) -> list[float]:
    """Return the milliseconds of CPU for a mail, of each run."""
    return [run.cpu_ms / run.records for run in runs]


def _summary(runs: Sequence[Run]) -> dict[str, float]:
    return {
        "cpu_ms": round(median(per_mail(runs)), 3),
        "least_cpu_ms": round(min(per_mail(runs)), 3),
        "per_second": round(median(run.records / run.wall_ms * 1000 for run in runs), 1),
        "most_per_second": round(max(run.records / run.wall_ms * 1000 for run in runs), 1),
    }


def _say(runs: Mapping[str, Sequence[Run]]) -> str:
    return ", ".join(f"{name} {median(per_mail(each)):.2f}" for name, each in runs.items()) + " ms CPU a mail"


def _calls(worker: Worker, stub: Stub, sizes: Sequence[int]) -> Counter[str]:
    """Return the calls for a mail, by operation."""
    worker.run(events.batches(sizes))
    calls = stub.calls()
    _check_sent(calls, sum(sizes))
    found: Counter[str] = Counter()
    for name, number in calls.items():
        found[name] = number / sum(sizes)  # type: ignore[assignment]  # typeshed's Counter counts whole things
    return found


def _check_sent(calls: Counter[str], mails: int) -> None:
    """Raise RuntimeError unless each mail was sent: one that is refused or put off costs next to nothing."""
    if (sent := calls["ses.SendEmail"]) < mails:
        raise RuntimeError(
            f"only {sent} of {mails} mails were sent: see the senders' logs in {FOLDER / 'runs'}"
        )


def _report(
    found: Mapping[str, Mapping[str, Mapping[str, float]]],
    by_size: Mapping[str, Mapping[str, float]],
    of_naive: Mapping[str, float],
) -> dict[str, Any]:
    def of(latency: str, key: str) -> dict[str, float]:
        return {name: summary[key] for name, summary in found[latency].items()}

    return {
        "cpu_ms_per_mail": of("50ms", "cpu_ms"),
        "cpu_ms_per_mail_least": of("50ms", "least_cpu_ms"),
        "cpu_ms_per_mail_at_0ms": of("0ms", "cpu_ms"),
        "cpu_ms_per_mail_at_0ms_least": of("0ms", "least_cpu_ms"),
        "mails_per_second_at_50ms": of("50ms", "per_second"),
        "mails_per_second_at_50ms_most": of("50ms", "most_per_second"),
        "mails_per_second_at_0ms": of("0ms", "per_second"),
        "calls_per_mail": {
            "postroad": {size: round(sum(calls.values()), 3) for size, calls in by_size.items()},
            "naive": round(sum(of_naive.values()), 3),
        },
        "calls_per_mail_by_operation": {
            "postroad": {size: dict(sorted(calls.items())) for size, calls in by_size.items()},
            "naive": dict(sorted(of_naive.items())),
        },
    }
