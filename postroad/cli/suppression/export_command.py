"""`postroad suppression export`: every suppression as CSV, in the form that `import` reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer  # noqa: TC002 - typer reads the annotation of its context

from postroad.cli.lists.exporting import Cells, OutputOption, check_output, export_list, number_of, watched
from postroad.cli.options import JsonOption, StageOption, open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore

COLUMNS = ("email", "scope", "reason", "source", "since", "until", "evidence", "address_key")
"""The key stands where the address isn't known: of who left by a link, and was erased."""
EXAMPLES = (
    "postroad --stage prod suppression export --output suppressed.csv",
    "postroad suppression export | grep complaint",
)


def export_command(
    context: typer.Context,
    *,
    output: OutputOption = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every suppression as CSV, a row for each scope, as `import` reads it. The history stays here."""
    check_output(output, "rows", as_json=as_json)
    wiring = open_stage(context, stage)

    def write(stream: TextIO, *, hidden: bool) -> dict[str, int]:
        return write_rows(wiring.suppressions, stream, hidden=hidden)

    export_list(output, write, say=_say, as_json=as_json)


def _say(counts: dict[str, int]) -> str:
    addresses = number_of(counts["addresses"], "address", "addresses")
    return f"{number_of(counts['rows'], 'row', 'rows')} of {addresses}"


def write_rows(store: SuppressionStore, stream: TextIO, *, hidden: bool) -> dict[str, int]:
    """Write the header and all rows, and return how many addresses and rows there were."""
    cells = Cells(stream, COLUMNS)
    counts = {"addresses": 0, "rows": 0}
    for suppression in watched(store.pages(), hidden=hidden):
        counts["addresses"] += 1
        for texts in as_rows(suppression):
            cells.write(texts)
            counts["rows"] += 1
    return counts


def as_rows(suppression: Suppression) -> Iterator[tuple[str, ...]]:
    """Yield a row for each scope of an address, by `COLUMNS`."""
    for scope, entry in sorted(suppression.scopes.items()):
        yield (
            suppression.email, scope, entry.reason.value, entry.source,
            _time(entry.since), _time(entry.until), entry.evidence,
            "" if suppression.email else suppression.address_key,
        )  # fmt: skip


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
