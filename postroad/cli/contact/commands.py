"""`postroad contact`: who they are, and what they agreed to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.contact import erase_command, import_command, person_export
from postroad.cli.contact.rows import Reader
from postroad.cli.contact.saying import Topics, attribute_of
from postroad.cli.contact.showing import contact_lines, contact_record
from postroad.cli.lists.problems import RowProblem
from postroad.cli.operators import operator
from postroad.cli.options import Command, JsonOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.contacts.model import Saved
from postroad.explaining import decision_record as record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

app = typer.Typer(
    help="Show, add, import, export and erase the people that you mail, and what they agreed to.",
    no_args_is_help=True,
)

_Email = Annotated[str, typer.Argument(help="The address.", show_default=False)]


@app.command("show", cls=Command, epilog=examples("postroad contact show ana.ruiz@example.com"))
def show_command(
    context: typer.Context, email: _Email, *, stage: StageOption = None, as_json: JsonOption = False
) -> None:
    """Show a contact, every record of consent, and what stops mail to them."""
    wiring = open_stage(context, stage)
    recipient = wiring.recipient(email)
    contact = wiring.contacts.find([recipient.key]).get(recipient.key)
    consents = wiring.contacts.consents(recipient.key)
    suppression = wiring.suppression(recipient.key)
    now = utcnow()
    if as_json:
        print_json(
            {
                "email": recipient.email,
                "contact": contact_record(contact) if contact and contact.email else None,
                "consents": consents,
                "suppressions": record.suppression_records(suppression, now=now),
            }
        )
    else:
        lines = contact_lines(recipient.email, contact, consents)
        print_lines([*lines, "", *record.suppression_lines(suppression, now=now)])
    if (contact is None or not contact.email) and suppression is None:
        raise typer.Exit(ExitCode.NOT_FOUND)


@app.command(
    "add",
    cls=Command,
    epilog=examples(
        "postroad contact add ana.ruiz@example.com --name 'Ana Ruiz' --locale es-CO --topic offers=granted",
        "postroad contact add ana.ruiz@example.com --attribute orders=7 --attribute city=Bogotá",
    ),
)
def add_command(
    context: typer.Context,
    email: _Email,
    *,
    name: Annotated[str | None, typer.Option("--name", help="Their name.", show_default=False)] = None,
    locale: Annotated[
        str | None, typer.Option("--locale", help="Their language, as es-CO.", show_default=False)
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help="As Europe/Madrid.", show_default=False)
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", help="`name=value`; again for each.", show_default=False),
    ] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            help="What they agreed to: `name`, or `name=granted`; again for each.",
            show_default=False,
        ),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a contact, or update one. What isn't named stays, and whoever is suppressed stays so."""
    wiring = open_stage(context, stage)
    recipient = wiring.recipient(email)
    now = utcnow()
    # What somebody types in is of now: so it counts, unlike a list that says no time.
    topics = " ".join(_of_now(word, now) for word in topic or ())
    said: dict[str, Any] = {
        "email": recipient.email,
        "topics": topics,
        "attributes": _attributes(attribute or ()),
        "name": name,
        "locale": locale,
        "time_zone": time_zone,
    }
    reader = Reader(name="", source=operator(), topics=Topics(wiring.topics, now), recipient=wiring.recipient)
    read = reader.said(1, {field: value for field, value in said.items() if value is not None})
    if isinstance(read, RowProblem):
        raise Problem(f"{read.column}: {read.what}.", read.fix, ExitCode.USAGE)
    if read.left:
        raise Problem(
            "Who leaves is not added.",
            f"Run `postroad suppression add {recipient.email} --scope topic:{read.left[0].topic}`.",
            ExitCode.USAGE,
        )
    suppression = wiring.suppression(recipient.key)
    # Whoever lifts an erasure by hand knows that they came back.
    anew = suppression is None or suppression.erased is None
    (saved,) = wiring.contacts.save([replace(read.contact, anew=anew)], now=now)
    if saved is Saved.ERASED:
        raise Problem(
            "Their data were erased, as they had asked, so nothing was written.",
            "Let them sign up; if they came back by other ways, first `postroad suppression remove` it.",
            ExitCode.REFUSED,
        )
    if as_json:
        print_json(
            {
                "email": recipient.email,
                "contact": saved.value,
                "suppressions": record.suppression_records(suppression, now=now),
            }
        )
        return
    print_lines([f"{recipient.email}: {saved.value}."])
    if suppression is not None:
        print_lines(["They stay suppressed:", *record.suppression_lines(suppression, now=now)])


app.command("import", cls=Command, epilog=examples(*import_command.EXAMPLES))(import_command.import_command)
app.command("export", cls=Command, epilog=examples(*person_export.EXAMPLES))(person_export.export_command)
app.command("erase", cls=Command, epilog=examples(*erase_command.EXAMPLES))(erase_command.erase_command)


def _of_now(word: str, now: datetime) -> str:
    name, equals, status = word.partition("=")
    return word if "@" in status or not equals else f"{name}={status}@{now.isoformat()}"


def _attributes(words: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise Problem(f"{word!r} is no attribute.", "Write --attribute name=value.", ExitCode.USAGE)
        found[name] = attribute_of(value) if value else None
    return found
