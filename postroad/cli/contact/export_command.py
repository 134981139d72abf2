"""`postroad contact export`: every contact, in the forms that `import` reads."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.contact.import_command import FormatOption, format_of
from postroad.cli.contact.rows import ATTRIBUTE
from postroad.cli.contact.saying import attribute_cell
from postroad.cli.files import whole
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.spreadsheet import escape_cell
from postroad.contacts.saving import time_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from postroad.contacts.model import Contact
    from postroad.contacts.ports import ContactStore

COLUMNS = ("email", "name", "locale", "time_zone", "source", "topics")
EXAMPLES = (
    "postroad --stage prod contact export --output contacts.jsonl",
    "postroad contact export --attribute orders --attribute city",
)


def export_command(
    context: typer.Context,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="The file to write, whole or not at all; else standard output.",
            show_default=False,
        ),
    ] = None,
    form: FormatOption = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            "--attribute", help="A column of CSV for this attribute; JSON Lines has all.", show_default=False
        ),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every contact as CSV or JSON Lines, as `import` reads it. Records of consent stay here."""
    if as_json and output is None:
        raise Problem(
            "--json says what was exported, and the contacts need a place of their own.",
            "Give --output, or leave --json out.",
            ExitCode.USAGE,
        )
    as_lines = format_of(form, str(output or "")) == "jsonl"
    attributes = tuple(attribute or ())
    wiring = open_stage(context, stage)

    def write(stream: TextIO, *, hidden: bool) -> int:
        if as_lines:
            return write_lines(wiring.contacts, stream, hidden=hidden)
        return write_rows(wiring.contacts, stream, attributes, hidden=hidden)

    if output is None:
        count = write(sys.stdout, hidden=sys.stdout.isatty())
    else:
        with whole(output) as stream:
            count = write(stream, hidden=as_json)
    if as_json:
        print_json({"output": str(output), "contacts": count})
    else:
        where = f" in {output}" if output else ""
        typer.echo(f"{count:,} {'contact' if count == 1 else 'contacts'}{where}", err=True)


def write_lines(store: ContactStore, stream: TextIO, *, hidden: bool) -> int:
    """Write each contact as a line of JSON, and return how many there were."""
    count = 0
    for contact in _all(store, hidden=hidden):
        stream.write(json.dumps(as_object(contact), ensure_ascii=False) + "\n")
        count += 1
    return count


def write_rows(store: ContactStore, stream: TextIO, attributes: tuple[str, ...], *, hidden: bool) -> int:
    """Write the header and a row for each contact, and return how many there were."""
    writer = csv.writer(stream, lineterminator="\n")
    # The writer knows a line's end by its own alone, and leaves the others out of quotes.
    quoting = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow((*COLUMNS, *(ATTRIBUTE + name for name in attributes)))
    count = 0
    for contact in _all(store, hidden=hidden):
        cells = as_row(contact, attributes)
        (quoting if any("\r" in cell for cell in cells) else writer).writerow(cells)
        count += 1
    return count


def as_object(contact: Contact) -> dict[str, Any]:
    """Return a contact as a line of JSON holds it."""
    found: dict[str, Any] = {
        "email": contact.email,
        "name": contact.name,
        "locale": contact.locale,
        "time_zone": contact.time_zone,
        "source": contact.source,
        "attributes": dict(contact.attributes),
        "topics": {
            topic: {"status": each.status.value, "at": time_text(each.at), "wording": each.wording}
            for topic, each in sorted(contact.topics.items())
        },
    }
    return {field: value for field, value in found.items() if value}


def as_row(contact: Contact, attributes: tuple[str, ...]) -> tuple[str, ...]:
    """Return a contact's cells: `COLUMNS`, then these attributes."""
    topics = " ".join(
        f"{topic}={each.status.value}@{time_text(each.at)}" for topic, each in sorted(contact.topics.items())
    )
    values = (contact.attributes.get(name) for name in attributes)
    texts = (
        contact.email, contact.name, contact.locale, contact.time_zone, contact.source, topics,
        *("" if value is None else attribute_cell(value) for value in values),
    )  # fmt: skip
    return tuple(escape_cell(text) for text in texts)


def _all(store: ContactStore, *, hidden: bool) -> Iterator[Contact]:
    from postroad.cli.progress import bar  # noqa: PLC0415 - see there

    count = 0
    with bar("exporting", None, hidden=hidden) as show:
        for page in store.pages():
            yield from page
            count += len(page)
            show(0, count)
