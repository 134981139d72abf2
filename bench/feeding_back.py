"""Measures `feedback`: calls for a mail's events, by both of their ways."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bench import deployed, events
from bench.process import Deployment, Worker
from bench.runtime import ROOT
from bench.sending import postroad
from postroad.configuration.limits import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.cores import Cores
    from bench.process import Run
    from bench.runtime import Runtime
    from bench.stub.process import Stub

MAILS = 1_000
"""In one object: a minute of 17 mails a second. At higher rates objects hold more, and calls get fewer."""

MANY_EVENTS = 100_000
"""In objects as full as Firehose makes them: see many_events.py."""


def measure_feedback(
    stub: Stub,
    runtime: Runtime,
    cores: Cores,
    tell: Callable[[str], None],
    *,
    mails: int = MAILS,
) -> dict[str, Any]:
    """Send mails, and apply their Send events one by one, then all their events from an object in S3.

    A stream with `evidence = "fast"` gets both ways, any other the second alone.
    """
    stub.forget()
    stub.latency(ses=0, other=0)
    stub.keep_sends(keep=True)
    with Worker(postroad(runtime), runtime, url=stub.url, core=cores.sender) as worker:
        worker.run(events.batches([100] * (mails // 100)))
    sent = stub.sends()
    reported = events.ses_events(sent)
    stub.keep_sends(keep=False)
    key = f"events/{datetime.now(UTC):%Y/%m/%d/%H/%Y-%m-%d-%H-%M-%S}-00000000-0000-4000-8000-000000000000.gz"
    content = events.event_object(reported)
    stub.put_object(key, content)
    sends = [events.sns_envelope(event) for event in reported if event["eventType"] == "Send"]
    size = Timing().feedback_batch_size
    fast = [events.sqs_event(sends[at : at + size]) for at in range(0, len(sends), size)]
    bulk = [events.sqs_event([events.s3_notification(deployed.BUCKET, key, len(content))])]
    deployment = Deployment(
        name="feedback",
        folder=runtime.bundle("feedback"),
        layer=runtime.layer,
        module="functions.feedback.handler",
        environment=deployed.feedback_environment(),
    )
    with Worker(deployment, runtime, url=stub.url, core=cores.sender) as worker:
        worker.run([{"Records": []}])
        stub.calls()
        fast_runs, fast_calls = worker.run(fast), stub.calls()
        bulk_runs, bulk_calls = worker.run(bulk), stub.calls()
    delivered = sum(item["status"]["S"] == "delivered" for item in stub.items(deployed.MESSAGES))
    if delivered < len(sent):
        raise RuntimeError(f"only {delivered} of {len(sent)} rows became delivered: events are made wrongly")
    tell("feedback's calls counted")
    counted = _counted(mails * MANY_EVENTS // MAILS)
    tell(f"feedback, {counted['events']:,} events: {counted['calls_per_event']:.4f} calls for each")
    return {
        "calls_per_event": counted["calls_per_event"],
        "many_events": counted,
        "mails": len(sent),
        "calls_per_mail": round((fast_calls.total() + bulk_calls.total()) / len(sent), 4),
        "calls_per_mail_bulk_alone": round(bulk_calls.total() / len(sent), 4),
        "calls": {"fast": dict(sorted(fast_calls.items())), "bulk": dict(sorted(bulk_calls.items()))},
        "cpu_ms_per_mail": {"fast": _cpu(fast_runs, len(sent)), "bulk": _cpu(bulk_runs, len(sent))},
    }


def _counted(number: int) -> dict[str, Any]:
    run = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "bench.counted_events", str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise RuntimeError(f"`python -m bench.counted_events {number}` failed:\n{run.stderr}")
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def _cpu(runs: list[Run], mails: int) -> float:
    return round(sum(run.cpu_ms for run in runs) / mails, 3)
