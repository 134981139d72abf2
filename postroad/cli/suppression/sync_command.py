"""`postroad suppression sync`: SES's suppression list and ours."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.confirming import confirm
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.explaining.moments import moment

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.cli.suppression.reconciling import Step
    from postroad.cli.suppression.syncing import Comparison, Done
    from postroad.cli.wiring import Wiring

EXAMPLES = (
    "postroad suppression sync",
    "postroad --stage prod suppression sync --apply",
    "postroad --stage prod suppression sync --apply --yes --json",
)
_WORDS = {
    "import": "suppress it here",
    "put": "put it on SES's list",
    "delete": "take it off SES's list",
}
_MINUTE, _HOUR = 60, 3600


def sync_command(
    context: typer.Context,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do what is shown. Without it nothing is changed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most differences to show as text.")] = 100,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare SES's account-level suppression list with ours, and with --apply make them agree.

    Ours is the truth: what was removed here is taken off SES's list, hard bounces and complaints are put on
    it, and what we don't know is suppressed here. Ends with code 6 when SES refused some addresses.
    """
    if yes and not apply:
        raise Problem(
            "--yes answers the question of --apply, and without that nothing is changed.",
            "Add --apply, or leave --yes out to look.",
            ExitCode.USAGE,
        )
    wiring = open_stage(context, stage)
    found = _compare(wiring, as_json=as_json)
    if not as_json:
        _print_comparison(found, limit, applying=apply)
    done: Done | None = None
    if apply and found.steps:
        confirm(f"Make these {len(found.steps):,} changes?", wiring=wiring, yes=yes, as_json=as_json)
        done = _apply(wiring, found, as_json=as_json)
    if as_json:
        print_json(_document(found, done, applied=apply))
    elif done is not None:
        _print_done(done)
    if done is not None and done.refused:
        raise typer.Exit(ExitCode.PARTLY)


def _compare(wiring: Wiring, *, as_json: bool) -> Comparison:
    from postroad.cli.progress import bar  # noqa: PLC0415 - rich's bar takes a while to import
    from postroad.cli.suppression.syncing import compare  # noqa: PLC0415 - used here alone

    with bar("reading SES's list", None, hidden=as_json) as show:
        return compare(
            wiring.account_list,
            wiring.suppressions,
            recipient=wiring.recipient,
            now=_now,
            on_progress=lambda entries: show(entries, entries),
        )


def _apply(wiring: Wiring, found: Comparison, *, as_json: bool) -> Done:
    from postroad.cli.progress import bar  # noqa: PLC0415 - as above
    from postroad.cli.suppression.syncing import Done, carry_out  # noqa: PLC0415 - as above

    done = Done()
    try:
        with bar("making them agree", len(found.steps), hidden=as_json) as show:
            carry_out(
                found.steps,
                wiring.account_list,
                wiring.suppressions,
                done=done,
                now=_now,
                on_progress=lambda steps: show(steps, steps),
            )
    except (Exception, KeyboardInterrupt) as error:
        raise _stopped(error, done, found) from error
    return done


def _stopped(error: BaseException, done: Done, found: Comparison) -> Problem:
    from postroad.cli.aws_errors import explain  # noqa: PLC0415 - see open_stage

    if isinstance(error, KeyboardInterrupt):
        problem: Problem | None = Problem("Interrupted.", "", ExitCode.INTERRUPTED)
    else:
        problem = explain(error) if isinstance(error, Exception) else None
    if problem is None:
        raise error
    again = "Run the command again: it does what is left."
    return Problem(
        f"{problem.what} {done.all:,} of {len(found.steps):,} changes were made before.",
        " ".join(part for part in (problem.next_step, again) if part),
        problem.code,
    )


def _print_comparison(found: Comparison, limit: int, *, applying: bool) -> None:
    if found.steps:
        print_table(("address", "to do", "here", "SES's list", "there since"), map(_row, found.steps[:limit]))
        if len(found.steps) > limit:
            print_lines([f"There are more: --limit {len(found.steps)} shows them."])
        print_lines([""])
    print_lines(_summary(found, applying=applying))


def _row(step: Step) -> tuple[str, ...]:
    return (
        step.email,
        _WORDS[step.todo],
        step.here or "-",
        step.listed or "-",
        moment(step.since) if step.since else "-",
    )


def _summary(found: Comparison, *, applying: bool) -> list[str]:
    counts = _counts(found)
    lines = [
        f"SES lists {found.listed:,} addresses; {found.agree:,} stand here for the same reason.",
        (
            f"  {counts['import']:,} to suppress here, {counts['put']:,} to put on SES's list, "
            f"{counts['delete']:,} to take off it"
        ),
    ]
    if found.unreadable:
        lines.append(f"  {len(found.unreadable):,} on SES's list are no addresses to us, and left alone")
    if not found.steps:
        lines.append("Nothing is to be done.")
    elif found.seconds > _MINUTE:
        lines.append(f"SES takes one change a second: this takes about {_long(found.seconds)}.")
    if found.steps and not applying:
        lines.append("Nothing was changed. --apply does it.")
    return lines


def _long(seconds: float) -> str:
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} minutes"
    return f"{seconds / _HOUR:.1f} hours"


def _print_done(done: Done) -> None:
    lines = [
        f"{done.imported:,} suppressed here, {done.put:,} put on SES's list, {done.deleted:,} taken off it."
    ]
    if done.overtaken:
        lines.append(f"  {done.overtaken:,} changed meanwhile, and need nothing any more or another sync")
    lines += [f"  SES refuses {email}" for email in done.refused]
    print_lines(lines)


def _counts(found: Comparison) -> dict[str, int]:
    counts = dict.fromkeys(_WORDS, 0)
    for step in found.steps:
        counts[step.todo] += 1
    return counts


def _document(found: Comparison, done: Done | None, *, applied: bool) -> dict[str, Any]:
    from postroad.cli.suppression.syncing import step_record  # noqa: PLC0415 - as above

    return {
        "applied": applied,
        "listed": found.listed,
        "agree": found.agree,
        "counts": _counts(found),
        "seconds_on_ses": found.seconds,
        "changes": [step_record(step) for step in found.steps],
        "unreadable": found.unreadable,
        "done": None if done is None else asdict(done),
    }


def _now() -> datetime:
    return utcnow()
