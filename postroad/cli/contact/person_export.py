"""`postroad contact export`: every contact as a list, or all that is held about one person."""

from __future__ import annotations

from typing import Annotated

import typer

from postroad.cli.contact import export_command as all_contacts
from postroad.cli.contact.import_command import FormatOption  # noqa: TC001 - typer reads the annotation
from postroad.cli.contact.person_command import EXAMPLES as OF_A_PERSON
from postroad.cli.contact.person_command import export_person
from postroad.cli.lists.exporting import OutputOption  # noqa: TC001 - as above
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.problem import ExitCode, Problem

EXAMPLES = (*all_contacts.EXAMPLES, *OF_A_PERSON)


def export_command(
    context: typer.Context,
    email: Annotated[
        str | None,
        typer.Argument(
            help="Write all that is held about this address instead, to be handed to its owner.",
            show_default=False,
        ),
    ] = None,
    *,
    output: OutputOption = None,
    form: FormatOption = None,
    attribute: all_contacts.AttributeOption = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every contact as CSV or JSON Lines, as `import` reads it; or all that is held about one person.

    Of one person it is a Markdown page, or with --json a document: profile, consents, suppressions, every
    message with its decision record and what waits to be mailed. It says too what it doesn't hold.
    """
    if email is None:
        all_contacts.export_command(
            context, output=output, form=form, attribute=attribute, stage=stage, as_json=as_json
        )
        return
    if form is not None or attribute:
        raise Problem(
            "--format and --attribute are for lists of contacts.",
            "Leave them out: what is held about one person is Markdown, or with --json a document.",
            ExitCode.USAGE,
        )
    export_person(open_stage(context, stage), email, output=output, as_json=as_json)
