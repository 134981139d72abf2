"""What is wrong between a stage's configuration and the limits of its account. Pure.

Nothing here is asked or changed: what SES and Lambda say of the account is an argument.
"""

from __future__ import annotations

from math import ceil, floor, fsum
from typing import TYPE_CHECKING

from postroad.account.ports import UNLIMITED
from postroad.account.standing import USD_PER_THOUSAND, Plan
from postroad.cli.findings import Finding, Level, number
from postroad.configuration.sizing import ASSUMED_RATE, fits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.cli.doctor_limits import Limits, StreamRow

ALMOST = 0.8
"""Of a quota: time to ask for more."""
WHOLE = 1.0 + 1e-9
SES_PAGE = "https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html"
LAMBDA_QUOTA = 'Service Quotas, AWS Lambda, "Concurrent executions"'


def judge(limits: Limits) -> list[Finding]:
    """Judge everything, SES first."""
    return [
        *_sending(limits),
        _rate(limits),
        _quota(limits),
        *_reserve(limits),
        _plan(limits),
        _shares(limits),
        *(finding for row in limits.rows() for finding in _stream(limits, row)),
        *_deployed(limits),
        _concurrency(limits),
    ]


def _slow(limits: Limits, about: str, says: str, next_step: str) -> Finding:
    """Return what is slow and not wrong; on one machine it is meant to be."""
    if limits.configuration.is_local:
        return Finding(about, Level.NOTE, says)
    return Finding(about, Level.WARNING, says, next_step)


def _sending(limits: Limits) -> Iterator[Finding]:
    standing = limits.standing
    if standing.may_send:
        yield Finding("sending", Level.OK, "SES takes mail of this account")
    else:
        yield Finding(
            "sending",
            Level.WRONG,
            "sending is switched off for the account: SES refuses every mail",
            "When its reason is gone: aws sesv2 put-account-sending-attributes --sending-enabled --region "
            f"{limits.configuration.aws.region}",
        )
    match standing.enforcement:
        case "HEALTHY":
            yield Finding("enforcement", Level.OK, "HEALTHY")
        case "SHUTDOWN":
            yield Finding(
                "enforcement",
                Level.WRONG,
                "SHUTDOWN: SES has stopped the account",
                "Answer AWS's case in its console.",
            )
        case other:
            yield Finding(
                "enforcement",
                Level.WARNING,
                f"{other or 'SES does not say'}: SES reviews the account's bounces or complaints",
                "Read AWS's case, and stop the stream that causes them: postroad stream pause",
            )
    if standing.in_sandbox:
        yield Finding(
            "sandbox",
            Level.WARNING,
            "the account is in SES's sandbox: it mails verified addresses alone",
            "Ask for production access: aws sesv2 put-account-details --production-access-enabled …",
        )
    else:
        yield Finding("sandbox", Level.OK, "the account has production access")


def _rate(limits: Limits) -> Finding:
    configured, rate = limits.configuration.aws.ses_rate_per_second, limits.standing.quota.per_second
    change = f"Set aws.ses_rate_per_second = {rate:g} in {limits.file}, and deploy."
    if configured is None:
        if rate <= ASSUMED_RATE:
            says = f"SES takes {number(rate)}/s; none is configured, and {ASSUMED_RATE:g}/s assumed"
            return Finding("rate", Level.OK, says)
        return _slow(
            limits,
            "rate",
            f"SES takes {number(rate)}/s; aws.ses_rate_per_second is not set, so send is sized for "
            f"{ASSUMED_RATE:g}/s, which is safe and slow",
            change,
        )
    if configured == rate:
        return Finding("rate", Level.OK, f"{number(rate)}/s, as configured")
    if configured < rate:
        says = f"SES takes {number(rate)}/s, and send is sized for {number(configured)}/s, as configured"
    else:
        says = (
            f"SES takes {number(rate)}/s, and the configuration says {number(configured)}/s: send is sized "
            "for more than may leave, and at first, until dispatch has asked SES, too fast"
        )
    return Finding("rate", Level.WARNING, says, change)


def _quota(limits: Limits) -> Finding:
    quota, configured = limits.standing.quota, limits.configuration.aws.ses_daily_quota
    if quota.max_24_hours == UNLIMITED:
        return Finding(
            "quota", Level.OK, f"no daily limit; {quota.sent_24_hours:,.0f} mails in the last 24 hours"
        )
    used = f"{quota.sent_24_hours:,.0f} of {quota.max_24_hours:,.0f} mails in the last 24 hours"
    if quota.sent_24_hours >= ALMOST * quota.max_24_hours:
        return Finding("quota", Level.WARNING, used, f"Ask AWS for more: {SES_PAGE}")
    if configured is not None and configured != quota.max_24_hours:
        return Finding(
            "quota",
            Level.WARNING,
            f"{used}; the dashboard draws {configured:,}",
            f"Set aws.ses_daily_quota = {quota.max_24_hours:.0f} in {limits.file}, and deploy.",
        )
    return Finding("quota", Level.OK, used)


def _reserve(limits: Limits) -> Iterator[Finding]:
    """Tell of streams to which the quota leaves not a mail a day, as the governor reckons it."""
    configuration, quota = limits.configuration, limits.standing.quota.max_24_hours
    if quota == UNLIMITED:
        return
    whole = quota * configuration.account_share
    reserve = configuration.governor.quota_reserve
    others = [name for name, stream in configuration.streams.items() if not stream.wanted.is_transactional]
    if whole < 1:
        yield Finding(
            "account_share",
            Level.WRONG,
            f"of {quota:,.0f} mails a day this stage's share is not one: nothing is sent",
            f"Raise account_share in {limits.file}, and deploy.",
        )
    elif others and floor(whole) - ceil(whole * reserve) < 1:
        yield Finding(
            "quota_reserve",
            Level.WRONG,
            f"of {whole:,.0f} mails a day it leaves none to {', '.join(others)}",
            f"Lower governor.quota_reserve in {limits.file}, and deploy.",
        )


def _plan(limits: Limits) -> Finding:
    standing = limits.standing
    plan, after = standing.plan, standing.next_plan
    if plan is None:
        return Finding("plan", Level.NOTE, "SES does not say which price plan the account has")
    price = f"{plan.called}, {USD_PER_THOUSAND[plan]:.2f} USD per 1,000 mails"
    if after is not None and after is not plan:
        return Finding("plan", Level.OK, f"{price}; from next month {after.called}")
    if plan is Plan.A_LA_CARTE:
        return Finding("plan", Level.OK, price)
    if standing.has_deliverability_manager or plan is not Plan.ESSENTIALS:
        return Finding("plan", Level.NOTE, f"{price}, for features that Postroad does not use")
    more = USD_PER_THOUSAND[plan] - USD_PER_THOUSAND[Plan.A_LA_CARTE]
    month = standing.quota.sent_24_hours * 30 / 1000 * more
    return Finding(
        "plan",
        Level.WARNING,
        f"{price}, for nothing: {USD_PER_THOUSAND[Plan.A_LA_CARTE]:.2f} à la carte, and what the plan adds "
        f"(Virtual Deliverability Manager) is off; at today's volume {month:,.2f} USD a month too much",
        f"aws sesv2 put-account-pricing-attributes --plan NONE --region {limits.configuration.aws.region}",
    )


def _shares(limits: Limits) -> Finding:
    listed = ", ".join(f"{stage} {share:g}" for stage, share in limits.shares.items())
    total = fsum(limits.shares.values())
    if total > WHOLE:
        return Finding(
            "account_share",
            Level.WRONG,
            f"the stages of this account and Region have {total:g} of it together: {listed}",
            "Lower account_share in config/ until they add up to 1.",
        )
    return Finding(
        "account_share", Level.OK, f"{listed}; {number(limits.rate)} mails a second are this stage's"
    )


def _stream(limits: Limits, row: StreamRow) -> Iterator[Finding]:
    about, sizing = f"stream {row.stream}", row.sizing
    most = limits.configuration.timing.send_room_seconds
    work = (
        f"{sizing.maximum_concurrency} copies × {sizing.batch_size} messages ÷ {number(row.share)}/s = "
        f"{row.wait_seconds:,.1f} s"
    )
    if fits(row.wait_seconds, most):
        yield Finding(about, Level.OK, f"{work}, of at most {most:g}")
    elif sizing.batch_size == 1 and not row.by_hand:
        yield Finding(
            about,
            Level.WARNING,
            f"{work}, over {most:g}, and no batch is smaller: some go back to the queue",
            "Have fewer streams, or a higher rate or account_share.",
        )
    else:
        yield Finding(
            about,
            Level.WRONG,
            f"{work}, over {most:g}: what had no turn goes back to the queue, a hundred times at most",
            _remedy(limits, row),
        )
    if sizing.most_per_second < limits.rate * (1 - 1e-6):
        yield _slow(
            limits,
            about,
            f"sends {number(sizing.most_per_second)}/s at most, of the stage's {number(limits.rate)}/s",
            _remedy(limits, row),
        )


def _deployed(limits: Limits) -> Iterator[Finding]:
    """Compare what runs with what the file makes of the rate: what is judged above is the file."""
    deploy = f"Deploy: npx cdk deploy --all -c stage={limits.configuration.stage}"
    for row in limits.rows():
        about, now = f"stream {row.stream}", limits.deployed.get(row.stream)
        if now is None:
            yield Finding(about, Level.NOTE, "is not deployed", deploy)
            continue
        differing = [
            f"{key} {found} instead of {wanted}"
            for key in ("maximum_concurrency", "batch_size", "batching_window_seconds")
            if (found := getattr(now, key)) != (wanted := getattr(row.sizing, key))
        ]
        if differing:
            yield Finding(about, Level.WARNING, f"was deployed with {', '.join(differing)}", deploy)


def _remedy(limits: Limits, row: StreamRow) -> str:
    if row.by_hand:
        keys = ", ".join(row.by_hand)
        return f"Delete {keys} of [streams.{row.stream}] in {limits.file}, and let the rate decide; deploy."
    return f"Set aws.ses_rate_per_second to SES's rate in {limits.file}, and deploy."


def _concurrency(limits: Limits) -> Finding:
    copies = limits.copies
    needed = sum(copies.values())
    listed = ", ".join(f"{name} {count}" for name, count in copies.items())
    if needed > limits.concurrency:
        return Finding(
            "concurrency",
            Level.WARNING,
            f"this stage may want {needed} copies at once, and Lambda runs {limits.concurrency} in this "
            f"account: {listed}",
            f"Ask AWS for more ({LAMBDA_QUOTA}); until then set less in {limits.file}.",
        )
    return Finding("concurrency", Level.OK, f"{needed} of Lambda's {limits.concurrency} copies: {listed}")
