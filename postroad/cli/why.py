"""`postroad why`: the decision record of a message, or of the latest messages to an address."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.message_ids import check_message_ids
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.errors import TransientError
from postroad.explaining import decision_record as record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.cli.wiring import Wiring
    from postroad.ledger.row import Row

MOST = 100
NOT_KNOWN = (
    "  Whom it was to is not kept any more: `postroad suppression show <email>` says what stops an address."
)
EXAMPLES = (
    "postroad why order-1042-confirmation",
    "postroad why --to ana.ruiz@example.com",
    "postroad --stage prod why order-1042-confirmation --json",
)


def why(
    context: typer.Context,
    message_id: Annotated[
        str | None, typer.Argument(help="The id that the application chose.", show_default=False)
    ] = None,
    *,
    to: Annotated[
        str | None, typer.Option("--to", help="Show the latest messages to this address.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many messages --to shows.")] = 10,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what became of a message, and why.

    Ends with code 3 for a message not seen yet: there is no record before Postroad takes it from its queue.
    """
    if (message_id is None) == (to is None):
        raise Problem(
            "Name one message, or one address with --to.",
            f"For example: {EXAMPLES[0]}",
            ExitCode.USAGE,
        )
    if message_id is not None:
        check_message_ids([message_id], hint="--to <email> finds a message by its recipient.")
    wiring = open_stage(context, stage)
    if to is not None:
        _by_recipient(wiring, to, limit, as_json=as_json)
    else:
        _by_id(wiring, message_id or "", as_json=as_json)


def _by_id(wiring: Wiring, message_id: str, *, as_json: bool) -> None:
    row = wiring.ledger.get(message_id)
    if row is None:
        raise not_seen_yet(message_id)
    suppression = wiring.suppression(row.address_key) if row.address_key else None
    now = utcnow()
    watermark = _watermarks(wiring, [row]).get(row.stream)
    if as_json:
        print_json(record.record(row, suppression, now=now, watermark=watermark))
    else:
        lines = record.record_lines(row, now=now, watermark=watermark)
        stopped = record.suppression_lines(suppression, now=now) if row.address_key else [NOT_KNOWN]
        print_lines([*lines, "", *stopped])


def _by_recipient(wiring: Wiring, to: str, limit: int, *, as_json: bool) -> None:
    key = wiring.recipient(to).key
    rows = wiring.ledger.by_recipient(key, limit=limit)
    suppression = wiring.suppression(key)
    now = utcnow()
    applied = _watermarks(wiring, rows)
    if as_json:
        print_json(
            {
                "to": to,
                "suppressions": record.suppression_records(suppression, now=now),
                "messages": [
                    record.record(row, suppression, now=now, watermark=applied.get(row.stream))
                    for row in rows
                ],
            }
        )
    else:
        print_lines([to, *record.suppression_lines(suppression, now=now), ""])
        for row in rows:
            print_lines([*record.record_lines(row, now=now, watermark=applied.get(row.stream)), ""])
        if not rows:
            print_lines(["No message to this address has been seen yet."])
    if not rows and suppression is None:
        raise typer.Exit(ExitCode.NOT_FOUND)


def _watermarks(wiring: Wiring, rows: Sequence[Row]) -> dict[str, datetime]:
    """Return by stream how far SES's events are applied, where a row waits for them and it can be known."""
    found: dict[str, datetime] = {}
    for stream in sorted({row.stream for row in rows if row.awaits_evidence}):
        # It is one line of the record, and no reason to show none.
        with suppress(TransientError, Problem):
            if (watermark := wiring.watermarks.read(stream)) is not None:
                found[stream] = watermark
    return found


def not_seen_yet(message_id: str) -> Problem:
    """Return what is to say of a message without a row."""
    return Problem(
        f"{message_id} has not been seen yet.",
        "It may still wait in its queue, or lie unread in the dead letters: see `postroad queues`.",
        ExitCode.NOT_FOUND,
    )
