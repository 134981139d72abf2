"""Prices and plans of bench/prices.toml."""

import pytest

from bench.cost_prices import MILLION, prices
from bench.units import FIREHOSE_STEP_BYTES, GIBIBYTE
from stacks.dashboard import prices as dashboard


def test_the_dashboard_estimates_by_the_same_prices() -> None:
    book = prices()
    assert book.month == dashboard.AS_OF
    for name, one in {
        "lambda_request": dashboard.LAMBDA_RUN,
        "lambda_gb_second": dashboard.LAMBDA_GIBIBYTE_SECOND,
        "sqs_request": dashboard.SQS_REQUEST,
        "dynamodb_write": dashboard.DYNAMODB_WRITE,
        "dynamodb_read": dashboard.DYNAMODB_READ,
        "sns_publish": dashboard.SNS_PUBLISH,
        "result": dashboard.EVENTBRIDGE_EVENT,
        "alarm_month": dashboard.ALARM_METRIC,
        "metric_month": dashboard.CUSTOM_METRIC,
        "secret_month": dashboard.SECRET,
        "key_month": dashboard.KEY,
    }.items():
        assert book.usd(name, 1) == pytest.approx(one), name
    # The dashboard takes a kilobyte for 1,000 bytes, and a gigabyte for a thousand millions of them.
    record = book.usd("firehose_gb", FIREHOSE_STEP_BYTES / GIBIBYTE)
    assert record == pytest.approx(dashboard.FIREHOSE_RECORD, rel=0.06)
    assert book.plans["ESSENTIALS"].costs(1) == pytest.approx(dashboard.SES_MAIL)


@pytest.mark.parametrize(
    ("plan", "mails", "usd"),
    [
        ("NONE", MILLION, 100),
        ("ESSENTIALS", MILLION, 160),
        ("ESSENTIALS", 20 * MILLION, 1_600 + 1_400),
        ("ESSENTIALS", 101 * MILLION, 1_600 + 12_600 + 110),
        ("PRO", MILLION, 105 + 220),
        ("ENTERPRISE", 0, 500),
    ],
)
def test_a_plan_s_tiers_are_paid_one_after_the_other(plan: str, mails: int, usd: float) -> None:
    assert prices().plans[plan].costs(mails) == pytest.approx(usd)


def test_an_unknown_price_is_no_zero() -> None:
    with pytest.raises(KeyError):
        prices().usd("elephant", 1)
