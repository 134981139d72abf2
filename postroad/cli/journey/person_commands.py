"""`postroad journey where`, `enrol` and `remove`: one contact's walks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.confirming import confirm
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.explaining.moments import moment
from postroad.journeys.errors import WalkBusyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from typing import NoReturn

    from postroad.cli.wiring import Wiring
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

WHERE_EXAMPLES = ("postroad --stage prod journey where ana.ruiz@example.com",)
ENROL_EXAMPLES = (
    "postroad journey enrol welcome ana.ruiz@example.com",
    "postroad journey enrol abandoned_cart ana.ruiz@example.com --property cart_id=c-1042",
)
REMOVE_EXAMPLES = (
    "postroad --stage prod journey remove welcome ana.ruiz@example.com --note 'asked by phone'",
)

_Journey = Annotated[
    str, typer.Argument(help="The journey.", show_default=False, autocompletion=complete_journeys)
]
_Email = Annotated[str, typer.Argument(help="The address.", show_default=False)]


def where_command(
    context: typer.Context, email: _Email, *, stage: StageOption = None, as_json: JsonOption = False
) -> None:
    """Show where a contact stands in each journey: the step, since when, what it waits for, what was sent."""
    wiring = open_stage(context, stage)
    recipient = wiring.recipient(email)
    walks = wiring.walks.known(recipient.key)
    paused = wiring.journey_pauses.paused() if walks else {}
    if as_json:
        print_json({"email": recipient.email, "walks": [as_object(walk, paused=paused) for walk in walks]})
    else:
        print_lines([recipient.email])
        if not walks:
            print_lines(["  has begun no journey, or none in the last 400 days"])
        for walk in walks:
            print_lines(["", *_told(walk, is_paused=walk.journey in paused, now=utcnow())])
    if not walks:
        raise typer.Exit(ExitCode.NOT_FOUND)


def enrol_command(
    context: typer.Context,
    name: _Journey,
    email: _Email,
    *,
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            help="`name=value` of the event that would have begun it; again for each.",
            show_default=False,
        ),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a contact begin a journey, as if its event had come.

    The journey's audience and entry rule are kept, and so are consent and caps. What became of it is seen
    with `postroad journey where`, a few seconds later.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.journeys.requests import EnrolmentRequest, enrolment_body  # noqa: PLC0415 - as above

    wiring.require_account()
    Repository.named(name)
    recipient = wiring.recipient(email)
    contact = wiring.contacts.find([recipient.key]).get(recipient.key)
    if contact is None or not contact.email:
        raise Problem(
            f"{recipient.email} is no contact on stage {wiring.stage}.",
            f"Add them first: postroad contact add {recipient.email}",
            ExitCode.NOT_FOUND,
        )
    request = EnrolmentRequest(
        request_id=str(uuid4()),
        address_key=recipient.key,
        journey=name,
        by=operator(),
        at=utcnow(),
        properties=_properties(properties or ()),
    )
    if wiring.journeys_queue.put([enrolment_body(request)]):
        raise Problem("SQS refused the request.", "Leave properties out that are very large.")
    if as_json:
        print_json({"journey": name, "email": recipient.email, "request_id": request.request_id})
        return
    print_lines(
        [
            f"{recipient.email} is asked into {name}.",
            f"To see where they stand: postroad --stage {wiring.stage} journey where {recipient.email}",
        ]
    )


def remove_command(
    context: typer.Context,
    name: _Journey,
    email: _Email,
    *,
    note: Annotated[
        str, typer.Option("--note", help="Why, for those who ask later.", show_default=False)
    ] = "",
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a contact out of a journey, in your name: nothing more of it is sent to them.

    Mail of it that waits on a queue for over 15 minutes is called off as well. With `once` as its rule the
    journey never begins again for them.
    """
    wiring = open_stage(context, stage)
    recipient = wiring.recipient(email)
    walks = [walk for walk in wiring.walks.known(recipient.key) if walk.journey == name and not walk.is_over]
    if not walks:
        raise Problem(
            f"{recipient.email} is not in {name}.",
            f"See where they are: postroad --stage {wiring.stage} journey where {recipient.email}",
            ExitCode.NOT_FOUND,
        )
    if not as_json:
        for walk in walks:
            print_lines(_told(walk, is_paused=False, now=utcnow()))
    confirm(f"Take {recipient.email} out of {name}?", wiring=wiring, yes=yes, as_json=as_json)
    reason = operator() + (f": {note}" if note else "")
    removed = _remove(wiring, walks, reason)
    if as_json:
        print_json({"journey": name, "email": recipient.email, "removed": removed})
        return
    print_lines(["", f"{recipient.email} is out of {name}."])


class _Elsewhere:
    """Stands for what only the function `journeys` can do: mail that was decided leaves by it alone."""

    def do(self, walk: Enrolment, plan: Plan, *, now: datetime) -> NoReturn:
        """Refuse, while a decision is being carried out."""
        del plan, now
        raise WalkBusyError(f"a step of {walk.journey} is being taken; try again in a minute")

    def view(self, *_args: object, **_named: object) -> None:
        """See nobody: who is taken out is not looked at."""


def _remove(wiring: Wiring, walks: Sequence[Enrolment], reason: str) -> int:
    from postroad.cli.journey.repository import JOURNEYS  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.journey_files.records import read_records  # noqa: PLC0415 - as above
    from postroad.journeys.running import Engine, Plans  # noqa: PLC0415 - as above

    plans = Plans(list(read_records(JOURNEYS, []).values()))
    elsewhere = _Elsewhere()
    engine = Engine(plans=plans, walks=wiring.walks, people=elsewhere, doing=elsewhere)
    now = utcnow()
    return sum(engine.remove(walk.address_key, walk.place, reason=reason, now=now) for walk in walks)


def as_object(walk: Enrolment, *, paused: Collection[str] = ()) -> dict[str, Any]:
    """Return a walk for a JSON document; `paused` are the journeys that are held."""
    return {
        "journey": walk.journey,
        "version": walk.version,
        "key": walk.key,
        "enrolment": walk.enrolment_id,
        "entry": walk.entry,
        "began": walk.began,
        "by": walk.trigger.name if walk.trigger else None,
        "step": walk.step or None,
        "since": walk.since,
        "due": walk.due,
        "paused": walk.journey in paused and not walk.is_over,
        "sent": dict(walk.sent),
        "ended": walk.ended.value if walk.ended else None,
        "reason": walk.reason or None,
        "ended_at": walk.ended_at,
    }


def _told(walk: Enrolment, *, is_paused: bool, now: datetime) -> Iterator[str]:
    """Yield what is known of a walk, a line each."""
    key = f" for {walk.key}" if walk.key else ""
    yield f"  {walk.journey}, version {walk.version}{key}"
    by = f" with {walk.trigger.name}" if walk.trigger else ""
    again = f", time {walk.entry}" if walk.entry > 1 else ""
    yield f"    began {moment(walk.began)}{by}{again}"
    for step, message_id in walk.sent.items():
        yield f"    sent {step}: {message_id}"
    if walk.ended is not None:
        why = f" ({walk.reason})" if walk.reason else ""
        yield f"    over {moment(walk.ended_at)}: {walk.ended.value}{why}"
        return
    from postroad.journey_files.drawing import named  # noqa: PLC0415 - Jinja2 and pydantic

    plan = _plan_of(walk)
    standing = plan.step(walk.step) if plan else None
    yield f"    stands at {named(standing) if standing else walk.step} since {moment(walk.since)}"
    if walk.due is not None:
        late = ", which has come" if walk.due <= now else ""
        yield f"    goes on {moment(walk.due)}{late}"
    if is_paused:
        yield "    the journey is paused: they wait until it is resumed"


def _plan_of(walk: Enrolment) -> Plan | None:
    """Return the recorded version that a walk is on; None where this repository hasn't got it."""
    from postroad.cli.journey.repository import JOURNEYS  # noqa: PLC0415 - as above
    from postroad.journey_files.records import read_records  # noqa: PLC0415 - as above

    return read_records(JOURNEYS, []).get((walk.journey, walk.version))


def _properties(words: Sequence[str]) -> dict[str, object]:
    from postroad.cli.contact.saying import attribute_of  # noqa: PLC0415 - as above

    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Problem(f"{word!r} is no property.", "Write --property name=value.", ExitCode.USAGE)
        found[name] = attribute_of(value)
    return found
