"""`postroad journey`: journeys as files, and what becomes of those who walk them."""

from __future__ import annotations

import typer

from postroad.cli.journey import record_command, show_command, simulate_command, validate_command
from postroad.cli.options import Command, examples

app = typer.Typer(
    help="Check journeys, draw them, and try them before they run.",
    no_args_is_help=True,
)
_COMMANDS = (
    ("validate", validate_command.validate_command, validate_command.EXAMPLES),
    ("simulate", simulate_command.simulate_command, simulate_command.EXAMPLES),
    ("show", show_command.show_command, show_command.EXAMPLES),
    ("record", record_command.record_command, record_command.EXAMPLES),
)
for _name, _function, _examples in _COMMANDS:
    app.command(_name, cls=Command, epilog=examples(*_examples))(_function)
