"""`postroad journey`: journeys as files, and what becomes of those who walk them."""

from __future__ import annotations

import typer

from postroad.cli.journey import (
    list_command,
    pause_commands,
    person_commands,
    record_command,
    show_command,
    simulate_command,
    stats_command,
    validate_command,
)
from postroad.cli.options import Command, examples

app = typer.Typer(
    help="Check journeys, draw them, try them before they run, and look after them while they do.",
    no_args_is_help=True,
)
_COMMANDS = (
    ("list", list_command.list_command, list_command.LIST_EXAMPLES),
    ("show", show_command.show_command, show_command.EXAMPLES),
    ("validate", validate_command.validate_command, validate_command.EXAMPLES),
    ("simulate", simulate_command.simulate_command, simulate_command.EXAMPLES),
    ("record", record_command.record_command, record_command.EXAMPLES),
    ("pause", pause_commands.pause_command, pause_commands.PAUSE_EXAMPLES),
    ("resume", pause_commands.resume_command, pause_commands.RESUME_EXAMPLES),
    ("stats", stats_command.stats_command, stats_command.EXAMPLES),
    ("where", person_commands.where_command, person_commands.WHERE_EXAMPLES),
    ("enrol", person_commands.enrol_command, person_commands.ENROL_EXAMPLES),
    ("remove", person_commands.remove_command, person_commands.REMOVE_EXAMPLES),
)
for _name, _function, _examples in _COMMANDS:
    app.command(_name, cls=Command, epilog=examples(*_examples))(_function)
