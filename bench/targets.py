"""What the numbers are held against. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Target:
    """A number that shall be at most, or at least, so much."""

    what: str
    read: Callable[[Mapping[str, Any]], float]
    limit: float
    at_least: bool = False

    def holds(self, numbers: Mapping[str, Any]) -> bool:
        """Say whether it is reached."""
        value = self.read(numbers)
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def said(self) -> str:
        """The limit, in words."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


def _ratio(numbers: Mapping[str, Any], key: str) -> float:
    return float(numbers["send"][key]["postroad"] / numbers["send"][key]["naive"])


TARGETS = (
    Target("CPU a mail, ms", lambda found: found["send"]["cpu_ms_per_mail"]["postroad"], 3.0),
    Target(
        "CPU a mail, naive ÷ Postroad", lambda found: 1 / _ratio(found, "cpu_ms_per_mail"), 3.5, at_least=True
    ),
    Target(
        "mails a second on one core, SES at 50 ms",
        lambda found: found["send"]["mails_per_second_at_50ms"]["postroad"],
        250,
        at_least=True,
    ),
    Target(
        "calls a mail, batch of 100", lambda found: found["send"]["calls_per_mail"]["postroad"]["100"], 1.5
    ),
    Target("calls for a mail's events", lambda found: found["feedback"]["calls_per_mail"], 0.2),
    Target("import and first mail, Postroad ÷ naive, time", lambda found: _ratio(found, "import_ms"), 0.75),
    Target("the same, memory", lambda found: _ratio(found, "import_mb"), 0.85),
    Target(
        "calls for a due message, 100,000 ÷ 1,000",
        lambda found: (
            found["dispatch"]["calls_per_due_message"]["100000"]
            / found["dispatch"]["calls_per_due_message"]["1000"]
        ),
        1.0,
    ),
    Target(
        "import of 100,000 contacts, MB", lambda found: found["contacts"]["import_peak_mb"]["100000"], 100
    ),
    Target(
        "contacts imported a second",
        lambda found: found["contacts"]["import_rows_per_second"],
        500,
        at_least=True,
    ),
    Target(
        "calls for a journey's step, 100,000 ÷ 1,000 contacts",
        lambda found: (
            found["journeys"]["calls_per_step"]["100000"] / found["journeys"]["calls_per_step"]["1000"]
        ),
        1.0,
    ),
    Target(
        "1,000 contacts simulated for 60 days, s",
        lambda found: found["journeys"]["simulate_60_days_1000_contacts_s"],
        60,
    ),
    Target("USD a million mails", lambda found: found["cost_usd_per_million"]["postroad"], 2.80),
)
