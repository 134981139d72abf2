"""What the commands for writers of e-mails share: the way to the project, and what to say of its mistakes."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.authoring.project import Project

# Only these commands need them: an operator's install may be without.
_NEEDED = {"jinja2": "Jinja2", "babel": "Babel", "css_inline": "css-inline"}


@contextmanager
def open_project() -> Iterator[Project]:
    """Give the project that the working folder is in, and turn what is wrong with it into a Problem."""
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise Problem(
            f"Not installed here, and needed to make mails: {', '.join(missing)}.",
            "Install them: pip install 'postroad[cli]'.",
        )
    # Both import Jinja and Babel, which take a while, and --help needs none of it.
    from postroad.authoring.project import NoProject, NoTemplate, Project  # noqa: PLC0415 - as said above
    from postroad.rendering.problems import TemplateBuildError  # noqa: PLC0415 - as said above

    try:
        project = Project.find(Path.cwd())
    except NoProject:
        raise Problem(
            f"There are no templates in {Path.cwd()} or above it.",
            "Change into a clone of your Postroad repository: it has a folder templates/.",
            ExitCode.NOT_FOUND,
        ) from None
    try:
        yield project
    except NoTemplate as error:
        raise Problem(
            f"There is no templates/{error.name}/.",
            f"Name one of {', '.join(error.known)}; or make it: postroad template new {error.name}.",
            ExitCode.NOT_FOUND,
        ) from None
    except TemplateBuildError as error:
        raise _of_build(project, error.problems) from None


def _of_build(project: Project, problems: tuple[str, ...]) -> Problem:
    lines = [one_of(project, problem) for problem in problems]
    if len(lines) == 1:
        return Problem(lines[0], "Mend that line, and repeat the command.")
    listed = "".join(f"\n    {line}" for line in lines)
    return Problem(f"The mails have {len(lines)} mistakes:{listed}", "Mend them, and repeat the command.")


def one_of(project: Project, sentence: str) -> str:
    """Shorten the paths of a sentence to those that a reader in the working folder can open."""
    return sentence.replace(f"{project.root}{os.sep}", shown(project.root / "x")[:-1])


def shown(path: Path) -> str:
    """Write a path as seen from the working folder."""
    return os.path.relpath(path)


def open_in_browser(page: Path) -> bool:
    """Open a page where somebody looks at this command's output; say whether it was opened."""
    return sys.stdout.isatty() and webbrowser.open(page.resolve().as_uri())
