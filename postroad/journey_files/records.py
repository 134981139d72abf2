"""journeys/versions/<name>.<version>.json: every version of a journey that ever ran, as it runs.

Walks end on the version that they began with, so each stays in the repository, and is deployed, for as long
as somebody may be on it. What was recorded never changes: other steps are another version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from postroad.configuration.problems import did_you_mean
from postroad.journeys.plan import Plan, Send, read_plans, write_plans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from postroad.journey_files.rules import World

VERSIONS = "versions"
_FILE = re.compile(r"([a-z][a-z0-9_]{0,39})\.([1-9][0-9]{0,3})\.json")
Records = dict[tuple[str, int], Plan]


def record_file(folder: Path, plan: Plan) -> Path:
    """Return where a plan's record lies, below the folder of the journeys."""
    return folder / VERSIONS / f"{plan.name}.{plan.version}.json"


def record_text(plan: Plan) -> str:
    """Return what a record holds: one plan, a key a line, so that a review shows what changed."""
    return write_plans([plan]).decode() + "\n"


def write_record(folder: Path, plan: Plan) -> Path:
    """Write a plan's record; return the file. The caller has made sure that it changes none that stands."""
    file = record_file(folder, plan)
    file.parent.mkdir(exist_ok=True)
    file.write_text(record_text(plan), encoding="utf-8")
    return file


def read_records(folder: Path, problems: list[str]) -> Records:
    """Read all records, by name and version; what can't be read is added to `problems`, a line each."""
    found: Records = {}
    for file in sorted((folder / VERSIONS).glob("*")):
        shown = f"{folder.name}/{VERSIONS}/{file.name}"
        named = _FILE.fullmatch(file.name)
        if named is None:
            problems.append(f"{shown}: expected only records here, <name>.<version>.json; move it elsewhere")
            continue
        try:
            (plan,) = read_plans(file.read_bytes())
        except (msgspec.DecodeError, ValueError) as error:
            problems.append(f"{shown}: no record of a journey ({error}); take the file back from git")
            continue
        if (plan.name, plan.version) != (named[1], int(named[2])):
            problems.append(
                f"{shown}: holds version {plan.version} of {plan.name}; give it back the name that it had"
            )
            continue
        found[plan.name, plan.version] = plan
    return found


def newest_versions(records: Records) -> dict[str, int]:
    """Return the highest version of each journey that was recorded."""
    newest: dict[str, int] = {}
    for name, version in records:
        newest[name] = max(version, newest.get(name, 0))
    return newest


def not_recorded(drafts: Sequence[Plan], records: Records, *, folder: str) -> Iterator[str]:
    """Say of each plan that its version has no record, where it is the next one to have it."""
    newest = newest_versions(records)
    for plan in drafts:
        if plan.version >= newest.get(plan.name, 0) and (plan.name, plan.version) not in records:
            yield (
                f"{folder}/{plan.name}.yaml: version {plan.version} isn't recorded; "
                f"once it is as you want it, run: postroad journey record {plan.name}"
            )


def unlike_records(drafts: Sequence[Plan], records: Records, *, folder: str) -> Iterator[str]:
    """Say of each plan where it isn't as it was recorded, or a later one was."""
    newest = newest_versions(records)
    for plan in drafts:
        file = f"{folder}/{plan.name}.yaml"
        last = newest.get(plan.name, 0)
        if plan.version < last:
            expected = f"expected {last} or {last + 1}, for {last} is recorded"
            yield f"{file}: version: {expected}; got {plan.version}"
            continue
        if records.get((plan.name, plan.version), plan) != plan:
            yield (
                f"{file}: differs from what is recorded as version {plan.version}, which contacts may be "
                f"walking; write version: {plan.version + 1}, then run: postroad journey record {plan.name}"
            )


def lost(records: Records, world: World, *, folder: str) -> Iterator[str]:
    """Say of each recorded version which stream, topic or template it needs and that is there no more."""
    for plan in records.values():
        file = f"{folder}/{VERSIONS}/{plan.name}.{plan.version}.json"
        templates = {step.template for step in plan.steps if isinstance(step, Send)}
        gone = [_without("stream", plan.stream, world.unsubscribable)]
        gone += [_without("topic", plan.topic, world.stream_of_topic)] if plan.topic else []
        gone += [_without("template", each, dict.fromkeys(world.templates)) for each in sorted(templates)]
        for sentence in filter(None, gone):
            yield f"{file}: {sentence}; keep it, or delete this record once nobody walks it any more"


def _without(kind: str, name: str, known: Mapping[str, object]) -> str:
    return "" if name in known else f"no {kind} '{name}'; {did_you_mean(name, sorted(known))}"
