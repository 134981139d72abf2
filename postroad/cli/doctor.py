"""`postroad doctor limits`: whether the configuration fits what SES and Lambda allow the account."""

from __future__ import annotations

from contextlib import suppress
from math import isinf
from typing import TYPE_CHECKING, Any

import typer

from postroad.cli.findings import Level, number, worst
from postroad.cli.options import Command, JsonOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode
from postroad.names import resource_name

if TYPE_CHECKING:
    from postroad.cli.doctor_limits import Deployed, Limits, StreamRow
    from postroad.cli.findings import Finding
    from postroad.cli.wiring import Wiring

app = typer.Typer(help="Find what does not fit, before it shows.", no_args_is_help=True)
EXAMPLES = ("postroad --stage prod doctor limits", "postroad --json --stage prod doctor limits")

_SHORT = {
    "maximum_concurrency": "copies",
    "batch_size": "batch",
    "batching_window_seconds": "window",
    "threads": "threads",
}
"""The keys of a stream by the table's columns."""


@app.callback()
def doctor() -> None:
    """Find what does not fit, before it shows."""


@app.command("limits", cls=Command, epilog=examples(*EXAMPLES))
def limits(context: typer.Context, *, stage: StageOption = None, as_json: JsonOption = False) -> None:
    """Compare the configuration with the account's limits, and show how send is sized for its rate.

    Nothing is changed. The exit code is 1 if something is wrong, and 0 with warnings alone.
    """
    from postroad.cli.doctor_findings import judge  # noqa: PLC0415 - builds the configuration's models

    wiring = open_stage(context, stage)
    found = _ask(wiring)
    findings = judge(found)
    if as_json:
        print_json(_document(wiring, found, findings))
    else:
        _show(found, findings)
    if worst(findings) is Level.WRONG:
        raise typer.Exit(ExitCode.FAILED)


def _ask(wiring: Wiring) -> Limits:
    from postroad.account.ses import SesAccount  # noqa: PLC0415 - imports botocore, see open_stage
    from postroad.cli.access import CONFIGURATION_FOLDER  # noqa: PLC0415 - see open_stage
    from postroad.cli.doctor_limits import Limits  # noqa: PLC0415 - builds the configuration's models
    from postroad.configuration import shares_of_account  # noqa: PLC0415 - as above

    configuration = wiring.configuration
    return Limits(
        configuration=configuration,
        standing=SesAccount(wiring.ses).standing(),
        concurrency=wiring.lambda_.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"],
        shares=shares_of_account(configuration, CONFIGURATION_FOLDER),
        deployed={
            name: mapping
            for name in configuration.streams
            if (mapping := _deployed(wiring, name)) is not None
        },
    )


def _deployed(wiring: Wiring, stream: str) -> Deployed | None:
    """Return how a stream's queue is worked off, or None where there is no function that does."""
    from postroad.cli.doctor_limits import Deployed  # noqa: PLC0415 - as above

    client = wiring.lambda_
    pages = client.get_paginator("list_event_source_mappings").paginate(
        FunctionName=resource_name(wiring.stage, f"send-{stream}")
    )
    with suppress(client.exceptions.ResourceNotFoundException):  # there is not even the function
        for mapping in (each for page in pages for each in page["EventSourceMappings"]):
            return Deployed(
                maximum_concurrency=mapping.get("ScalingConfig", {}).get("MaximumConcurrency"),
                batch_size=mapping["BatchSize"],
                batching_window_seconds=mapping.get("MaximumBatchingWindowInSeconds", 0),
            )
    return None


def _show(found: Limits, findings: list[Finding]) -> None:
    print_table(
        ("stream", "copies", "batch", "window", "threads", "memory", "share", "wait", "most", "by hand"),
        (
            (
                row.stream,
                str(row.sizing.maximum_concurrency),
                str(row.sizing.batch_size),
                f"{row.sizing.batching_window_seconds} s",
                str(row.sizing.threads),
                f"{row.sizing.memory_mebibytes} MiB",
                f"{number(row.share)}/s",
                f"{row.wait_seconds:,.1f} s",
                f"{number(row.sizing.most_per_second)}/s",
                ", ".join(_SHORT[key] for key in row.by_hand),
            )
            for row in found.rows()
        ),
    )
    most = found.configuration.timing.send_room_seconds
    arithmetic = (
        "share: what the stream is sure of while all are busy. wait = copies × batch ÷ share, "
        f"no more than {most:g} s. most: what all copies can send."
    )
    print_lines([arithmetic, ""])
    print_table(
        ("about", "", "what was found"),
        ((each.about, "" if each.level is Level.OK else each.level.upper(), each.says) for each in findings),
    )
    steps = [each for each in findings if each.next_step]
    if steps:
        print_lines(["", *(f"next, {each.about}: {each.next_step}" for each in steps)])


def _document(wiring: Wiring, found: Limits, findings: list[Finding]) -> dict[str, Any]:
    standing = found.standing
    return {
        "stage": wiring.stage,
        "account": wiring.account,
        "region": wiring.region,
        "level": worst(findings),
        "configured": {
            "rate_per_second": found.configuration.aws.ses_rate_per_second,
            "daily_quota": found.configuration.aws.ses_daily_quota,
            "account_share": found.configuration.account_share,
            "transactional_share": found.configuration.governor.transactional_share,
        },
        "ses": {
            "rate_per_second": standing.quota.per_second,
            "daily_quota": standing.quota.max_24_hours,
            "sent_24_hours": standing.quota.sent_24_hours,
            "sandbox": standing.in_sandbox,
            "sending_enabled": standing.may_send,
            "enforcement": standing.enforcement,
            "plan": standing.plan,
            "next_plan": standing.next_plan,
        },
        "lambda": {"concurrency": found.concurrency, "copies": found.copies},
        "account_shares": dict(found.shares),
        "streams": [_row(row) for row in found.rows()],
        "deployed": dict(found.deployed),
        "findings": [
            {"about": each.about, "level": each.level, "says": each.says, "next": each.next_step}
            for each in findings
        ],
    }


def _row(row: StreamRow) -> dict[str, Any]:
    sizing = row.sizing
    return {
        "stream": row.stream,
        "kind": row.kind,
        "maximum_concurrency": sizing.maximum_concurrency,
        "batch_size": sizing.batch_size,
        "batching_window_seconds": sizing.batching_window_seconds,
        "threads": sizing.threads,
        "memory_mebibytes": sizing.memory_mebibytes,
        "by_hand": row.by_hand,
        "share_per_second": round(row.share, 6),
        # JSON has no infinity: without a share nothing ever has its turn.
        "wait_seconds": None if isinf(row.wait_seconds) else round(row.wait_seconds, 3),
        "most_per_second": round(sizing.most_per_second, 3),
    }
