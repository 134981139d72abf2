"""`postroad preview`: what mails look like, in a page of this machine."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.completing import complete_templates
from postroad.cli.options import JsonOption
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.writing import one_of, open_in_browser, open_project, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.authoring.project import Project
    from postroad.authoring.rendering import Shown

_SPACES = re.compile("[\u00a0\u2007\u2009\u202f]")
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
EXAMPLES = (
    "postroad preview order_confirmation --locale es",
    "postroad preview order_confirmation --data order.json --width 320",
    "postroad preview --all",
)


def preview(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            help="The mail: a folder of templates/.", show_default=False, autocompletion=complete_templates
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="One page of all mails, in all their locales and right to left.")
    ] = False,
    locale: Annotated[
        str | None,
        typer.Option("--locale", help="Whose texts; ar-XB shows the default's from right to left."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="A JSON file to show instead of the mail's example.")
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            "--width", min=240, max=2000, help="Pixels of the frame, instead of a phone's and a desktop's."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Where to write the page, instead of in build/preview/.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only write the page.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a mail with its example: subject, preheader, HTML and text.

    Reads templates/ and config/brand.toml of the working folder, and sends nothing anywhere.
    """
    if (name is None) != every:
        raise Problem(
            "Say which mail to show, or --all." if name is None else f"--all shows {name} as well.",
            "For example: postroad preview order_confirmation, or postroad preview --all.",
            ExitCode.USAGE,
        )
    if every and data is not None:
        raise Problem("--data is for one mail.", "Name the mail, without --all.", ExitCode.USAGE)
    with open_project() as project:
        if name is not None:
            project.check_name(name)
        mails = _render(project, name, locale, data)
        page = output or project.previews / (
            "index.html" if name is None else f"{name}@{mails[0].locale}.html"
        )
        _write(project, mails, page, width)
    opened = not (no_open or as_json) and open_in_browser(page)
    if as_json:
        print_json({"page": str(page), "mails": [_facts(mail, parts=not every) for mail in mails]})
        return
    if every:
        rows = [(mail.template, mail.locale, _kilobytes(mail), _plain(mail.subject)) for mail in mails]
        print_table(("mail", "locale", "HTML", "subject"), rows)
    else:
        print_lines(_lines(mails[0]))
    print_lines([f"{shown(page)}{'' if opened else ': open it in a browser'}"])


def _render(project: "Project", name: str | None, locale: str | None, data: Path | None) -> "list[Shown]":
    from postroad.authoring.rendering import UnknownLocale, render  # noqa: PLC0415 - see open_project

    only = None if name is None else [name]
    try:
        return render(project, only, locale=locale, every_locale=name is None and locale is None, data=data)
    except UnknownLocale as error:
        raise Problem(
            f"{error.template} has no texts for readers of {error.locale}: they get {error.known[0]}.",
            f"Name one of {', '.join(error.known)}; docs/how-to/add-a-language.md tells how to add one.",
            ExitCode.NOT_FOUND,
        ) from None
    except ValueError as error:
        raise Problem(
            one_of(project, str(error)), "Mend the data, or the template's line.", ExitCode.USAGE
        ) from None


def _write(project: "Project", mails: "Sequence[Shown]", page: Path, width: int | None) -> None:
    from postroad.authoring.preview_page import WIDTHS, Width, make_page  # noqa: PLC0415 - see open_project
    from postroad.rendering.brand import Brand  # noqa: PLC0415 - see open_project

    widths = WIDTHS if width is None else (Width("Frame", width),)
    content = make_page(mails, shop=Brand.read(project.brand).name, widths=widths)
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(content, encoding="utf-8")
    except OSError as error:
        raise Problem(
            f"{page} can't be written: {error.strerror}.", "Name another file with --output."
        ) from error


def _facts(mail: "Shown", *, parts: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "template": mail.template,
        "locale": mail.locale,
        "subject": mail.subject,
        "preheader": mail.preheader,
        "html_bytes": mail.bytes,
        "notes": mail.notes,
    }
    return {**facts, "html": mail.html, "text": mail.text} if parts else facts


def _lines(mail: "Shown") -> list[str]:
    lines = [
        f"{mail.template} in {mail.locale}",
        f"    subject    {mail.subject}",
        f"    preheader  {mail.preheader}",
        f"    HTML       {_kilobytes(mail)} of the 102 KB that Gmail shows",
        *(f"    note       {note}" for note in mail.notes),
        *(f"    | {line}".rstrip() for line in mail.text.splitlines()),
    ]
    return [_plain(line) for line in lines]


def _plain(text: str) -> str:
    """Write spaces and marks of direction as a terminal can show them; the page has them as they are."""
    return _MARKS.sub("", _SPACES.sub(" ", text))


def _kilobytes(mail: "Shown") -> str:
    return f"{mail.bytes / 1024:.1f} KB" if mail.html is not None else "none"
