"""What all commands share: their options, their handling of errors, and the way to the stage."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from postroad.cli.completing import complete_stages, complete_streams, complete_templates
from postroad.cli.problem import ExitCode, Problem, report
from postroad.clock import follow
from postroad.local.defaults import CLOCK, DEFAULT_FOLDER
from postroad.names import LOCAL_STAGE, STAGE_NAME

if TYPE_CHECKING:
    from boto3.session import Session

    from postroad.cli.wiring import Wiring

STAGE_VARIABLE = "POSTROAD_STAGE"
ACCOUNT_VARIABLE = "POSTROAD_ACCOUNT"
_STAGE = re.compile(STAGE_NAME)


def stream_option(text: str) -> Any:  # noqa: ANN401 - as typer.Option itself is typed
    """Return `--stream`, which the shell completes, with this help."""
    return typer.Option("--stream", help=text, show_default=False, autocompletion=complete_streams)


def template_option(text: str) -> Any:  # noqa: ANN401 - as above
    """Return `--template`, which the shell completes, with this help."""
    return typer.Option("--template", help=text, show_default=False, autocompletion=complete_templates)


StageOption = Annotated[
    str | None,
    typer.Option(
        "--stage",
        help="The stage, if not the one named before the command.",
        show_default=False,
        autocompletion=complete_stages,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
DespiteUnknownOutcomeOption = Annotated[
    bool,
    typer.Option(
        "--despite-unknown-outcome",
        help="Also what may have been sent already: it may then arrive twice.",
    ),
]
OneStreamOption = Annotated[str | None, stream_option("Show this stream alone.")]
MOST_SENT_AGAIN = 5000
SendAgainLimitOption = Annotated[
    int, typer.Option(min=1, max=MOST_SENT_AGAIN, help="The most messages to send again.")
]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the words before the command say. `session` is given by tests alone."""

    stage: str = LOCAL_STAGE
    account: str | None = None
    as_json: bool = False
    session: Session | None = None


def open_stage(context: typer.Context, stage: str | None) -> Wiring:
    """Return the way to a stage's resources: nothing is asked of AWS before the first use."""
    from postroad.cli.wiring import Wiring  # noqa: PLC0415 - boto3 takes 0.3 s, and --help needs none of it

    invocation = context.find_object(Invocation) or Invocation()
    # An empty word is a variable of the shell that is not set, and no reason to take another stage instead.
    named = invocation.stage if stage is None else stage
    if not _STAGE.fullmatch(named):
        raise Problem(
            f"{named!r} is no stage's name.",
            "Give --stage a small letter, then small letters and digits: the name of a file in config/.",
            ExitCode.USAGE,
        )
    follow(DEFAULT_FOLDER.absolute() / CLOCK if named == LOCAL_STAGE else None)
    return Wiring(named, account=invocation.account, session=invocation.session)


class _Guarded:
    """Expected errors are two lines and an exit code, never a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer hands over the click that it carries inside
        """Run the command, and turn what can go wrong into what to do next."""
        base: Any = super()
        invocation = ctx.find_object(Invocation)
        if invocation is not None and invocation.as_json and "as_json" in ctx.params:
            ctx.params["as_json"] = True
        try:
            return base.invoke(ctx)
        except Exception as error:
            problem = error if isinstance(error, Problem) else _explain(error)
            if problem is None:
                raise
            report(problem, as_json=bool(ctx.params.get("as_json")))
            raise typer.Exit(problem.code) from error


class Command(_Guarded, TyperCommand):
    """A command."""


class CommandWithMore(_Guarded, TyperGroup):
    """A command that does something by itself, and has commands below it."""


def _explain(error: Exception) -> Problem | None:
    if "postroad.cli.wiring" not in sys.modules:
        return None  # nothing was asked of AWS, so this is a mistake of ours: let it be seen
    from postroad.cli.aws_errors import explain  # noqa: PLC0415 - imports botocore, see open_stage

    return explain(error)


def examples(*lines: str) -> str:
    """Return the end of a command's help; rich joins single line breaks, so each line is a paragraph."""
    return "\n\n".join(("Example:" if len(lines) == 1 else "Examples:", *lines))
