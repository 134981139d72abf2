"""What the commands of `postroad local` share: the stack's folder, where text goes, and errors."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from postroad.cli.problem import Problem
from postroad.local.errors import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.local.deploy import Tell

FolderOption = Annotated[Path, typer.Option("--folder", help="Where the stack keeps its state and its logs.")]


def console_of(*, as_json: bool) -> Console:
    """Return where text goes. A folder's name may hold brackets and colons: they are no markup of ours."""
    return Console(stderr=as_json, markup=False, emoji=False)


@contextmanager
def telling(console: Console) -> Iterator[Tell]:
    """Show what is going on: a spinner on a terminal, a line for each step otherwise."""
    if not console.is_terminal:
        yield lambda text: console.print(f"{text} ...", markup=False, emoji=False, soft_wrap=True)
        return
    with console.status("starting") as spinner:
        yield lambda text: spinner.update(Text(text))


@contextmanager
def told() -> Iterator[None]:
    try:
        yield
    except LocalCloudError as error:
        raise Problem(str(error), error.next_step) from error
