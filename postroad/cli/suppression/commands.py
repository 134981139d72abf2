"""`postroad suppression`: the addresses that may not be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.completing import complete_scopes
from postroad.cli.confirming import confirm
from postroad.cli.operators import operator
from postroad.cli.options import Command, JsonOption, StageOption, YesOption, examples, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression import export_command, import_command, sync_command
from postroad.cli.suppression.rows import MOST_OF_A_NOTE
from postroad.cli.suppression.scopes import parse_scope, stream_of
from postroad.clock import utcnow
from postroad.contract.words import Reason
from postroad.explaining import decision_record as record
from postroad.explaining.moments import moment
from postroad.load.making import MAILBOXES
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, Suppression

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring

app = typer.Typer(
    help="Show, add and remove the addresses that may not be mailed, one by one or as CSV.",
    no_args_is_help=True,
)

_Email = Annotated[str, typer.Argument(help="The address.", show_default=False)]
_Scope = Annotated[
    str,
    typer.Option(
        "--scope",
        help="`all`, `stream:<name>` or `topic:<name>`.",
        metavar="SCOPE",
        autocompletion=complete_scopes,
    ),
]


@app.command(
    "list",
    cls=Command,
    epilog=examples(
        "postroad suppression list", "postroad --stage prod suppression list --to ana.ruiz@example.com"
    ),
)
def list_command(
    context: typer.Context,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Show this address alone, with its history.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most addresses to show.")] = 100,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the suppressed addresses, or everything known about one."""
    wiring = open_stage(context, stage)
    if to is not None:
        _show_one(wiring, to, as_json=as_json)
        return
    found, more = _take(wiring, limit)
    if as_json:
        entries = [
            {"email": each.email, **record.entry_record(scope, entry)}
            for each in found
            for scope, entry in sorted(each.scopes.items())
        ]
        print_json({"suppressions": entries, "more": more})
        return
    if not found:
        print_lines(["No address is suppressed."])
        return
    print_table(
        ("address", "scope", "reason", "by", "since", "until"),
        (
            (
                # Who left by a link need not be known by their address, and who was erased is not.
                each.email or each.address_key,
                *(scope, entry.reason, entry.source, moment(entry.since), moment(entry.until)),
            )
            for each in found
            for scope, entry in sorted(each.scopes.items())
        ),
    )
    if more:
        print_lines([f"There are more: --limit {limit * 10} shows them."])


@app.command(
    "add",
    cls=Command,
    epilog=examples(
        "postroad suppression add ana.ruiz@example.com --note 'asked by telephone'",
        "postroad suppression add ana.ruiz@example.com --scope stream:marketing",
    ),
)
def add_command(
    context: typer.Context,
    email: _Email,
    *,
    scope: _Scope = ALL_STREAMS,
    note: Annotated[
        str, typer.Option("--note", help="Why, for those who ask later.", show_default=False)
    ] = "",
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop mail to an address. What stands already is kept."""
    wanted = parse_scope(scope)
    _check_note(note, "The note")
    wiring = open_stage(context, stage)
    if stream := stream_of(wanted):
        wiring.mail.stream_queue(stream)  # a typing error would leave the person mailed
    recipient = wiring.recipient(email)
    now = utcnow()
    entry = ScopeEntry(
        reason=Reason.MANUAL,
        source=operator(),
        since=now,
        until=None,
        evidence=note or f"command line, {now:%Y-%m-%dT%H:%M:%SZ}",
    )
    added = wiring.suppressions.suppress(recipient.key, recipient.email, wanted, entry)
    if as_json:
        print_json({"email": recipient.email, "scope": wanted, "added": added})
    elif added:
        print_lines([f"{recipient.email} is suppressed ({wanted})."])
    else:
        print_lines([f"{recipient.email} was suppressed already ({wanted}); what stands is kept."])


@app.command(
    "remove",
    cls=Command,
    epilog=examples(
        "postroad suppression remove ana.ruiz@example.com",
        "postroad suppression remove ana.ruiz@example.com --scope stream:marketing --yes",
    ),
)
def remove_command(
    context: typer.Context,
    email: _Email,
    *,
    scope: _Scope = ALL_STREAMS,
    yes: YesOption = False,
    acknowledge_complaint: Annotated[
        str,
        typer.Option(
            "--acknowledge-complaint",
            metavar="WHY",
            help="Also after a complaint, and why: when and how they asked for mail again. It is kept.",
            show_default=False,
        ),
    ] = "",
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an address be mailed again. Its history stays."""
    wanted = parse_scope(scope)
    why = acknowledge_complaint.strip()
    _check_note(why, "The reason")
    wiring = open_stage(context, stage)
    recipient = wiring.recipient(email)
    entry = _standing(wiring.suppression(recipient.key), wanted, recipient.email)
    if entry.reason is Reason.COMPLAINT and not why:
        raise _complained(recipient.email, entry)
    if not as_json:
        print_lines([recipient.email, *record.history_lines(wiring.suppressions.history(recipient.key))])
    confirm(
        f"Mail {recipient.email} again ({wanted}, {entry.reason})?", wiring=wiring, yes=yes, as_json=as_json
    )
    note = f"complaint acknowledged: {why}" if why else ""
    lifted = wiring.suppressions.lift(recipient.key, wanted, source=operator(), now=utcnow(), note=note)
    if not lifted:  # somebody came in between
        entry = _standing(wiring.suppression(recipient.key), wanted, recipient.email)
        raise _complained(recipient.email, entry)
    words = ("sesv2", "delete-suppressed-destination", "--email-address", recipient.email)
    may_be_listed = (
        wanted == ALL_STREAMS
        and entry.reason is not Reason.MANUAL
        and not recipient.email.endswith(f"@{MAILBOXES}")  # SES lists none of its own simulator's
    )
    from_ses = wiring.aws_command(*words) if may_be_listed else None
    if as_json:
        print_json({"email": recipient.email, "scope": wanted, "removed": lifted, "next": from_ses})
        return
    still = wiring.suppression(recipient.key)
    if still is not None and wanted in still.scopes:
        print_lines([f"{recipient.email} had also left ({wanted}): that stands, transactional mail may go."])
    else:
        print_lines([f"{recipient.email} may be mailed again ({wanted})."])
    if from_ses:
        print_lines(["SES keeps a list of its own. If the mailbox works again, also run:", f"    {from_ses}"])


@app.command(
    "show",
    cls=Command,
    epilog=examples("postroad --stage prod suppression show ana.ruiz@example.com"),
)
def show_command(
    context: typer.Context, email: _Email, *, stage: StageOption = None, as_json: JsonOption = False
) -> None:
    """Show what stops an address, and all that ever did: the history outlives what is removed."""
    _show_one(open_stage(context, stage), email, as_json=as_json)


app.command("import", cls=Command, epilog=examples(*import_command.EXAMPLES))(import_command.import_command)
app.command("export", cls=Command, epilog=examples(*export_command.EXAMPLES))(export_command.export_command)
app.command("sync", cls=Command, epilog=examples(*sync_command.EXAMPLES))(sync_command.sync_command)


def _check_note(note: str, called: str) -> None:
    if len(note) > MOST_OF_A_NOTE or not all(letter.isprintable() or letter in "\t\r\n" for letter in note):
        raise Problem(
            f"{called} has {len(note):,} characters, or some that can't be printed.",
            f"Say it in {MOST_OF_A_NOTE:,} characters of text at most.",
            ExitCode.USAGE,
        )


def _complained(email: str, entry: ScopeEntry) -> Problem:
    return Problem(
        f"{email} complained about mail on {moment(entry.since)}. Mailing them again takes your word that "
        "they want it, and complaints cost the account its standing with mailbox providers.",
        "If they asked for mail again, add --acknowledge-complaint 'when and how they asked'; it is kept in "
        "the history.",
        ExitCode.REFUSED,
    )


def _show_one(wiring: Wiring, email: str, *, as_json: bool) -> None:
    recipient = wiring.recipient(email)
    suppression = wiring.suppression(recipient.key)
    history = wiring.suppressions.history(recipient.key)
    now = utcnow()
    if as_json:
        print_json(
            {
                "email": recipient.email,
                "suppressions": record.suppression_records(suppression, now=now),
                "history": history,
            }
        )
    else:
        print_lines([recipient.email, *record.suppression_lines(suppression, now=now)])
        if history:
            print_lines(["", "history", *record.history_lines(history)])
    if suppression is None and not history:
        raise typer.Exit(ExitCode.NOT_FOUND)


def _take(wiring: Wiring, limit: int) -> tuple[list[Suppression], bool]:
    found: list[Suppression] = []
    for page in wiring.suppressions.pages():
        found.extend(page)
        if len(found) > limit:
            return found[:limit], True
    return found, False


def _standing(suppression: Suppression | None, scope: str, email: str) -> ScopeEntry:
    scopes = suppression.scopes if suppression else {}
    if scope in scopes:
        return scopes[scope]
    others = ", ".join(sorted(scopes))
    raise Problem(
        f"{email} is not suppressed ({scope}).",
        f"It is suppressed for {others}: name one with --scope." if others else "Nothing is to be removed.",
        ExitCode.NOT_FOUND,
    )
