"""What a million mails cost over SES: reckons, and writes docs/reference/cost.md.

    python -m bench.cost

Counts come from the product's own code over metered stores, prices and assumptions from bench/prices.toml.
"""

from __future__ import annotations

from pathlib import Path

from bench.cost_lines import Model
from bench.cost_naive import naive_lines
from bench.cost_page import page
from bench.cost_prices import prices

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cost.md"


def report() -> dict[str, float]:
    """Write the page, and return USD per million mails: `postroad`, `postroad_total`, `naive`."""
    PAGE.write_text(page(), encoding="utf-8")
    model = Model(prices().assumptions["rate"])
    naive = sum(line.usd for line in naive_lines(model))
    return {
        "postroad": round(model.together(), 3),
        "postroad_total": round(model.total(), 3),
        "naive": round(naive, 3),
    }


if __name__ == "__main__":
    for name, usd in report().items():
        print(f"{name:>15} {usd:6.2f} USD a million mails")
