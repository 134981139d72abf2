"""The words of docs/reference/cost.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.cost_lines import Model

UNCHECKED = "**not checked**"

TITLES = {
    "claim": "claim",
    "sent": "sent",
    "delivered": "delivered",
    "suppression": "suppression check",
    "events": "events",
    "queues": "queues",
    "lambda": "Lambda",
    "counters": "counters",
    "rate": "rate and switch",
    "logs": "logs",
    "index": "index by recipient",
    "storage": "storage",
    "results": "published results",
    "opens": "engagement: opens",
    "clicks": "engagement: clicks",
    "scheduled": "a deferral: it waits for its time",
    "delayed": "a deferral: SES reports a delay",
    "waiting": "low-rate waiting",
    "naive idempotency": "idempotency: two writes",
    "naive suppression": "suppression check: one read",
    "naive event writes": "each event written down",
    "naive sns": "SNS",
}

_EXPLAINED = {
    "claim": "one conditional write of the row, under 1 KB",
    "sent": "one conditional write",
    "delivered": "one conditional write, for Send and Delivery together",
    "suppression": "one consistent read, in batches",
    "queues": "by tens: sent, received, deleted; bodies far below 64 KB",
    "rate": "the governor's item, written for each slot of the rate; the switch, read once a batch",
    "logs": "one line a batch, and its metrics",
    "index": "one write: the entry never changes",
    "results": "one event on the bus; by default all but `sent` and `delivered`",
    "opens": "Firehose's 5 KB, a read, and a write of the row for the first of a person and of a machine",
    "clicks": "the same",
    "scheduled": "its body, a pointer and two more states of the row, and a second way through the queue",
    "delayed": "the event by both ways, and one more state of the row",
}


def explained(name: str, model: Model) -> str:
    """Return what a line counts."""
    match name:
        case "events":
            return (
                f"Firehose 2 × 5 KB ({model.firehose():.2f}), {1 + model.apart:.1f} reads of the row, "
                f"objects in S3 and their marks ({model.objects():.2f})"
            )
        case "lambda":
            runs = {
                "send": model.sending(),
                "feedback": model.feedback(),
                "outcomes": model.outcomes(),
                "counting": model.counting(),
            }
            worked = (f"{name} {each.usd(model.book):.2f}" for name, each in runs.items())
            return f"{', '.join(worked)}: working, not waiting"
        case "counters":
            return (
                f"one transaction for {model.changes_at_once(model.rate):,.0f} changes of rows, "
                "with a write for each value of each dimension in them"
            )
        case "storage":
            return "row, index and recovery for as long as `retention.messages_days` keeps them"
        case "waiting":
            sizing = model.sizing
            return f"{sizing.maximum_concurrency} copies of {sizing.memory_mebibytes} MiB wait for their turn"
        case _:
            return _EXPLAINED[name]
