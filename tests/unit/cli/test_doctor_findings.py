"""What `postroad doctor limits` says of a configuration beside an account's limits."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from postroad.account.ports import UNLIMITED, Quota
from postroad.account.standing import USD_PER_THOUSAND, Plan, Standing
from postroad.cli.doctor_findings import judge
from postroad.cli.doctor_limits import Deployed, Limits
from postroad.cli.findings import Finding, Level, number, worst
from postroad.configuration import Configuration
from postroad.configuration.loader import check
from postroad.configuration.sizing import SURE

HEALTHY = Standing(
    quota=Quota(max_24_hours=50_000, per_second=14, sent_24_hours=1_000),
    in_sandbox=False,
    may_send=True,
    enforcement="HEALTHY",
    plan=Plan.A_LA_CARTE,
)


def configured(*, rate: float | None = 14, share: float = 1, **marketing: int) -> Configuration:
    sender: dict[str, Any] = {"domain": "shop.example", "from": "orders@shop.example"}
    aws: dict[str, Any] = {"account": "123456789012", "region": "eu-west-1"}
    content = {
        "account_share": share,
        "aws": aws | ({} if rate is None else {"ses_rate_per_second": rate}),
        "domains": [{"name": "shop.example"}],
        "streams": {
            "transactional": {"kind": "transactional", **sender},
            "marketing": {"kind": "marketing", **sender, **marketing},
        },
        "web": {"domain": "mail.shop.example", "hosted_zone_id": "Z0123456789"},
        "recipients": {"allow": ["*"]},
    }
    return check(content, stage="prod", file="config/prod.toml")


def limits(
    configuration: Configuration | None = None,
    standing: Standing = HEALTHY,
    *,
    concurrency: int = 1000,
    shares: dict[str, float] | None = None,
    deployed: dict[str, Deployed] | None = None,
) -> Limits:
    configuration = configuration or configured()
    return Limits(
        configuration=configuration,
        standing=standing,
        concurrency=concurrency,
        shares=shares or {"prod": 1.0},
        deployed=as_configured(configuration) if deployed is None else deployed,
    )


def as_configured(configuration: Configuration) -> dict[str, Deployed]:
    return {
        name: Deployed(
            maximum_concurrency=each.maximum_concurrency,
            batch_size=each.batch_size,
            batching_window_seconds=each.batching_window_seconds,
        )
        for name, each in configuration.sizing().items()
    }


def quota(**changes: float) -> Standing:
    return replace(HEALTHY, quota=replace(HEALTHY.quota, **changes))


def about(what: str, found: Limits) -> Finding:
    """Return the worst of what was found about one thing."""
    return max(
        (each for each in judge(found) if each.about == what), key=lambda each: list(Level).index(each.level)
    )


def test_a_configuration_that_fits_its_account_has_nothing_to_do() -> None:
    findings = judge(limits())

    assert worst(findings) is Level.OK
    assert not [each.next_step for each in findings if each.next_step]


def test_whatever_is_worse_than_a_note_says_what_to_do() -> None:
    bad = replace(
        HEALTHY,
        quota=Quota(max_24_hours=1000, per_second=2, sent_24_hours=999),
        in_sandbox=True,
        may_send=False,
        enforcement="PROBATION",
        plan=Plan.ESSENTIALS,
    )
    findings = judge(limits(standing=bad, concurrency=10, shares={"prod": 1.0, "staging": 0.5}))

    found = [each for each in findings if each.level in {Level.WARNING, Level.WRONG}]
    assert {each.about for each in found} == {
        *("sending", "enforcement", "sandbox", "rate", "quota", "plan", "account_share", "concurrency"),
        *("stream transactional", "stream marketing"),
    }
    assert all(each.next_step for each in found)


@pytest.mark.parametrize(
    ("standing", "what", "level"),
    [
        (replace(HEALTHY, may_send=False), "sending", Level.WRONG),
        (replace(HEALTHY, enforcement="SHUTDOWN"), "enforcement", Level.WRONG),
        (replace(HEALTHY, enforcement="PROBATION"), "enforcement", Level.WARNING),
        (replace(HEALTHY, enforcement=""), "enforcement", Level.WARNING),
        (replace(HEALTHY, in_sandbox=True), "sandbox", Level.WARNING),
        (quota(per_second=50), "rate", Level.WARNING),
        (quota(per_second=10), "rate", Level.WARNING),
        (quota(sent_24_hours=40_000), "quota", Level.WARNING),
        (quota(sent_24_hours=39_999), "quota", Level.OK),
        (quota(max_24_hours=UNLIMITED, sent_24_hours=9_000_000), "quota", Level.OK),
        (replace(HEALTHY, plan=None), "plan", Level.NOTE),
        (replace(HEALTHY, plan=Plan.PRO), "plan", Level.NOTE),
    ],
)
def test_each_thing_that_ses_says_has_its_level(standing: Standing, what: str, level: Level) -> None:
    assert about(what, limits(standing=standing)).level is level


def test_a_rate_that_ses_raised_is_named_with_the_line_to_write() -> None:
    found = about("rate", limits(standing=quota(per_second=50)))

    assert found.says == "SES takes 50/s, and send is sized for 14/s, as configured"
    assert found.next_step == "Set aws.ses_rate_per_second = 50 in config/prod.toml, and deploy."


def test_without_a_configured_rate_it_says_what_was_assumed() -> None:
    found = about("rate", limits(configured(rate=None)))

    assert found.level is Level.WARNING
    assert "aws.ses_rate_per_second is not set, so send is sized for 1/s" in found.says
    assert found.next_step == "Set aws.ses_rate_per_second = 14 in config/prod.toml, and deploy."


def test_without_a_configured_rate_an_account_in_the_sandbox_fits() -> None:
    assert about("rate", limits(configured(rate=None), quota(per_second=1))).level is Level.OK


def test_the_safe_default_is_slow_where_ses_takes_much_and_it_is_said() -> None:
    found = limits(configured(rate=None), quota(per_second=500))

    assert all(row.wait_seconds < 1 for row in found.rows())
    assert about("stream marketing", found).says == "sends 60/s at most, of the stage's 500/s"


def test_essentials_is_paid_for_nothing_where_its_features_are_off() -> None:
    found = about("plan", limits(standing=replace(quota(sent_24_hours=40_000), plan=Plan.ESSENTIALS)))

    assert found.level is Level.WARNING
    assert "0.16 USD per 1,000" in found.says
    assert "0.10 à la carte" in found.says
    assert "72.00 USD a month" in found.says  # 40 thousand × 30 days × 0.06
    assert found.next_step == "aws sesv2 put-account-pricing-attributes --plan NONE --region eu-west-1"


def test_essentials_is_no_waste_where_its_deliverability_manager_is_on() -> None:
    standing = replace(HEALTHY, plan=Plan.ESSENTIALS, has_deliverability_manager=True)

    assert about("plan", limits(standing=standing)).level is Level.NOTE


def test_a_plan_that_ends_with_the_month_is_no_waste() -> None:
    standing = replace(HEALTHY, plan=Plan.ESSENTIALS, next_plan=Plan.A_LA_CARTE)

    found = about("plan", limits(standing=standing))
    assert (found.level, found.says.rpartition("; ")[2]) == (Level.OK, "from next month à la carte")


def test_the_plans_prices_are_those_of_the_cost_model() -> None:
    plans = tomllib.loads(Path("bench/prices.toml").read_text("utf-8"))["ses"]["plans"]

    assert {name: plan["tiers"][0][1] for name, plan in plans.items()} == USD_PER_THOUSAND
    assert {name: plan["name"] for name, plan in plans.items()} == {plan: plan.called for plan in Plan}


def test_stages_that_share_more_than_the_account_are_wrong() -> None:
    found = about("account_share", limits(shares={"prod": 0.8, "staging": 0.3}))

    assert found.level is Level.WRONG
    assert "1.1 of it together: prod 0.8, staging 0.3" in found.says


def test_the_arithmetic_of_each_stream_is_shown() -> None:
    says = about("stream transactional", limits()).says

    assert says == "2 copies × 42 messages ÷ 2.8/s = 30.0 s, of at most 30"


def test_batches_for_a_rate_that_ses_does_not_give_are_wrong() -> None:
    found = about("stream marketing", limits(standing=quota(per_second=1)))

    assert found.level is Level.WRONG
    assert found.says.startswith("2 copies × 100 messages ÷ 0.4/s = 500.0 s, over 30")
    assert found.next_step == "Set aws.ses_rate_per_second to SES's rate in config/prod.toml, and deploy."


def test_keys_set_by_hand_are_named_where_they_do_not_fit() -> None:
    by_hand = configured(rate=None, maximum_concurrency=5, batch_size=50)

    found = about("stream marketing", limits(by_hand, quota(per_second=1)))
    assert found.next_step == (
        "Delete maximum_concurrency, batch_size of [streams.marketing] in config/prod.toml, and let the rate "
        "decide; deploy."
    )


def test_a_rate_too_small_for_lambdas_least_is_a_warning_that_names_no_key() -> None:
    found = about("stream transactional", limits(configured(rate=1, share=0.1), quota(per_second=1)))

    assert found.level is Level.WARNING
    assert "no batch is smaller" in found.says


def test_what_is_deployed_with_other_sizes_is_told() -> None:
    deployed = as_configured(configured())
    deployed["marketing"] = Deployed(maximum_concurrency=5, batch_size=50, batching_window_seconds=1)

    found = about("stream marketing", limits(deployed=deployed))
    assert (found.level, found.says) == (
        Level.WARNING,
        "was deployed with maximum_concurrency 5 instead of 2, batch_size 50 instead of 100",
    )
    assert found.next_step == "Deploy: npx cdk deploy --all -c stage=prod"


def test_a_stage_that_is_not_deployed_yet_can_be_judged() -> None:
    findings = judge(limits(deployed={}))

    assert worst(findings) is Level.NOTE
    assert [each.about for each in findings if each.says == "is not deployed"] == [
        *("stream transactional", "stream marketing"),
    ]


def test_too_few_copies_by_hand_are_told_what_they_send() -> None:
    slow = configured(rate=500, maximum_concurrency=2, threads=5)

    found = about("stream marketing", limits(slow, quota(per_second=500)))
    assert (found.level, found.says) == (Level.WARNING, "sends 50/s at most, of the stage's 500/s")


def test_lambda_needs_room_for_all_functions_together() -> None:
    # 2 + 2 for send, 2 + 2 for feedback, 4 for outcomes, 4 for counting, 1 for dispatch
    assert about("concurrency", limits(concurrency=17)).level is Level.OK
    found = about("concurrency", limits(concurrency=16))
    assert found.level is Level.WARNING
    assert "may want 17 copies at once, and Lambda runs 16" in found.says


def test_a_share_of_the_account_is_what_the_streams_divide() -> None:
    rows = limits(configured(share=0.5), shares={"prod": 0.5}).rows()

    assert {row.stream: row.share for row in rows} == pytest.approx(
        {"transactional": 7 * 0.2, "marketing": 7 * 0.8 * SURE}, rel=1e-4
    )


@pytest.mark.parametrize(
    ("value", "text"), [(5.6, "5.6"), (0.0412, "0.0412"), (10_000, "10,000"), (333.3, "333")]
)
def test_rates_are_shown_as_people_read_them(value: float, text: str) -> None:
    assert number(value) == text


def test_no_finding_names_an_address_or_a_secret() -> None:
    assert not [each for each in judge(limits()) if re.search("@", each.says + each.next_step)]


@pytest.mark.parametrize(
    ("reserve", "is_wrong"), [(0.1, False), (0.99, False), (0.995, False), (0.9951, True)]
)
def test_a_reserve_that_leaves_other_streams_not_a_mail_a_day_is_wrong(
    reserve: float, *, is_wrong: bool
) -> None:
    configuration = configured()
    governor = configuration.governor.model_copy(update={"quota_reserve": reserve})
    configuration = configuration.model_copy(update={"governor": governor})
    found = judge(limits(configuration, quota(max_24_hours=200)))

    assert any(each.about == "quota_reserve" and "marketing" in each.says for each in found) is is_wrong
    assert not any(each.about == "quota_reserve" for each in judge(limits(configuration)))


def test_a_share_of_which_no_mail_a_day_is_left_is_wrong() -> None:
    found = limits(configured(share=0.004), quota(max_24_hours=200))

    assert about("account_share", found).level is Level.WRONG
    assert about("account_share", limits(configured(share=0.005), quota(max_24_hours=200))).level is Level.OK
    endless = limits(configured(share=0.004), quota(max_24_hours=UNLIMITED))
    assert about("account_share", endless).level is Level.OK
