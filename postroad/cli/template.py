"""`postroad template`: begin an e-mail, and approve how e-mails look."""

from __future__ import annotations

from typing import Annotated

import typer

from postroad.cli.completing import complete_templates
from postroad.cli.options import Command, JsonOption, examples
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.writing import open_project, shown

app = typer.Typer(help="Begin an e-mail, and approve how e-mails look.", no_args_is_help=True)


@app.command("new", cls=Command, epilog=examples("postroad template new loyalty_points"))
def new(
    *,
    name: Annotated[
        str,
        typer.Argument(help="What applications will call it; lower case, digits and _.", show_default=False),
    ],
    as_json: JsonOption = False,
) -> None:
    """Make a folder in templates/: a small mail, complete in every locale, to be rewritten.

    Its texts say what to write in their place. Nothing that exists is changed.
    """
    with open_project() as project:
        from postroad.authoring.beginning import (  # noqa: PLC0415 - Jinja, see open_project
            BadName,
            NameTaken,
            write_template,
        )
        from postroad.authoring.golden import approve  # noqa: PLC0415 - as above

        try:
            written = write_template(project, name)
        except BadName:
            raise Problem(
                f"{name!r} can't be a template's name.",
                "Take lower-case letters, digits and _, a letter first, 64 at most: loyalty_points.",
                ExitCode.USAGE,
            ) from None
        except NameTaken:
            raise Problem(
                f"templates/{name}/ exists already.",
                f"Choose another name, or look at it: postroad preview {name}.",
                ExitCode.REFUSED,
            ) from None
        golden = approve(project, [name]).new if project.golden.is_dir() else []
    files = [shown(file) for file in written.files] + [shown(project.golden / file) for file in golden]
    sending = f"postroad send --template {name} --to ana.ruiz@example.com --example"
    steps = [
        f"write your own: {shown(written.folder)}/ (templates/README.md tells how)",
        f"look at it: postroad preview {name}",
        *(f"translate {shown(written.folder)}/locales/{locale}.toml" for locale in written.untranslated),
        *([f"approve how it looks: postroad template approve {name}"] if golden else []),
        "run the checks: make check",
        f"send one to the inbox: postroad local up --redeploy, then {sending}",
    ]
    if as_json:
        print_json({"template": name, "files": files, "next": steps})
        return
    print_lines([f"{shown(written.folder)}/ has {len(written.files)} files."])
    print_lines(f"    {number}. {step}" for number, step in enumerate(steps, start=1))


@app.command(
    "approve",
    cls=Command,
    epilog=examples("postroad template approve", "postroad template approve order_confirmation"),
)
def approve_command(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            help="One mail; all if none is named.", show_default=False, autocompletion=complete_templates
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep how mails look now, so that tests tell of every later change.

    Writes the golden files: each mail in each locale, as text and as HTML.
    """
    with open_project() as project:
        from postroad.authoring.golden import approve  # noqa: PLC0415 - imports Jinja, see open_project

        if name is not None:
            project.check_name(name)
        done = approve(project, None if name is None else [name])
        folder = shown(project.golden)
    if as_json:
        print_json(
            {
                "folder": folder,
                "new": done.new,
                "changed": done.changed,
                "removed": done.removed,
                "unchanged": done.unchanged,
            }
        )
        return
    listed = {"new": done.new, "changed": done.changed, "removed": done.removed}
    print_lines(f"{what:8} {folder}/{file}" for what, files in listed.items() for file in files)
    print_lines(
        [f"Read what changed before you commit it: git diff {folder}"]
        if any(listed.values())
        else [f"All {done.unchanged} files are as they were."]
    )
