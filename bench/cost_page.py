"""docs/reference/cost.md, written from the model into bench/cost_page.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.cost_lines import Model
from bench.cost_naive import naive_lines
from bench.cost_prices import MILLION, prices
from bench.cost_texts import TITLES, UNCHECKED, explained

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TEMPLATE = Path(__file__).with_suffix(".md")
TARGET = 2.80
RATES = (1, 14, 100, 1_000, 10_000)
VOLUMES = (100_000, MILLION, 10 * MILLION, 100 * MILLION)
PROVISIONED_WRITE_HOUR, PROVISIONED_USE = 0.00065, 0.7
"""USD for a write unit provisioned for an hour, and how much of it is used; not checked."""
RIGHT = (
    "USD",
    "of all mails",
    "a month",
    "together",
    "waiting",
    "total",
    "events",
    "Lambda",
    "counters",
    "rate",
    "mails a second",
)
"""Words in the heads of columns that hold numbers."""


def page() -> str:
    """Return the whole page."""
    book = prices()
    model = Model(book.assumptions["rate"])
    write = book.usd("dynamodb_write", MILLION)
    provisioned = PROVISIONED_WRITE_HOUR / 3600 * MILLION / PROVISIONED_USE
    naive = sum(line.usd for line in naive_lines(model))
    essentials = book.plans["ESSENTIALS"].costs(MILLION) - book.plans["NONE"].costs(MILLION)
    return TEMPLATE.read_text(encoding="utf-8").format(
        region=book.region,
        month=book.month,
        rate=f"{model.rate:g}",
        lines=_lines(model),
        beside=_beside(model),
        verdict=_verdict(),
        fast=_usd(model.fast_way()),
        published=_usd(book.usd("result", 2 * MILLION)),
        single=_usd(book.usd("sqs_request", 0.9 * MILLION)),
        rates=_rates(),
        units=_units(model),
        naive=_naive(model),
        times=f"{naive / model.together():.1f}",
        ses_source=book.ses_source,
        ses_checked=book.ses_checked,
        plans=_plans(),
        essentials=f"{essentials:.0f}",
        essentials_times=f"{essentials / model.total():.0f}",
        saved_together=_usd(book.usd("dynamodb_read", (Model(1_000).reads - model.reads) * MILLION)),
        write=_usd(write),
        provisioned=_usd(provisioned),
        saved_provisioned=_usd(4 * (write - provisioned)),
        supposed=_supposed(),
        prices=_prices(),
    )


def _lines(model: Model) -> str:
    rows = [(TITLES[line.name], explained(line.name, model), _usd(line.usd)) for line in model.core()]
    rows.append(("**together**", f"the target is {TARGET:.2f}", f"**{_usd(model.together())}**"))
    return table(("what", "counted", "USD a million mails"), rows)


def _beside(model: Model) -> str:
    rows = [
        (
            TITLES[line.name],
            explained(line.name, model),
            _usd(line.usd),
            f"{line.share:.0%}",
            _usd(line.per_million),
        )
        for line in model.beside()
    ]
    rows.append(("**total, over SES**", "", "", "", f"**{_usd(model.total())}**"))
    return table(("what", "counted", "USD a million of it", "of all mails", "USD a million mails"), rows)


def _verdict() -> str:
    least = prices().assumptions["rate"]
    reckoned = {rate: Model(rate).together() for rate in RATES if rate >= least}
    missed = {rate: usd for rate, usd in reckoned.items() if usd > TARGET}
    if not missed:
        return f"*Together* is within {TARGET:.2f} USD at every rate of the table below from {least:g} up."
    rates = " and ".join(f"{rate:,}" for rate in missed)
    return (
        f"*Together* is over the target of {TARGET:.2f} USD by {max(missed.values()) - TARGET:.3f} "
        f"at {rates} mails a second. The end of this page tells what could be saved."
    )


def _rates() -> str:
    rows = []
    for rate in RATES:
        model = Model(rate)
        lines = {line.name: line.usd for line in [*model.core(), *model.beside()]}
        unhurried = model.together() - model.sending().usd(model.book) + model.idle_rate(rate / 2)
        unhurried += model.counters(rate / 2) - model.counters(rate)
        rows.append(
            (
                f"{rate:,}",
                f"{model.sizing.maximum_concurrency} × {model.sizing.memory_mebibytes} MiB",
                *(_usd(lines[name]) for name in ("events", "lambda", "counters", "rate")),
                _usd(model.together()),
                _usd(lines["waiting"]),
                _usd(model.total()),
                _usd(unhurried),
            )
        )
    head = (
        "mails a second",
        "copies of send",
        "events",
        "Lambda",
        "counters",
        "rate",
        "together",
        "waiting",
        "total",
    )
    return table((*head, "together, no backlog"), rows)


def _units(model: Model) -> str:
    usual = model.walked()[0][1]
    rows = (
        ("a message on the queue", f"{sum(usual.bodies) / usual.mails:,.0f} bytes", "64 KB are one request"),
        ("a row, when delivered", f"{usual.row_bytes / usual.mails:,.0f} bytes", "1 KB is one write unit"),
        ("the largest of the rows", f"{usual.meter.largest:,} bytes", "a test holds it under 900"),
        ("a row's entry in the index", f"{usual.index_bytes / usual.mails:,.0f} bytes", "keys only"),
        ("an event of SES", f"{model.event_bytes / 2:,.0f} bytes", "Firehose bills it as 5 KB"),
        ("an object of events", f"{model.object_seconds:.1f} s of mail", "5 MiB, or a minute"),
    )
    return table(("what", "weighs", ""), rows)


def _naive(model: Model) -> str:
    lines = naive_lines(model)
    rows = [(TITLES.get(f"naive {line.name}") or TITLES[line.name], _usd(line.usd)) for line in lines]
    rows.append(("**together**", f"**{_usd(sum(line.usd for line in lines))}**"))
    return table(("what", "USD a million mails"), rows)


def _plans() -> str:
    rows = [
        (plan.name, f"`{name}`", *(_usd(plan.costs(volume)) for volume in VOLUMES), plan.gives)
        for name, plan in prices().plans.items()
    ]
    head = ("plan", "`Plan`", *(f"{volume:,} mails a month" for volume in VOLUMES), "what it brings")
    return table(head, rows)


def _supposed() -> str:
    book = prices()
    rows = [(name.replace("_", " "), f"{value:,g}") for name, value in book.assumptions.items()]
    rows += [(f"of all mails: {name}", f"{value:.0%}") for name, value in book.mix.items()]
    rows += [(f"naive: {name.replace('_', ' ')}", f"{value:,g}") for name, value in book.naive.items()]
    return table(("what", "value"), rows)


def _prices() -> str:
    rows = [
        (
            f"`{name}`",
            f"{price.usd:.10f}".rstrip("0").rstrip("."),
            f"{price.per:,.0f} {price.unit}",
            f"[page]({price.source})",
            price.checked or UNCHECKED,
        )
        for name, price in prices().prices.items()
    ]
    return table(("price", "USD", "for", "from", "seen also in"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; columns of numbers stand to the right."""
    marks = ["--:" if any(word in name for word in RIGHT) else "---" for name in head]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, marks, *rows))


def _usd(usd: float) -> str:
    return f"{usd:,.3f}" if usd < 10 else f"{usd:,.2f}"  # noqa: PLR2004 - thousandths of what is small
