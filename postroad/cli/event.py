"""`postroad event`: report what contacts did, as a shop would."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli import composing
from postroad.cli.contact.saying import attribute_of
from postroad.cli.options import Command, JsonOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

    from postroad.activity.declared import Declared
    from postroad.cli.wiring import Wiring
    from postroad.client import EventReceipt, Events

app = typer.Typer(help="Report what contacts did: journeys begin and end by it.", no_args_is_help=True)

EXAMPLES = (
    "postroad event send order.placed --to ana.ruiz@example.com --property total=12.5",
    "postroad event send cart.abandoned --to ana.ruiz@example.com --properties cart.json --event-id cart-77",
    "postroad --stage prod event send --file events.jsonl",
)
AT_ONCE = 500
"""Lines of a file that are read, checked and sent together."""
_OF_ONE = ("to", "property_", "properties", "event_id", "time", "name", "locale", "time_zone")
"""Options that a file of whole events has no need of."""


@app.callback()
def group() -> None:
    """Report what contacts did."""


@app.command("send", cls=Command, epilog=examples(*EXAMPLES))
def send_command(
    context: typer.Context,
    event: Annotated[
        str | None,
        typer.Argument(help="What happened, as config/events.toml declares it.", show_default=False),
    ] = None,
    *,
    to: Annotated[str | None, typer.Option("--to", help="The contact's address.", show_default=False)] = None,
    property_: Annotated[
        list[str] | None,
        typer.Option("--property", help="What came with it, like total=12.5; may be repeated."),
    ] = None,
    properties: Annotated[
        str | None, typer.Option("--properties", help="A JSON file of that; `-` reads standard input.")
    ] = None,
    event_id: Annotated[
        str | None, typer.Option("--event-id", help="Its id; the same id of the same contact counts once.")
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", help="When it happened, like 2026-11-22T14:03:11Z; else now.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The contact's name, if new.")] = None,
    locale: Annotated[str | None, typer.Option("--locale", help="Their locale, if new, like es-CO.")] = None,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help="Their time zone, if new, like Europe/Madrid.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file", help="Whole events instead, one JSON object a line; `-` reads standard input."
        ),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report an event, or a file of them. The journeys hear of it within seconds.

    A contact who isn't known yet is added, without consent: only transactional journeys may mail them.
    """
    if file is not None:
        given = [word for word in ("event", *_OF_ONE) if context.params.get(word)]
        if given:
            raise Problem(
                "--file takes whole events, and nothing beside it.",
                "Write it into the events.",
                ExitCode.USAGE,
            )
        _send_file(open_stage(context, stage), file, as_json=as_json)
        return
    if event is None or to is None:
        raise Problem(
            f"{'The event' if event is None else '--to'} is missing.",
            f"For example: {EXAMPLES[0]}",
            ExitCode.USAGE,
        )
    contact = {"email": to, "name": name, "locale": locale, "time_zone": time_zone}
    whole: dict[str, object] = {
        "name": event,
        "contact": {word: value for word, value in contact.items() if value is not None},
        "properties": _properties(properties, property_ or ()),
        "event_id": event_id,
        "time": time,
    }
    wiring = open_stage(context, stage)
    receipt = _report(wiring, whole)
    if as_json:
        print_json({"event_id": receipt.event_id, "sqs_message_id": receipt.sqs_message_id})
    else:
        words = "" if wiring.stage == LOCAL_STAGE else f" --stage {wiring.stage}"
        print_lines([receipt.event_id, f"    next: postroad{words} journey where {to}"])


def _send_file(wiring: Wiring, source: str, *, as_json: bool) -> None:
    """Report a file batch by batch; the first line that is no event ends it."""
    from postroad.client import InvalidEvent, NotReported  # noqa: PLC0415 - see open_stage

    declared, events, sent = _declared(), _events(wiring), 0
    batch: list[Mapping[str, object]] = []
    again = "are reported. Mend that and repeat the command: each counts once."
    try:
        with _opened(source) as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    batch.append(_read(line, declared))
                except InvalidEvent as error:
                    raise Problem(
                        f"{source}, line {number}: {error.field} {error.detail}.",
                        f"{sent:,} events before it {again}",
                        ExitCode.PARTLY if sent else ExitCode.REFUSED,
                    ) from error
                if len(batch) == AT_ONCE:
                    sent += len(events.report_many(batch))
                    batch = []
        if batch:
            sent += len(events.report_many(batch))
    except NotReported as error:
        sent += len(error.receipts)
        raise Problem(
            f"Not all events are reported: {error.not_taken[0].why}.",
            f"{sent:,} {again}",
            ExitCode.PARTLY if sent else ExitCode.FAILED,
        ) from error
    except UnicodeDecodeError as error:
        raise Problem(f"{source} is not UTF-8.", f"{sent:,} events {again}", ExitCode.USAGE) from error
    if as_json:
        print_json({"reported": sent})
    else:
        print_lines([f"{sent:,} {'event is' if sent == 1 else 'events are'} reported."])


def _read(line: str, declared: Declared | None) -> Mapping[str, object]:
    """Return the event of a line. Raises InvalidEvent."""
    import msgspec  # noqa: PLC0415 - see open_stage

    from postroad.contract.event import parse_event  # noqa: PLC0415 - as above

    event = parse_event(line.removeprefix("\ufeff"))
    if declared is not None:
        declared.check(event)
    fields: Mapping[str, object] = msgspec.to_builtins(event)
    return fields


def _report(wiring: Wiring, whole: Mapping[str, object]) -> EventReceipt:
    from postroad.client import InvalidEvent, NotReported  # noqa: PLC0415 - see open_stage

    declared = _declared()
    if declared is not None and whole["name"] not in declared.events:
        from postroad.configuration.problems import did_you_mean  # noqa: PLC0415 - as above

        hint = did_you_mean(str(whole["name"]), declared.events) if declared.events else "none is"
        raise Problem(
            f"The event is not reported: '{whole['name']}' is not declared; {hint}",
            "A new event is written into config/events.toml and deployed before its first.",
            ExitCode.REFUSED,
        )
    try:
        return _events(wiring).report(whole)
    except InvalidEvent as error:
        raise Problem(
            f"The event is not reported ({error.reason}): {error.field} {error.detail}.",
            "Mend that field; docs/how-to/send-events.md tells of each.",
            ExitCode.REFUSED,
        ) from error
    except NotReported as error:
        (missing,) = error.not_taken
        raise Problem(
            f"The event is not reported: {missing.why}.",
            f"Repeat the command with --event-id {missing.event_id}: what SQS has already counts once.",
        ) from error


def _events(wiring: Wiring) -> Events:
    from postroad.client import Events  # noqa: PLC0415 - see open_stage

    return Events(wiring.mail.named("JourneysQueueUrl"), wiring.sqs, now=utcnow)


def _declared() -> Declared | None:
    """Return what is declared here; None where nothing is: then the stage alone knows."""
    from postroad.cli.access import CONFIGURATION_FOLDER  # noqa: PLC0415 - as above
    from postroad.configuration.events import EVENTS, read_events  # noqa: PLC0415 - as above
    from postroad.configuration.problems import ConfigurationError  # noqa: PLC0415 - as above

    if not (CONFIGURATION_FOLDER / EVENTS).is_file():
        return None
    try:
        return read_events(CONFIGURATION_FOLDER)
    except ConfigurationError as error:
        first, *others = str(error).splitlines()
        more = f" (and {len(others)} more)" if others else ""
        raise Problem(first + more, f"Mend {CONFIGURATION_FOLDER / EVENTS}.") from error


def _properties(source: str | None, given: Sequence[str]) -> dict[str, Any]:
    """Return what came with the event: of a file, and of words like `total=12.5`, which come after it."""
    found = {} if source is None else composing.read_object(source, 'Write it as {"name": value, …}.')
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise Problem(f"{each!r} is no property.", "Write it as name=value.", ExitCode.USAGE)
        found[name] = attribute_of(value)
    return found


@contextmanager
def _opened(source: str) -> Iterator[TextIO]:
    if source == "-":
        yield sys.stdin
        return
    try:
        lines = Path(source).open(encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Problem(
            f"{source} can't be read: {error.strerror}.", "Name a file, or `-`.", ExitCode.USAGE
        ) from error
    with lines:
        yield lines
