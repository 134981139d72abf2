"""What a row counts as, and what a change of it adds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from postroad.contract.words import Status
from postroad.ledger.engagement import NOTHING_SEEN
from postroad.ledger.redacting import redacted
from postroad.ledger.row import Row
from postroad.stats.counts import Cell, Pairs, Sums, add, counts, difference
from postroad.stats.words import ADDRESS, BETWEEN, Metric, pair_of

AT = datetime(2026, 11, 22, 23, 59, 58, tzinfo=UTC)
PAIRS = Pairs(("campaign.variant", "template.locale"))
SENT = Row(
    message_id="m",
    status=Status.SENT,
    stream="marketing",
    template="newsletter",
    locale="es-CO",
    email="ana.ruiz@gmail.com",
    tags={"campaign": "spring", "variant": "b", "order": "1042"},
    times={"accepted": AT - timedelta(hours=1), "sent": AT},
    links=3,
)
DELIVERED = SENT.with_time("delivered", AT + timedelta(seconds=4))


def total(row: Row) -> set[Metric]:
    return set(counts(row)["2026-11-22", "marketing", "total", "all"])  # type: ignore[index]  # a cell is a tuple


def test_a_row_counts_in_each_dimension_in_which_it_has_a_value() -> None:
    day = ("2026-11-22", "marketing")
    assert counts(SENT, PAIRS) == {
        Cell(*day, dimension, value): {Metric.SENT: 1}
        for dimension, value in (
            ("total", "all"),
            ("template", "newsletter"),
            ("campaign", "spring"),
            ("variant", "b"),
            ("locale", "es-CO"),
            ("provider", "gmail"),
            ("campaign.variant", f"spring{BETWEEN}b"),
            ("template.locale", f"newsletter{BETWEEN}es-CO"),
        )
    }
    bare = replace(SENT, template="", locale="", tags={})
    assert {cell.dimension for cell in counts(bare, PAIRS)} == {"total", "provider"}


def test_a_mail_of_a_journey_counts_by_it_and_by_its_step_whatever_pairs_are_named() -> None:
    ours = replace(DELIVERED, journey="welcome", step="hello")
    for pairs in (Pairs(), PAIRS, Pairs(("journey.step",))):
        more = {
            (cell.dimension, cell.value): metrics
            for cell, metrics in counts(ours, pairs).items()
            if cell not in counts(DELIVERED, pairs)
        }
        assert more == {
            ("journey", "welcome"): {Metric.SENT: 1, Metric.DELIVERED: 1},
            ("journey.step", f"welcome{BETWEEN}hello"): {Metric.SENT: 1, Metric.DELIVERED: 1},
        }


def test_a_journey_is_paired_with_what_the_configuration_names() -> None:
    ours = replace(SENT, journey="welcome", step="hello")
    pair = Cell("2026-11-22", "marketing", "journey.locale", f"welcome{BETWEEN}es-CO")
    assert counts(ours, Pairs(("journey.locale",)))[pair] == {Metric.SENT: 1}


def test_the_day_is_that_on_which_ses_took_the_mail_whenever_the_rest_happens() -> None:
    late = DELIVERED.with_time("complained", AT + timedelta(days=9))
    assert {cell.day for cell in counts(late)} == {"2026-11-22"}


@pytest.mark.parametrize(
    ("row", "metric"),
    [
        (SENT, None),
        (DELIVERED, Metric.DELIVERED),
        (replace(SENT, bounce="hard"), Metric.HARD),
        (replace(SENT, bounce="soft"), Metric.SOFT),
        (replace(SENT, bounce="undetermined"), Metric.UNDETERMINED),
        (SENT.with_time("rejected", AT), Metric.REJECTED),
        (replace(DELIVERED, bounce="hard"), Metric.HARD),
        (replace(DELIVERED, bounce="soft"), Metric.DELIVERED),  # an out-of-office reply
    ],
)
def test_of_what_was_sent_each_has_one_end_by_the_rank_of_the_statuses(
    row: Row, metric: Metric | None
) -> None:
    assert total(row) == {Metric.SENT, *([metric] if metric else [])}


def test_complaints_and_leaving_are_counted_beside_the_delivery() -> None:
    row = DELIVERED.with_time("complained", AT).with_time("left", AT)
    assert total(row) == {Metric.SENT, Metric.DELIVERED, Metric.COMPLAINTS, Metric.UNSUBSCRIBES}


def test_a_click_that_turns_out_to_be_a_machines_moves_over() -> None:
    seen = NOTHING_SEEN.with_open(AT, is_machine=False).with_click(AT, "a", is_machine=False)
    clicked = replace(DELIVERED, engagement=seen)
    assert total(clicked) - total(DELIVERED) == {Metric.OPENS, Metric.CLICKS}

    burst = seen.with_click(AT, "b", is_machine=False).with_click(AT, "c", is_machine=False)
    scanned = replace(clicked, engagement=burst)
    moved = difference(clicked, scanned)
    assert moved[Cell("2026-11-22", "marketing", "total", "all")] == {
        Metric.OPENS: -1,
        Metric.CLICKS: -1,
        Metric.MACHINE_OPENS: 1,
        Metric.MACHINE_CLICKS: 1,
    }


@pytest.mark.parametrize(
    ("status", "metric"),
    [
        (Status.SUPPRESSED, Metric.NOT_SENT_SUPPRESSED),
        (Status.UNSUBSCRIBED, Metric.NOT_SENT_UNSUBSCRIBED),
        (Status.EXPIRED, Metric.NOT_SENT_EXPIRED),
        (Status.CANCELLED, Metric.NOT_SENT_CANCELLED),
        (Status.CAPPED, Metric.NOT_SENT_CAPPED),
        (Status.FAILED, Metric.NOT_SENT_FAILED),
    ],
)
def test_what_was_not_sent_counts_on_the_day_on_which_it_was_accepted(status: Status, metric: Metric) -> None:
    row = replace(SENT, status=status, times={"accepted": AT - timedelta(days=1)})
    assert counts(row)[Cell("2026-11-21", "marketing", "total", "all")] == {metric: 1}


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SCHEDULED, Status.HELD, Status.INVALID])
def test_what_waits_or_was_no_message_counts_nothing(status: Status) -> None:
    assert counts(replace(SENT, status=status, times={"accepted": AT})) == {}
    assert counts(replace(SENT, stream="")) == {}


def test_late_evidence_moves_a_mail_from_what_was_not_sent() -> None:
    expired = replace(SENT, status=Status.EXPIRED, times={"accepted": AT})
    moved = difference(expired, SENT)
    assert moved[Cell("2026-11-22", "marketing", "total", "all")] == {
        Metric.NOT_SENT_EXPIRED: -1,
        Metric.SENT: 1,
    }


def test_a_time_that_is_corrected_over_midnight_moves_the_mail_to_its_day() -> None:
    wrong = replace(SENT, times={"sent": AT + timedelta(seconds=3)})
    assert {cell.day: metrics for cell, metrics in difference(wrong, SENT).items()} == {
        "2026-11-23": {Metric.SENT: -1},
        "2026-11-22": {Metric.SENT: 1},
    }


def test_whatever_way_a_row_goes_its_changes_add_up_to_where_it_stands() -> None:
    way = [None, replace(SENT, status=Status.EXPIRED, times={"accepted": AT}), SENT, DELIVERED]
    way += [replace(DELIVERED, bounce="hard"), replace(DELIVERED, bounce="hard").with_time("left", AT)]
    sums: Sums = {}
    for before, after in pairwise(way):
        for cell, metrics in difference(before, after, PAIRS).items():
            add(sums, cell, metrics)
    assert sums == counts(way[-1], PAIRS)


def test_a_row_that_is_removed_takes_nothing_away() -> None:
    assert difference(DELIVERED, None) == {}


def test_a_redacted_row_keeps_its_dimensions_and_adds_nothing() -> None:
    redacted = replace(
        DELIVERED,
        email="",
        address_key="",
        provider="gmail",
        tags={"campaign": "spring", "variant": "b"},
        notes=(),
        detail="",
    )
    assert difference(DELIVERED, redacted, PAIRS) == {}
    opened = replace(redacted, engagement=NOTHING_SEEN.with_open(AT, is_machine=False))
    assert {cell.dimension for cell in difference(redacted, opened, PAIRS)} == {
        cell.dimension for cell in counts(SENT, PAIRS)
    }


def test_an_erased_mail_of_a_journey_goes_on_counting_in_it() -> None:
    ours = replace(DELIVERED, journey="welcome", step="hello", address_key="k1.ana")
    erased = redacted(ours, provider="gmail", now=AT)
    assert difference(ours, erased, PAIRS) == {}
    left = difference(erased, erased.with_time("left", AT), PAIRS)
    assert left[Cell("2026-11-22", "marketing", "journey.step", f"welcome{BETWEEN}hello")] == {
        Metric.UNSUBSCRIBES: 1
    }


def test_no_counter_holds_an_address_or_a_value_of_any_length() -> None:
    evil = replace(SENT, tags={"campaign": "ana.ruiz@gmail.com", "variant": "v" * 2048}, template="a\x1fb\n")
    cells = counts(evil, PAIRS)
    assert Cell("2026-11-22", "marketing", "campaign", ADDRESS) in cells
    assert all(len(cell.value) <= 129 and "@" not in cell.value for cell in cells)
    assert all(cell.value.count(BETWEEN) == (1 if "." in cell.dimension else 0) for cell in cells)


def test_long_values_that_begin_alike_are_told_apart() -> None:
    def campaign(name: str) -> set[str]:
        row = replace(SENT, tags={"campaign": name})
        return {cell.value for cell in counts(row) if cell.dimension == "campaign"}

    assert len(campaign("c" * 100 + "1") | campaign("c" * 100 + "2")) == 2
    assert campaign("c" * 64) == {"c" * 64}


@pytest.mark.parametrize(
    "name",
    [
        "campaign",
        "campaign.campaign",
        "campaign.total",
        "campaign.",
        "campaign.colour",
        "campaign.variant.x",
        "step",
        "step.journey",
        "campaign.step",
    ],
)
def test_a_pair_is_two_different_dimensions(name: str) -> None:
    with pytest.raises(ValueError, match="expected two of template, campaign"):
        pair_of(name)
