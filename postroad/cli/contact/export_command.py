"""`postroad contact export`: every contact, in the forms that `import` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.contact.import_command import FormatOption, format_of
from postroad.cli.contact.rows import ATTRIBUTE
from postroad.cli.contact.saying import attribute_cell
from postroad.cli.lists.exporting import Cells, OutputOption, check_output, export_list, number_of, watched
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.contacts.saving import time_text

if TYPE_CHECKING:
    from typing import TextIO

    from postroad.contacts.model import Contact
    from postroad.contacts.ports import ContactStore

COLUMNS = ("email", "name", "locale", "time_zone", "source", "topics")
EXAMPLES = (
    "postroad --stage prod contact export --output contacts.jsonl",
    "postroad contact export --attribute orders --attribute city",
)


AttributeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--attribute", help="A column of CSV for this attribute; JSON Lines has all.", show_default=False
    ),
]


def export_command(
    context: typer.Context,
    *,
    output: OutputOption = None,
    form: FormatOption = None,
    attribute: AttributeOption = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every contact as CSV or JSON Lines, as `import` reads it. Records of consent stay here."""
    check_output(output, "contacts", as_json=as_json)
    as_lines = format_of(form, str(output or "")) == "jsonl"
    attributes = tuple(attribute or ())
    wiring = open_stage(context, stage)

    def write(stream: TextIO, *, hidden: bool) -> dict[str, int]:
        if as_lines:
            return {"contacts": write_lines(wiring.contacts, stream, hidden=hidden)}
        return {"contacts": write_rows(wiring.contacts, stream, attributes, hidden=hidden)}

    def say(counts: dict[str, int]) -> str:
        return number_of(counts["contacts"], "contact", "contacts")

    export_list(output, write, say=say, as_json=as_json)


def write_lines(store: ContactStore, stream: TextIO, *, hidden: bool) -> int:
    """Write each contact as a line of JSON, and return how many there were."""
    count = 0
    for contact in watched(store.pages(), hidden=hidden):
        stream.write(json.dumps(as_object(contact), ensure_ascii=False) + "\n")
        count += 1
    return count


def write_rows(store: ContactStore, stream: TextIO, attributes: tuple[str, ...], *, hidden: bool) -> int:
    """Write the header and a row for each contact, and return how many there were."""
    cells = Cells(stream, (*COLUMNS, *(ATTRIBUTE + name for name in attributes)))
    count = 0
    for contact in watched(store.pages(), hidden=hidden):
        cells.write(as_row(contact, attributes))
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
    return (
        contact.email, contact.name, contact.locale, contact.time_zone, contact.source, topics,
        *("" if value is None else attribute_cell(value) for value in values),
    )  # fmt: skip
