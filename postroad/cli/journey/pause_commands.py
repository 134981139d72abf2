"""`postroad journey pause` and `resume`: hold a journey's contacts where they are, and let them go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.explaining.moments import moment

if TYPE_CHECKING:
    from postroad.journeys.pausing import Pause

PAUSE_EXAMPLES = ("postroad --stage prod journey pause welcome --note 'wrong link in the guide'",)
RESUME_EXAMPLES = ("postroad --stage prod journey resume welcome",)
_MOST_OF_A_NOTE = 500
_BATCH = 1000

_Name = Annotated[
    str, typer.Argument(help="The journey.", show_default=False, autocompletion=complete_journeys)
]


def pause_command(
    context: typer.Context,
    name: _Name,
    *,
    note: Annotated[
        str, typer.Option("--note", help="Why, for those who ask later.", show_default=False)
    ] = "",
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a journey: its contacts stay where they are, and those who would begin it begin, and wait.

    Mail that is on its stream's queue already still leaves: `postroad stream pause` stops that too.
    """
    if len(note) > _MOST_OF_A_NOTE or not note.isprintable():
        raise Problem(
            f"The note has {len(note):,} characters, or some that can't be printed.",
            f"Say it in one line of {_MOST_OF_A_NOTE} characters at most.",
            ExitCode.USAGE,
        )
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.journeys.pausing import Pause  # noqa: PLC0415 - as above

    wiring.require_account()
    Repository.named(name)
    pause = Pause(utcnow(), operator(), note)
    changed = wiring.journey_pauses.pause(name, pause)
    standing = pause if changed else wiring.journey_pauses.paused().get(name, pause)
    if as_json:
        print_json({"journey": name, "paused": standing, "changed": changed})
        return
    said = f"{name} is paused." if changed else f"{name} was paused already: {told(standing)}."
    print_lines([said, f"To let it go on: postroad --stage {wiring.stage} journey resume {name}"])


def resume_command(
    context: typer.Context, name: _Name, *, stage: StageOption = None, as_json: JsonOption = False
) -> None:
    """Let a journey go on: each contact from where they stand, within its hours and deadlines.

    Those whose turn came meanwhile are called at once; this reads the whole table of journeys. Give it again
    if it breaks off: whoever is called twice goes on once.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.schedule.walks import DueWalk, walk_body  # noqa: PLC0415 - as above

    wiring.require_account()
    Repository.named(name)
    changed = wiring.journey_pauses.resume(name)
    called = 0
    waiting: list[str] = []
    for page in wiring.walks.overdue(name, now=utcnow()):
        waiting += [walk_body(DueWalk(walk.address_key, walk.place)) for walk in page]
        if len(waiting) >= _BATCH:
            wiring.journeys_queue.put(waiting)
            called, waiting = called + len(waiting), []
    wiring.journeys_queue.put(waiting)
    called += len(waiting)
    if as_json:
        print_json({"journey": name, "changed": changed, "called": called})
        return
    print_lines(
        [
            f"{name} goes on." if changed else f"{name} was not paused.",
            f"{called:,} {'contact was' if called == 1 else 'contacts were'} called whose turn had come.",
        ]
    )


def told(pause: Pause) -> str:
    """Say since when, by whom and why a journey is held."""
    why = f" ({pause.why})" if pause.why else ""
    return f"since {moment(pause.since)} by {pause.by}{why}"
