"""config/events.toml: what contacts do, and what is kept of it. Read at build and by the command line."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, cast, get_args

from postroad.activity.declared import Declaration, Declared
from postroad.activity.facts import How, Rule
from postroad.configuration.problems import ConfigurationError, Problem, did_you_mean, shown
from postroad.contract.event import EventName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from postroad.configuration.keys import Step

EVENTS = "events.toml"
"""Lies beside the stages' files, and is none."""
MOST_EVENTS = 200
MOST_FACTS = 50
MOST_KEPT = 20
"""Properties of one event: with each write of a contact all that is kept of them is written again."""
MOST_HOURS = 366 * 24
_EVENT = re.compile(next(each.pattern for each in get_args(EventName)[1:] if each.pattern))
_FACT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_EVENT_KEYS = ("keep", "late_hours")
_FACT_KEYS = ("event", "how", "of")
_HOW = ", ".join(f'"{how}"' for how in How)


def read_events(folder: Path) -> Declared:
    """Read and check what is declared; nothing where there is no file: then every event is refused.

    Raises ConfigurationError, which names every problem of the file.
    """
    file = folder / EVENTS
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return Declared()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        sentence = f"not TOML in UTF-8: {error}"
    else:
        if problems := list(_problems(content)):
            raise ConfigurationError(str(file), problems)
        return Declared(
            {name: _declaration(each) for name, each in content.get("events", {}).items()},
            tuple(
                Rule(name, each["event"], How(each["how"]), each.get("of", ""))
                for name, each in content.get("facts", {}).items()
            ),
        )
    raise ConfigurationError(str(file), [Problem((), sentence)])


def _declaration(said: Mapping[str, object]) -> Declaration:
    keep = tuple(cast("list[str]", said.get("keep", [])))
    if "late_hours" not in said:
        return Declaration(keep)
    return Declaration(keep, timedelta(hours=cast("float", said["late_hours"])))


def _problems(content: Mapping[str, object]) -> Iterator[Problem]:
    for key in content.keys() - {"events", "facts"}:
        yield Problem((key,), "unknown key; expected tables [events.<name>] and [facts.<name>]")
    events, facts = content.get("events", {}), content.get("facts", {})
    for key, tables, most in (("events", events, MOST_EVENTS), ("facts", facts, MOST_FACTS)):
        if not isinstance(tables, dict):
            yield Problem((key,), f"expected tables [{key}.<name>], got {shown(tables)}")
        elif len(tables) > most:
            yield Problem((key,), f"expected {most} at most, got {len(tables)}")
    names = list(events) if isinstance(events, dict) else []
    for name, said in cast("dict[str, object]", events if isinstance(events, dict) else {}).items():
        yield from _of_event(("events", name), name, said)
    for name, said in cast("dict[str, object]", facts if isinstance(facts, dict) else {}).items():
        yield from _of_fact(("facts", name), name, said, names)


def _of_event(path: tuple[Step, ...], name: str, said: object) -> Iterator[Problem]:
    if not _EVENT.match(name):
        yield Problem(
            path,
            'expected a name such as "order.placed": small letters, digits and _, with dots between',
        )
    if not isinstance(said, dict):
        yield Problem(path, f"expected a table with {', '.join(_EVENT_KEYS)}, got {shown(said)}")
        return
    for key in [key for key, value in said.items() if isinstance(value, dict)]:
        yield Problem((*path, key), f'write the name in quotes: [events."{name}.{key}"]')
    yield from _unknown(path, [key for key in said if not isinstance(said[key], dict)], _EVENT_KEYS)
    keep = said.get("keep", [])
    if not isinstance(keep, list) or len(keep) > MOST_KEPT:
        yield Problem((*path, "keep"), f"expected a list of {MOST_KEPT} names at most, got {shown(keep)}")
    else:
        for place, each in enumerate(keep):
            if not isinstance(each, str) or not _PROPERTY.fullmatch(each):
                yield Problem(
                    (*path, "keep", place),
                    f"expected a property's name: a letter, then letters, digits and _; got {shown(each)}",
                )
    late = said.get("late_hours", 1)
    if isinstance(late, bool) or not isinstance(late, int | float) or not 0 < late <= MOST_HOURS:
        yield Problem((*path, "late_hours"), f"expected a number above 0 to {MOST_HOURS}, got {shown(late)}")


def _of_fact(path: tuple[Step, ...], name: str, said: object, events: list[str]) -> Iterator[Problem]:
    if not _FACT.fullmatch(name):
        yield Problem(path, "expected a name of 1 to 40 characters of a-z 0-9 _, beginning with a letter")
    if not isinstance(said, dict):
        yield Problem(path, f"expected a table with {', '.join(_FACT_KEYS)}, got {shown(said)}")
        return
    yield from _unknown(path, said, _FACT_KEYS)
    event, how, of = said.get("event"), said.get("how"), said.get("of")
    if not isinstance(event, str):
        yield Problem((*path, "event"), _expected("the name of an event of this file", event))
    elif event not in events:
        hint = did_you_mean(event, events) if events else "there is none"
        yield Problem((*path, "event"), f"no event {shown(event)} in this file; {hint}")
    if how not in list(How):
        yield Problem((*path, "how"), _expected(f"one of {_HOW}", how))
    elif how == How.SUM and (not isinstance(of, str) or not _PROPERTY.fullmatch(of)):
        yield Problem((*path, "of"), _expected("the name of the property to sum", of))
    elif how != How.SUM and of is not None:
        yield Problem((*path, "of"), f'only a "{How.SUM}" is of a property; remove it')


def _unknown(path: tuple[Step, ...], said: Iterable[str], known: tuple[str, ...]) -> Iterator[Problem]:
    for key in said:
        if key not in known:
            yield Problem((*path, key), f"unknown key; expected one of {', '.join(known)}")


def _expected(what: str, value: object) -> str:
    return f"missing; expected {what}" if value is None else f"expected {what}, got {shown(value)}"
