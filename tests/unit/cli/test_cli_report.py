"""`postroad report`, over counters in moto."""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from postroad.cli.main import app
from postroad.cli.output import console
from postroad.cli.problem import ExitCode
from postroad.cli.report import complete_dimensions
from postroad.cli.report_text import print_report, print_tallies
from postroad.stats.counts import Cell, Sums
from postroad.stats.dynamodb import DynamoCounters
from postroad.stats.ports import Position
from postroad.stats.reporting import Tally, counted_until, reported
from postroad.stats.words import BETWEEN, OTHERS, Metric

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

TODAY = datetime.now(UTC).date()
NOW = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
SPRING = {
    Metric.SENT: 2000,
    Metric.DELIVERED: 1940,
    Metric.HARD: 20,
    Metric.SOFT: 8,
    Metric.UNDETERMINED: 1,
    Metric.REJECTED: 1,
    Metric.COMPLAINTS: 1,
    Metric.UNSUBSCRIBES: 12,
    Metric.OPENS: 400,
    Metric.CLICKS: 90,
    Metric.MACHINE_OPENS: 700,
    Metric.MACHINE_CLICKS: 33,
    Metric.NOT_SENT_SUPPRESSED: 5,
    Metric.NOT_SENT_UNSUBSCRIBED: 3,
}
SUMMER = {Metric.SENT: 5, Metric.DELIVERED: 3, Metric.OPENS: 1}


def count(deployed: Deployed, *, day: date = TODAY, stream: str = "transactional") -> None:
    counters = DynamoCounters(deployed.session.client("dynamodb"), "stats")

    def cell(dimension: str, value: str) -> Cell:
        return Cell(day.isoformat(), stream, dimension, value)

    together = {
        metric: SPRING.get(metric, 0) + SUMMER.get(metric, 0) for metric in SPRING.keys() | SUMMER.keys()
    }
    sums: Sums = {
        cell("total", "all"): together,
        cell("campaign", "spring"): SPRING,
        cell("campaign", "summer"): SUMMER,
        cell("campaign.variant", f"spring{BETWEEN}b"): SPRING,
        cell("journey", "welcome"): SPRING,
        cell("journey.step", f"welcome{BETWEEN}hello"): SPRING,
    }
    now = datetime.now(UTC)
    position = Position("9", now - timedelta(seconds=30), now)
    assert counters.add(f"shard-{day}-{stream}", sums, expected=None, position=position)


def test_rates_are_told_with_both_of_their_numbers(deployed: Deployed) -> None:
    count(deployed)
    text = deployed.run("report").stdout
    assert "96.9%" in text
    assert "1,943/2,005" in text
    assert "0.05%" in text  # one complaint of 1,943 delivered
    assert "not sent: 5 suppressed, 3 unsubscribed" in text
    assert "1 rejected by SES" in text
    assert "by machine" in text
    assert "ago. What SES tells later is still to come." in text


def test_few_mails_are_two_numbers_and_no_rate(deployed: Deployed) -> None:
    count(deployed)
    (summer,) = [
        line for line in deployed.json("report", "--by", "campaign")["lines"] if line["campaign"] == "summer"
    ]
    assert summer["rates"]["delivered"] == {"numerator": 3, "denominator": 5, "of": "sent", "rate": None}
    text = deployed.run("report", "--by", "campaign").stdout
    assert "3/5" in text
    assert "60.0%" not in text


def test_json_holds_each_line_each_day_and_how_far_counting_is(deployed: Deployed) -> None:
    count(deployed)
    count(deployed, day=TODAY - timedelta(days=2), stream="order-updates")
    found = deployed.json("report", "--by", "campaign", "--days", "3")
    assert (found["from"], found["to"]) == (str(TODAY - timedelta(days=2)), str(TODAY))
    assert found["streams"] == ["order-updates", "transactional"]
    assert [(line["campaign"], line["counts"]["sent"]) for line in found["lines"]] == [
        ("spring", 4000),
        ("summer", 10),
    ]
    assert [day["counts"]["sent"] for day in found["days"]] == [2005, 0, 2005]
    assert found["total"]["counts"]["not_known_yet"] == 2 * (30 + 2)
    assert found["total"]["rates"]["hard"]["rate"] == pytest.approx(40 / 4010)
    assert 20 < found["counted"]["behind_seconds"] < 600


def test_one_stream_and_other_days_can_be_named(deployed: Deployed) -> None:
    count(deployed, day=date(2026, 11, 3))
    words = ("report", "--from", "2026-11-01", "--to", "2026-11-30")
    assert deployed.json(*words)["total"]["counts"]["sent"] == 2005
    assert deployed.json(*words, "--stream", "order-updates")["total"]["counts"]["sent"] == 0
    assert (
        deployed.json("report", "--from", "2026-11-04", "--to", "2026-11-30")["total"]["counts"]["sent"] == 0
    )


def test_a_pair_is_told_apart_by_both_of_its_values(deployed: Deployed) -> None:
    count(deployed)
    (line,) = deployed.json("report", "--by", "campaign.variant")["lines"]
    assert (line["campaign"], line["variant"]) == ("spring", "b")
    assert "spring × b" in deployed.run("report", "--by", "campaign.variant").stdout


def test_mail_of_journeys_is_told_apart_by_journey_and_by_step(deployed: Deployed) -> None:
    count(deployed)
    lines = deployed.json("report", "--by", "journey")["lines"]
    assert [(line["journey"], line["counts"]["sent"]) for line in lines] == [("welcome", 2000)]
    (line,) = deployed.json("report", "--by", "journey.step")["lines"]
    assert (line["journey"], line["step"], line["counts"]["sent"]) == ("welcome", "hello", 2000)
    assert "welcome × hello" in deployed.run("report", "--by", "journey.step").stdout


def test_what_came_after_the_first_values_of_a_pair_is_one_line(deployed: Deployed) -> None:
    counters = DynamoCounters(deployed.session.client("dynamodb"), "stats")
    cell = Cell(TODAY.isoformat(), "transactional", "campaign.variant", OTHERS)
    now = datetime.now(UTC)
    assert counters.add("a", {cell: SUMMER}, expected=None, position=Position("9", now, now))
    (line,) = deployed.json("report", "--by", "campaign.variant")["lines"]
    assert (line["campaign"], line["variant"], line["counts"]["sent"]) == (OTHERS, OTHERS, 5)
    assert OTHERS in deployed.run("report", "--by", "campaign.variant").stdout


def test_nothing_counted_is_said_with_what_to_look_at(deployed: Deployed) -> None:
    text = deployed.run("report", "--by", "locale.provider").stdout
    assert "pairs are counted if [stats] names them in config/<stage>.toml" in text
    assert "Nothing has been counted in the last week." in text
    assert deployed.json("report")["counted"] == {"until": None, "behind_seconds": None}
    assert "Nothing was sent in these days" in deployed.run("report").stdout


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--by", "colour"), "'colour' is no dimension"),
        (("--by", "campaign.campaign"), "is no dimension"),
        (("--by", "step"), "'step' is no dimension"),
        (("--from", "22.11.2026"), "is no day"),
        (("--to", "0001-01-02"), "long before any mail"),
        (("--from", "2026-11-22", "--to", "2026-11-21"), "after --to"),
        (("--from", "2024-01-01", "--to", "2026-11-21"), "more than 366 days"),
        (("--from", "2026-11-22", "--days", "3"), "two first days"),
    ],
)
def test_words_that_can_not_be_used_are_told(deployed: Deployed, words: tuple[str, ...], what: str) -> None:
    assert what in deployed.json("report", *words, code=ExitCode.USAGE)["error"]["what"]


class Terminal(io.StringIO):
    """A terminal that prints what it can."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a StringIO has none
        return self._encoding

    def isatty(self) -> bool:
        return True


def shown(
    monkeypatch: pytest.MonkeyPatch, *, width: int, encoding: str = "utf-8", by: str = "campaign",
    names: tuple[str, str] = ("spring", "a" * 64),
) -> str:  # fmt: skip
    terminal = Terminal(encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    day = NOW.date()
    report = reported(
        by, day - timedelta(days=1), day, [(day, dict(zip(names, (SPRING, SUMMER), strict=True)))]
    )
    print_report(report, streams=["marketing"], reached=NOW, at_work=True, now=NOW + timedelta(seconds=21))
    return terminal.getvalue()


@pytest.mark.parametrize("width", [40, 80, 117, 118, 200])
def test_a_terminal_of_any_width_gets_all_numbers_and_bars_that_fit(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    text = shown(monkeypatch, width=width)
    for number in ("2,000", "1,940/2,000", "97.0%", "700/1,940", "12/1,940", "3/5"):
        assert number in text, number
    bars = [line for line in text.splitlines() if "█" in line and "delivered" not in line]
    assert len(bars) == 2
    assert all(len(line) <= width for line in bars)
    assert "█ delivered   ▒ bounced   · not known yet" in text


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize(
    "names",
    [
        ("together", "together'"),
        ("all", "together"),
        ("a\x1b[2J", "a\x9b[2J"),
        ("\u202espring", "\u202fspring"),
    ],
)
def test_no_value_hides_another_one_or_the_sum(
    monkeypatch: pytest.MonkeyPatch, width: int, names: tuple[str, str]
) -> None:
    text = shown(monkeypatch, width=width, names=names)
    for number in ("1,940/2,000", "3/5", "1,943/2,005"):
        assert number in text, number
    assert len([line for line in text.splitlines() if "█" in line and "delivered" not in line]) == 2
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)  # the terminal's own bold
    assert all(sign.isprintable() for sign in plain.replace("\n", ""))


@pytest.mark.parametrize("width", [40, 200])
def test_what_stands_in_a_column_of_its_own_is_not_told_beside_it(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    terminal = Terminal("utf-8")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    tally = Tally({Metric.SENT: 9, Metric.NOT_SENT_CAPPED: 4711, Metric.NOT_SENT_EXPIRED: 2})
    capped = ((Metric.NOT_SENT_CAPPED, "capped"),)
    print_tallies(console(), {"hello": tally}, head="step", numbers=capped)
    text = terminal.getvalue()
    assert text.count("4,711") == text.count("capped") == 1
    assert "not sent: 2 expired" in text
    assert "by machine" not in text


def test_bars_of_wide_signs_begin_in_one_column(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, width=60, names=("春季促销", "夏" * 40))
    bars = [line for line in text.splitlines() if "█" in line and "delivered" not in line]
    assert len({cell_len(line.partition("█")[0]) for line in bars}) == 1
    assert all(cell_len(line) <= 60 for line in bars)


def test_what_a_bar_says_needs_no_colour_and_no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, width=80, encoding="ascii", by="total")
    (bar,) = [line for line in text.splitlines() if line.startswith("11-22")]
    assert set(bar.split()[-1]) == {"#", "x", "."}
    assert "# delivered   x bounced   . not known yet" in text


def test_while_shards_are_at_work_the_slowest_decides_how_far_counting_is() -> None:
    quick = Position("9", NOW - timedelta(seconds=20), NOW - timedelta(seconds=1))
    slow = Position("8", NOW - timedelta(hours=2), NOW - timedelta(seconds=3))
    closed = Position("7", NOW - timedelta(hours=9), NOW - timedelta(hours=9))
    assert counted_until([quick, slow, closed], now=NOW) == (slow.at, True)
    assert counted_until([closed], now=NOW) == (closed.at, False)
    assert counted_until([], now=NOW) == (None, False)


def test_the_shell_is_offered_the_dimensions() -> None:
    assert complete_dimensions("ca") == ["campaign", "campaign.variant"]
    assert complete_dimensions("jo") == ["journey", "journey.step"]
    assert app.registered_commands
