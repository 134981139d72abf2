"""What `postroad load` does on a stage: may it, what it makes, and the way to queues and rows."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from postroad.cli import composing
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.waiting import UNDER_WAY
from postroad.clock import utcnow
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from postroad.cli.wiring import Wiring
    from postroad.load.enqueueing import Tally
    from postroad.load.making import Plan
    from postroad.load.mix import Mix
    from postroad.load.watching import Seen

_FILENAME = "load.txt"


def describe(file: Path | None, given: Mapping[str, Any]) -> Mix:
    """Return the mix of a file, or of the options of one kind; raises Problem for what can't be used."""
    from postroad.load.mix import MixError, make_mix, read_mix  # noqa: PLC0415 - msgspec; see open_stage

    if file is None:
        try:
            return make_mix({"messages": [given]})
        except MixError as error:
            what = str(error).removeprefix("messages[0].")
            raise Problem(
                f"{what}.", "`postroad load --help` shows what it takes.", ExitCode.USAGE
            ) from error
    if given:
        options = ", ".join(f"--{key.replace('_', '-').replace('locales', 'locale')}" for key in given)
        raise Problem(
            f"--mix describes the messages, and {options} would change it.",
            "Write it into the file, or leave --mix out.",
            ExitCode.USAGE,
        )
    try:
        return read_mix(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{file} can't be read: {error}.", "Name a TOML file.", ExitCode.USAGE) from error
    except MixError as error:
        raise Problem(
            f"{file}: {error}.", "docs/how-to/put-load-on-a-stage.md has every key.", ExitCode.USAGE
        ) from error


def check_stage(wiring: Wiring) -> None:
    """Raise Problem for a stage that may mail everybody, or not the mailbox simulator.

    That a stage mails its own people alone is what tells one for tests from one for customers; the local
    stage mails nobody at all.
    """
    from postroad.load.making import MAILBOXES  # noqa: PLC0415 - see open_stage

    if wiring.stage == LOCAL_STAGE:
        return
    allow = wiring.configuration.recipients.allow
    if "*" in allow:
        raise Problem(
            f"Stage {wiring.stage} may mail everybody: load would stand in the way of its mail.",
            "Use --stage local, or a stage like docs/how-to/staging.md.",
            ExitCode.REFUSED,
        )
    if not any(fnmatchcase(f"success+load@{MAILBOXES}", pattern.lower()) for pattern in allow):
        raise Problem(
            f"Stage {wiring.stage} may not mail SES's mailbox simulator, to which all load goes.",
            f'Add "*@{MAILBOXES}" to recipients.allow in config/{wiring.stage}.toml, and deploy it.',
            ExitCode.REFUSED,
        )


def plan(wiring: Wiring, mix: Mix, count: int, *, now: datetime) -> Plan:
    """Return what to enqueue; raises Problem if a stream, a template or a field isn't as the stage has it."""
    from postroad.load.making import Plan  # noqa: PLC0415 - see open_stage

    for kind in mix.messages:
        wiring.mail.stream_queue(kind.stream)
    made = Plan(
        mix=mix,
        run=f"load-{now:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}",
        count=count,
        examples={
            kind.template: composing.read_example(kind.template)[0]
            for kind in mix.messages
            if kind.template is not None
        },
        attachments=_attachments(wiring, mix),
        topics=_topics(wiring, mix),
    )
    _check(made, now)
    return made


def put_attachments(wiring: Wiring, made: Plan) -> None:
    """Put the files that messages name where `send` finds them; the same file again is the same object."""
    from postroad.load.making import filler  # noqa: PLC0415 - see open_stage

    for (_, size), attachment in made.attachments.items():
        bucket, _, key = attachment["s3"].partition("/")
        wiring.s3.put_object(
            Bucket=bucket, Key=key, Body=filler(size).encode(), ContentType=attachment["content_type"]
        )


def enqueue(wiring: Wiring, made: Plan, *, rate: float | None, threads: int) -> Tally:
    """Enqueue them all, and return what is on the queues."""
    from postroad.cli.progress import counter  # noqa: PLC0415 - rich's bar takes a while to import
    from postroad.client import Outbox  # noqa: PLC0415 - see open_stage
    from postroad.load import enqueueing  # noqa: PLC0415 - as above

    streams = {kind.stream for kind in made.mix.messages}
    queues = {each: Outbox(wiring.mail.stream_queue(each), each, wiring.sqs) for each in streams}
    tally = enqueueing.Tally()
    try:
        with counter("enqueueing", total=made.count) as show:
            enqueueing.enqueue(
                made.messages(utcnow),
                queues,
                pace=enqueueing.Pace(rate, time.monotonic, time.sleep),
                threads=threads,
                tally=tally,
                show=show,
            )
    except KeyboardInterrupt as error:
        raise Problem(
            f"Interrupted: {tally.enqueued:,} messages of {made.run} are enqueued.",
            "They are sent as any others; `postroad queues` shows what waits.",
            ExitCode.INTERRUPTED,
        ) from error
    return tally


def watch(wiring: Wiring, tally: Tally, *, patience: float) -> tuple[dict[str, Any], bool]:
    """Wait until all have come to rest; return what became of them, and whether that is what was wanted.

    Gives up when nothing came to rest for `patience` seconds, and what was scheduled was due so long ago.
    """
    from postroad.cli.progress import counter  # noqa: PLC0415 - as above
    from postroad.load import watching  # noqa: PLC0415 - see open_stage

    began = time.monotonic()
    left = (tally.latest - utcnow()).total_seconds() if tally.latest else 0.0

    def until(last_change: float) -> bool:
        return time.monotonic() > max(last_change, began + left) + patience

    with counter("come to rest", total=len(tally.expected)) as show:
        found = watching.watch(
            wiring.ledger,
            tally.expected,
            under_way=UNDER_WAY,
            until=until,
            now=time.monotonic,
            pause=time.sleep,
            show=show,
        )
    report: dict[str, Any] = {
        "seconds": round(time.monotonic() - began, 1),
        "under_way": found.under_way,
        "otherwise": dict(found.otherwise.most_common()),
        "streams": {name: _stream(seen) for name, seen in sorted(found.streams.items())},
    }
    twice = _twice(wiring, tally)
    if twice is not None:
        report["sent_twice"] = twice
    return report, not found.otherwise and not twice


def _stream(seen: Seen) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 1)

    return {
        "by_status": dict(seen.by_status.most_common()),
        "sent_per_second": rounded(seen.sent_per_second),
        "waited_seconds": {
            "median": rounded(seen.waited_at(0.5)),
            "95_percent": rounded(seen.waited_at(0.95)),
            "longest": rounded(seen.waited_at(1)),
        },
    }


def _twice(wiring: Wiring, tally: Tally) -> int | None:
    """Return how many messages SES took more than once, where it can be asked: on the local stage."""
    if wiring.stage != LOCAL_STAGE:
        return None
    from postroad.local.inbox import Inbox  # noqa: PLC0415 - on the local stage alone
    from postroad.local.state import State  # noqa: PLC0415 - as above

    state = State.load()
    if state is None:
        return None
    inbox = Inbox(state.inbox)
    try:
        taken = inbox.counts().by_message_id
    finally:
        inbox.close()
    return sum(taken.get(message_id, 0) > 1 for message_id in tally.expected)


def _attachments(wiring: Wiring, mix: Mix) -> dict[tuple[str, int], dict[str, str]]:
    from postroad.contract.rules import own_prefix  # noqa: PLC0415 - see open_stage

    return {
        (kind.stream, kind.attachment_bytes): {
            "filename": _FILENAME,
            "content_type": "text/plain",
            "s3": f"{wiring.foundation.named('AttachmentsBucket')}/{own_prefix(kind.stream)}"
            f"load/{kind.attachment_bytes}.txt",
        }
        for kind in mix.messages
        if kind.attached
    }


def _topics(wiring: Wiring, mix: Mix) -> dict[str, str]:
    """Return a topic for each stream that asks for one, as far as its configuration is here: its first."""
    from postroad.cli.access import CONFIGURATION_FOLDER  # noqa: PLC0415 - see open_stage
    from postroad.load.making import DEFAULT_TOPIC  # noqa: PLC0415 - as above

    if not (CONFIGURATION_FOLDER / f"{wiring.stage}.toml").is_file():
        return {}
    streams = wiring.configuration.streams
    named = {kind.stream for kind in mix.messages}
    first: dict[str, str] = {}
    for topic in wiring.topics.values():
        first.setdefault(topic.stream, topic.name)
    asking = [each for each in named if each in streams and streams[each].unsubscribable]
    return {each: first.get(each, DEFAULT_TOPIC) for each in asking}


def _check(made: Plan, now: datetime) -> None:
    """Raise Problem for a kind whose messages the contract would refuse, before the first is enqueued."""
    from msgspec import structs  # noqa: PLC0415 - see open_stage

    from postroad.contract.ids import RANDOM_BYTES  # noqa: PLC0415 - as above
    from postroad.contract.invalid import InvalidMessage  # noqa: PLC0415 - as above
    from postroad.enqueueing.entry import make_entry  # noqa: PLC0415 - as above

    for number, kind in enumerate(made.mix.messages):
        whole = structs.replace(kind, scheduled=float(kind.scheduled > 0), attached=float(kind.attached > 0))
        sample = replace(made, mix=structs.replace(made.mix, messages=(whole,))).make(made.count, lambda: now)
        try:
            make_entry(0, sample.message, stream=kind.stream, now=now, random=bytes(RANDOM_BYTES))
        except InvalidMessage as invalid:
            raise Problem(
                f"Messages of kind {number} can't be enqueued ({invalid.reason}): "
                f"{invalid.field} {invalid.detail}.",
                "Mend that key; docs/reference/contract.md tells of each field.",
                ExitCode.REFUSED,
            ) from invalid
