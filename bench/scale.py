"""Lets a stage work at 1 to 10,000 mails a second under a virtual clock, for docs/explanation/scale.md.

    python -m bench.scale

It writes the page's table of what came of it, and its picture. It takes about a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from bench.blocks import with_block
from bench.cost_page import table
from bench.scale_plot import draw
from bench.scale_world import MARKETING, Seen, Stage, Supposed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.configuration.sizing import Sizing

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "scale.md"
PICTURE = ROOT / "docs" / "images" / "scale.svg"
BLOCK = "simulated"
SECONDS = {1: 600, 14: 180, 100: 90, 1_000: 60, 10_000: 30}
"""How long each rate is simulated; few seconds of a low rate say little."""
STARTED = 15
"""From this second on all copies are at work: Lambda adds them by and by."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """One rate, and what came of it."""

    rate: int
    seconds: int
    sizing: Sizing
    seen: Seen

    @property
    def used(self) -> float:
        """The part of the rate that was used once all copies were at work."""
        sent = sum(count for second, count in self.seen.sent_by_second.items() if second >= STARTED)
        return sent / self.rate / (self.seconds - STARTED)

    @property
    def writes_per_grant(self) -> float:
        """Writes to the governor's item for each that granted something."""
        return sum(self.seen.writes_by_second.values()) / self.seen.grants

    @property
    def writes_a_second(self) -> float:
        """Writes to the governor's item, on the average."""
        return sum(self.seen.writes_by_second.values()) / self.seconds

    @property
    def delays(self) -> tuple[float, float]:
        """Seconds until a transactional mail was with SES: the median, and what one in a hundred exceeds."""
        hundredths = quantiles(self.seen.delays, n=100)
        return hundredths[49], hundredths[98]

    @property
    def gb_seconds(self) -> float:
        """What Lambda bills for a mail, waiting included."""
        return self.seen.busy_seconds * self.sizing.memory_mebibytes / 1024 / self.seen.handled


def simulate(rate: int, seconds: int | None = None) -> Simulated:
    """Let a stage with this rate work."""
    seconds = SECONDS[rate] if seconds is None else seconds
    stage = Stage(rate, Supposed())
    return Simulated(rate, seconds, stage.sizing[MARKETING], stage.run(seconds))


def rows(simulated: Sequence[Simulated]) -> str:
    """Return the page's table."""
    head = (
        "mails a second",
        "copies × batch × threads",
        "rate used",
        "refused by SES",
        "not sent in time",
        "rate: writes a second",
        "transactional: median",
        "one in a hundred over",
    )
    body = [
        (
            f"{one.rate:,}",
            f"{one.sizing.maximum_concurrency} × {one.sizing.batch_size} × {one.sizing.threads}",
            f"{one.used:.0%}",
            f"{one.seen.throttled:,}",
            f"{one.seen.late:,}",
            f"{one.writes_a_second:,.1f}",
            f"{one.delays[0]:.1f} s",
            f"{one.delays[1]:.1f} s",
        )
        for one in simulated
    ]
    return table(head, body) + "\n"


def main() -> None:
    """Simulate all rates; write table and picture."""
    simulated = []
    for rate in SECONDS:
        simulated.append(simulate(rate))
        print(f"{rate:>6} mails a second: {simulated[-1].used:.1%} of the rate used", flush=True)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_block(text, BLOCK, rows(simulated)), encoding="utf-8")
    draw(simulated, PICTURE)


if __name__ == "__main__":
    main()
