"""What a million mails cost over SES: reckons, and writes docs/reference/cost.md and the tutorial's bill.

    python -m bench.cost

Counts come from the product's own code over metered stores, prices and assumptions from bench/prices.toml.
"""

from __future__ import annotations

from pathlib import Path

from bench.blocks import with_block
from bench.cost_lines import Model
from bench.cost_month import BLOCK, month
from bench.cost_naive import naive_lines
from bench.cost_page import page
from bench.cost_prices import prices

DOCUMENTS = Path(__file__).parents[1] / "docs"
PAGE = DOCUMENTS / "reference" / "cost.md"
TUTORIAL = DOCUMENTS / "tutorial" / "first-deployment.md"


def report() -> dict[str, float]:
    """Write page and block, and return USD per million mails: `postroad`, `postroad_total`, `naive`."""
    PAGE.write_text(page(), encoding="utf-8")
    tutorial = TUTORIAL.read_text(encoding="utf-8")
    TUTORIAL.write_text(with_block(tutorial, BLOCK, month()), encoding="utf-8")
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
