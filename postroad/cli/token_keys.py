"""`postroad token-keys`: the keys that sign the links in mails. No command ever shows one."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.confirming import confirm_by_typing
from postroad.cli.options import Command, JsonOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow

if TYPE_CHECKING:
    from datetime import date

    from postroad.cli.token_key_ring import Key
    from postroad.cli.token_key_store import Found

EXAMPLES = ("postroad --stage prod token-keys show", "postroad --stage prod token-keys rotate")
LETTERS = 64
"""Of 62 kinds, as the stack makes the first key."""
SIGNED_BY_ALL = timedelta(minutes=15)
"""After a change, until no function signs with what stood before: each reads the ring every five minutes."""

app = typer.Typer(help="The keys that sign the links in mails: add one, retire one.", no_args_is_help=True)


@app.command("show", cls=Command, epilog=examples("postroad --stage prod token-keys show"))
def show_command(context: typer.Context, *, stage: StageOption = None, as_json: JsonOption = False) -> None:
    """Show which keys there are, which one signs, and the mails of which days each has signed."""
    found = open_stage(context, stage).token_keys.find()
    keys = found.ring.shown(made=found.made)
    if as_json:
        print_json({"keys": [_as_object(key) for key in keys], "changed": found.changed})
    else:
        print_table(("key", "does", "signed from", "to"), [_cells(key) for key in keys])


@app.command("rotate", cls=Command, epilog=examples("postroad --stage prod token-keys rotate"))
def rotate_command(context: typer.Context, *, stage: StageOption = None, as_json: JsonOption = False) -> None:
    """Add a key, which signs from now on. All others go on verifying: no link stops working.

    Functions take it up within five minutes, without a deployment.
    """
    wiring = open_stage(context, stage)
    wiring.require_account()
    store = wiring.token_keys
    found = store.find()
    key = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LETTERS))
    ring = found.ring.rotated(key, now=utcnow())
    store.change(found, ring)
    if as_json:
        print_json({"signs": ring.current, "signed_before": found.ring.current})
    else:
        print_lines(
            [
                f"{ring.current} signs from now on; functions take it up within five minutes.",
                f"{found.ring.current} goes on verifying the links that it signed.",
            ]
        )


@app.command("retire", cls=Command, epilog=examples("postroad --stage prod token-keys retire t20250301"))
def retire_command(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Its name, as `show` has it.", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a key out of the ring for good: every link that it signed stops working within five minutes.

    Only for a key that somebody else has. Who has an old mail can't leave by it any more.
    """
    wiring = open_stage(context, stage)
    store = wiring.token_keys
    found = store.find()
    _refuse(found, key, now=utcnow())
    (about,) = [one for one in found.ring.shown(made=found.made) if one.name == key]
    confirm_by_typing(
        key,
        f"Links in mails {_span(about)} stop working, and their recipients can't leave by them. "
        f"Type {key} again",
        wiring=wiring,
        yes=yes,
        as_json=as_json,
    )
    store.change(found, found.ring.retired(key))
    if as_json:
        print_json({"retired": key, "signs": found.ring.current, **_days(about)})
    else:
        print_lines([f"{key} is retired: links in mails {_span(about)} stop working within five minutes."])


def _refuse(found: Found, key: str, *, now: datetime) -> None:
    """Raise Problem where retiring the key would be a mistake."""
    if key not in found.ring.keys:
        known = ", ".join(found.ring.keys)
        raise Problem(f"There is no key {key}.", f"The ring has {known}.", ExitCode.NOT_FOUND)
    if key == found.ring.current:
        raise Problem(
            f"{key} signs the links of every mail that leaves now.",
            "Rotate first (postroad token-keys rotate), and retire it a quarter of an hour later.",
            ExitCode.REFUSED,
        )
    if now < (at := found.changed + SIGNED_BY_ALL):
        raise Problem(
            "The ring was changed a moment ago: functions may still sign with the key that stood before.",
            f"Wait until {at.astimezone(UTC):%H:%M:%S} UTC, then repeat the command.",
            ExitCode.REFUSED,
        )


def _cells(key: Key) -> tuple[str, ...]:
    return (key.name, "signs" if key.signs else "verifies", _day(key.since), _day(key.until))


def _as_object(key: Key) -> dict[str, object]:
    return {"name": key.name, "signs": key.signs, **_days(key)}


def _days(key: Key) -> dict[str, str | None]:
    return {
        "signed_from": key.since.isoformat() if key.since else None,
        "signed_to": key.until.isoformat() if key.until else None,
    }


def _span(key: Key) -> str:
    if key.since and key.until:
        return f"of {key.since} to {key.until}"
    return f"from {key.since} on" if key.since else "of days that nobody noted"


def _day(day: date | None) -> str:
    return day.isoformat() if day else "—"
