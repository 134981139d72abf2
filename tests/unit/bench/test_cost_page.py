"""The cost model counts what the code does, and the committed page is its own."""

import re

import pytest

from bench.blocks import block
from bench.cost import PAGE, TUTORIAL
from bench.cost_lines import CORE, Model
from bench.cost_month import BLOCK, VOLUMES, OneByOne, month
from bench.cost_naive import naive_lines
from bench.cost_page import TARGET, page
from bench.cost_prices import MILLION, prices

pytestmark = pytest.mark.slow

MODEL = Model(prices().assumptions["rate"])


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m bench.cost`"


def test_the_tutorials_bill_is_current() -> None:
    assert block(TUTORIAL.read_text(encoding="utf-8"), BLOCK) == month(), "run `python -m bench.cost`"


def test_the_readme_names_the_bill_of_a_million() -> None:
    bill = sum(OneByOne(MILLION).lines().values())
    readme = (PAGE.parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"**About {bill:.0f} USD for a million mails a month**" in readme


def test_a_month_of_single_mails_costs_more_a_mail_the_fewer_there_are() -> None:
    bills = [OneByOne(volume).lines() for volume in VOLUMES]
    ses = next(iter(bills[0]))
    assert [bill[ses] for bill in bills] == pytest.approx([1, 10, 100])
    each = [sum(bill.values()) / volume for bill, volume in zip(bills, VOLUMES, strict=True)]
    assert each == sorted(each, reverse=True)
    assert each[-1] * MILLION > 100 + MODEL.total()  # nothing is shared but objects of events


def test_a_mail_is_three_writes_one_index_entry_and_one_suppression_read() -> None:
    units = MODEL.units()
    for line in ("claim", "sent", "delivered", "index"):
        assert units[line, "dynamodb_write"] == 1, line
    assert units["suppression", "dynamodb_read"] == 1
    assert 0.5 <= units["events", "dynamodb_read"] <= 1  # one or two reads, of what may be a moment old
    assert {line for line, _ in units} <= {*CORE, "index"}, "a line that the page doesn't add up"


def test_the_usual_row_stays_under_900_bytes() -> None:
    assert 200 < MODEL.walked()[0][1].meter.largest < 900


def test_a_mail_goes_through_the_queue_by_tens() -> None:
    assert MODEL.units()["queues", "sqs_request"] == pytest.approx(0.3)


def test_claim_to_lambda_is_within_the_target_at_a_hundred_a_second() -> None:
    assert MODEL.rate == 100
    assert MODEL.together() <= TARGET


def test_the_total_is_the_sum_of_all_lines_and_waiting_is_what_a_low_rate_costs() -> None:
    lines = [*MODEL.core(), *MODEL.beside()]
    assert MODEL.total() == pytest.approx(sum(line.usd * line.share for line in lines))
    waiting = {
        rate: {line.name: line.usd for line in Model(rate).beside()}["waiting"] for rate in (1, 14, 100)
    }
    assert waiting[1] > waiting[14] > waiting[100] > 0


def test_a_mail_that_waits_for_its_time_costs_its_pointer_and_its_body_as_well() -> None:
    units = MODEL.units(scheduled=True)
    assert units["pointers", "dynamodb_write"] == pytest.approx(2)
    assert 2 <= units["bodies", "dynamodb_write"] < 3
    assert units["scheduled", "dynamodb_write"] == 1


def test_naive_costs_more_and_pays_for_each_event() -> None:
    lines = {line.name: line.usd for line in naive_lines(MODEL)}
    assert sum(lines.values()) > 2 * MODEL.together()
    assert lines["sns"] == pytest.approx(prices().usd("sns_publish", 2 * MILLION))


def test_every_price_names_its_source_and_the_page_shows_which_nobody_checked() -> None:
    text = page()
    for name, price in prices().prices.items():
        assert price.source.startswith("https://aws.amazon.com/")
        (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
        assert ("not checked" in row) == (not price.checked)
