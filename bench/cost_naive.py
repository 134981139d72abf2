"""The sender of the tutorials, reckoned by the same prices: bench/naive.py is what it looks like.

An order puts a message on a queue; a function takes up to ten, handles one after the other, asks Powertools'
idempotency whether it has been done, reads the suppression, renders, sends. SES's events come over SNS, each
with a run of its own, which writes the event down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cost_lines import Line, Runs
from bench.cost_prices import MILLION, Prices, prices
from bench.units import GIBIBYTE, write_units

if TYPE_CHECKING:
    from bench.cost_lines import Model

BATCH = 10
"""What an event source takes by default."""
EVENTS = 2
"""Send and Delivery."""


def naive_lines(model: Model, book: Prices | None = None) -> list[Line]:
    """Return its lines, in USD per million mails; the events weigh what `model` weighs them at."""
    book = book or prices()
    given, naive = book.assumptions, book.naive
    vcpu = min(1.0, naive["memory_mebibytes"] / given["mebibytes_per_vcpu"])
    memory = naive["memory_mebibytes"] / 1024
    calls = naive["idempotency_writes"] + 1
    mail_ms = naive["send_cpu_ms"] / vcpu + calls * given["dynamodb_ms"] + given["ses_ms"]
    event_ms = naive["event_cpu_ms"] / vcpu + given["dynamodb_ms"]
    sending = Runs(mail_ms / 1000 * memory, 1 / BATCH)
    events = Runs(EVENTS * event_ms / 1000 * memory, EVENTS)
    event_writes = EVENTS * write_units(0, round(model.event_bytes / EVENTS))
    logs = (sending.runs + events.runs) * naive["log_bytes"]
    return [
        Line("idempotency", book.usd("dynamodb_write", naive["idempotency_writes"] * MILLION)),
        Line("suppression", book.usd("dynamodb_read", 0.5 * MILLION)),
        Line("event writes", book.usd("dynamodb_write", event_writes * MILLION)),
        Line("sns", book.usd("sns_publish", EVENTS * MILLION)),
        Line("queues", book.usd("sqs_request", (1 + 2 / BATCH) * MILLION)),
        Line("lambda", sending.usd(book) + events.usd(book)),
        Line("logs", book.usd("log_gb", logs * MILLION / GIBIBYTE)),
    ]
