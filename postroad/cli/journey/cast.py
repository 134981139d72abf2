"""Who is in a simulation, and what they do: from a file of contacts and one of events."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.activity.event import Event
from postroad.cli.contact.rows import Reader, read_header
from postroad.cli.contact.saying import Topics
from postroad.cli.files import open_list
from postroad.cli.lists.csv_records import Counted, Records
from postroad.cli.lists.problems import RowProblem
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.wiring import Recipient
from postroad.configuration.problems import did_you_mean
from postroad.contacts.model import Contact, TopicStanding
from postroad.contract.address import AddressError, parse_address
from postroad.contract.event import InvalidEvent, parse_event
from postroad.journeys.simulated import OF_SIMULATIONS
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from postroad.cli.contact.saying import Said
    from postroad.configuration.topics import Topic
    from postroad.contract.event import ContactEvent

SECRET = b"simulation"
"""Of no stage: so a simulation draws the same lots each time, and others than the stage does."""
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_JSON_LINES = frozenset({".jsonl", ".ndjson", ".json"})
_MOST_SHOWN = 20


def recipient(email: str) -> Recipient:
    """Return an address and the key by which a simulation knows it; raises Problem for what is none."""
    try:
        address = parse_address(email)
    except AddressError as error:
        raise Problem(f"{email!r} is no address: {error}.", "Correct it.", ExitCode.USAGE) from None
    return Recipient(address.email_for_ses, address_key(SECRET, address.canonical))


@dataclass(frozen=True, slots=True)
class Cast:
    """Contacts by address key, and what happens to them, by time."""

    contacts: Mapping[str, Contact]
    events: tuple[tuple[str, Event], ...]


def read_cast(
    *, contacts: str | None, events: str | None, topics: Mapping[str, Topic],
    declared: Collection[str] | None = None,
) -> Cast:  # fmt: skip
    """Read both files; raises Problem, which names what is wrong with which line.

    Whoever does something and is in no file of contacts is a contact without consent. `declared` are the
    events that the stage takes; None where that isn't known.
    """
    known = _contacts(contacts, topics) if contacts else {}
    happened: list[tuple[str, Event]] = []
    for event in _events(events, declared) if events else ():
        who = recipient(event.contact.email)
        known.setdefault(who.key, _unknown(who, event))
        happened.append((who.key, Event(event.name, event.time, event.event_id, event.properties)))
    happened.sort(key=lambda each: each[1].at)
    return Cast(known, tuple(happened))


def _unknown(who: Recipient, event: ContactEvent) -> Contact:
    said = event.contact
    return Contact(
        who.key, who.email, name=said.name or "", locale=said.locale or "", time_zone=said.time_zone or ""
    )


def _contacts(file: str, topics: Mapping[str, Topic]) -> dict[str, Contact]:
    reader = Reader(name="", source="simulation", topics=Topics(topics, _LATEST), recipient=recipient)
    found: dict[str, Contact] = {}
    wrong: list[str] = []
    with ExitStack() as stack:
        source, shown, _ = open_list(file, stack, kind="CSV or JSON Lines")
        as_json = Path(file).suffix.lower() in _JSON_LINES
        counted = Counted(source)
        for read in _lines(reader, BufferedReader(counted)) if as_json else _rows(reader, counted):
            if isinstance(read, RowProblem):
                column = f"{read.column}: " if read.column else ""
                wrong.append(f"{shown}:{read.row}: {column}{read.what}. {read.fix}")
            else:
                found[read.contact.address_key] = _contact(read)
    if wrong:
        raise _unusable(shown, wrong)
    return found


def _rows(reader: Reader, counted: Counted) -> Iterator[Said | RowProblem]:
    records = iter(Records(counted))
    first = next(records, None)
    if first is None:
        return
    header = read_header(first.cells)
    for record in records:
        yield reader.row(header, record)


def _lines(reader: Reader, lines: BufferedReader) -> Iterator[Said | RowProblem]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield reader.line(number, line)


def _contact(said: Said) -> Contact:
    new = said.contact
    return Contact(
        new.address_key,
        new.email,
        name=new.name or "",
        locale=new.locale or "",
        time_zone=new.time_zone or "",
        attributes={name: value for name, value in new.attributes.items() if value is not None},
        source=new.source,
        topics={
            each.topic: TopicStanding(each.status, each.at or datetime(1970, 1, 1, tzinfo=UTC))
            for each in (*new.consents, *said.left)
        },
    )


def _events(file: str, declared: Collection[str] | None) -> list[ContactEvent]:
    found: list[ContactEvent] = []
    wrong: list[str] = []
    with ExitStack() as stack:
        source, shown, _ = open_list(file, stack, kind="JSON Lines")
        for number, line in enumerate(BufferedReader(Counted(source)), start=1):
            if not line.strip():
                continue
            try:
                event = parse_event(line)
            except InvalidEvent as error:
                wrong.append(f"{shown}:{number}: {error}")
                continue
            if declared is not None and event.name not in {*declared, *OF_SIMULATIONS}:
                hint = did_you_mean(event.name, sorted({*declared, *OF_SIMULATIONS}))
                wrong.append(f"{shown}:{number}: name: no event '{event.name}' is declared; {hint}")
            found.append(event)
    if wrong:
        raise _unusable(shown, wrong)
    return found


def _unusable(shown: str, wrong: list[str]) -> Problem:
    more = [f"and {len(wrong) - _MOST_SHOWN} more"] if len(wrong) > _MOST_SHOWN else []
    listed = "".join(f"\n    {line}" for line in [*wrong[:_MOST_SHOWN], *more])
    return Problem(
        f"{shown} has {len(wrong)} {'mistake' if len(wrong) == 1 else 'mistakes'}:{listed}",
        "Mend it, and repeat the command.",
        ExitCode.USAGE,
    )
