"""`postroad`: the entry point that mounts every command."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from postroad.cli import (
    dns,
    doctor,
    event,
    held,
    load,
    preview,
    queues,
    schedule,
    send,
    stack,
    stream,
    template,
    token_keys,
    why,
)
from postroad.cli.completing import complete_stages
from postroad.cli.contact import commands as contact
from postroad.cli.journey import commands as journey
from postroad.cli.journey import simulate_command
from postroad.cli.options import ACCOUNT_VARIABLE, STAGE_VARIABLE, Command, Invocation, JsonOption, examples
from postroad.cli.problem import report
from postroad.cli.report import EXAMPLES as REPORT_EXAMPLES
from postroad.cli.report import report as report_command
from postroad.cli.suppression import commands as suppression
from postroad.cli.usage import usage_problem
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from collections.abc import Sequence


class LateGroup(TyperGroup):
    """A group of commands whose module is imported when one of them is called, not to list them."""

    def __init__(self, *, name: str, module: str, help_line: str) -> None:
        super().__init__(name=name, help=help_line)
        self._module = module

    def load(self) -> Any:  # noqa: ANN401 - the click that typer carries inside is no public type
        """Return the group itself."""
        # Under a parent of its own: typer gives the options of shell completion to whatever is outermost.
        parent: Any = typer.Typer(add_completion=False)
        parent.add_typer(importlib.import_module(self._module).app, name=self.name)
        parent.callback()(lambda: None)
        loaded: Any = get_command(parent)
        return loaded.commands[self.name]


class RootGroup(TyperGroup):
    """The commands of `postroad`. `local` brings servers with it, so it is imported late."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own, passed on as they are
        super().__init__(**settings)
        self.add_command(
            LateGroup(
                name="local",
                module="postroad.local.commands",
                help_line="Run the whole stack on this machine: up, down, status.",
            )
        )

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - typer's own signature
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002 - as above
        **extra: Any,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        """Run the command line. Words that can't be used are told as JSON too, if JSON is asked for."""
        words = list(sys.argv[1:] if args is None else args)
        if "--json" not in words or not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode, windows_expand_args, **extra)
        _refuse_instead_of_helping(self)
        try:
            code = super().main(words, prog_name, complete_var, standalone_mode=False, **extra)
        except Exception as error:
            problem = usage_problem(error)
            if problem is None:
                raise
            report(problem, as_json=True)
            code = problem.code
        sys.exit(code)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - see load
        """Replace a late group by what it stands for."""
        name, command, rest = super().resolve_command(ctx, args)
        if isinstance(command, LateGroup):
            command = command.load()
            if not self.no_args_is_help:
                _refuse_instead_of_helping(command)
        return name, command, rest


def _refuse_instead_of_helping(group: Any) -> None:  # noqa: ANN401 - as above
    """Let a group without a command be a usage error: its help would stand before the JSON document."""
    group.no_args_is_help = False
    for command in getattr(group, "commands", {}).values():
        _refuse_instead_of_helping(command)


app = typer.Typer(
    cls=RootGroup,
    name="postroad",
    help="Send mail, and find out what became of it.",
    no_args_is_help=True,
    # A traceback with local variables would print addresses.
    pretty_exceptions_show_locals=False,
    epilog=examples(
        "postroad --stage prod why order-1042-confirmation",
        "postroad --json --stage prod queues",
        "postroad --install-completion",
    ),
)


@app.callback()
def root(
    context: typer.Context,
    *,
    stage: Annotated[
        str,
        typer.Option(
            "--stage",
            envvar=STAGE_VARIABLE,
            help="The deployment to work on.",
            autocompletion=complete_stages,
        ),
    ] = LOCAL_STAGE,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            envvar=ACCOUNT_VARIABLE,
            help="The AWS account that the stage must be in, where no config/<stage>.toml says so.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Send mail, and find out what became of it."""
    given = context.find_object(Invocation)
    context.obj = Invocation(
        stage=stage, account=account, as_json=as_json, session=given.session if given else None
    )


app.command("send", cls=Command, epilog=examples(*send.EXAMPLES))(send.send)
app.command("why", cls=Command, epilog=examples(*why.EXAMPLES))(why.why)
app.command("report", cls=Command, epilog=examples(*REPORT_EXAMPLES))(report_command)
app.command("preview", cls=Command, epilog=examples(*preview.EXAMPLES))(preview.preview)
app.add_typer(template.app, name="template", epilog=examples("postroad template new loyalty_points"))
app.add_typer(
    suppression.app,
    name="suppression",
    epilog=examples(
        "postroad suppression list --to ana.ruiz@example.com",
        "postroad --stage prod suppression import suppressed.csv --dry-run",
    ),
)
app.add_typer(
    contact.app,
    name="contact",
    epilog=examples(
        "postroad contact show ana.ruiz@example.com",
        "postroad --stage prod contact import customers.csv --dry-run",
    ),
)
app.add_typer(event.app, name="event", epilog=examples(*event.EXAMPLES))
app.add_typer(
    journey.app,
    name="journey",
    epilog=examples("postroad journey validate", *simulate_command.EXAMPLES[:1]),
)
app.add_typer(stack.app, name="stack", epilog=examples(*stack.EXAMPLES))
app.command("dns", cls=Command, epilog=examples(*dns.EXAMPLES))(dns.dns)
app.command("load", cls=Command, epilog=examples(*load.EXAMPLES))(load.load)
app.add_typer(queues.app, name="queues")
app.add_typer(doctor.app, name="doctor", epilog=examples(*doctor.EXAMPLES))
app.add_typer(held.app, name="held", epilog=examples(*held.EXAMPLES))
app.add_typer(stream.app, name="stream", epilog=examples(*stream.EXAMPLES))
app.add_typer(schedule.app, name="schedule", epilog=examples(*schedule.EXAMPLES))
app.add_typer(token_keys.app, name="token-keys", epilog=examples(*token_keys.EXAMPLES))
