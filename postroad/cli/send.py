"""`postroad send`: enqueue one message, as an application would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli import composing
from postroad.cli.options import JsonOption, StageOption, open_stage, stream_option, template_option
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.client import Receipt

EXAMPLES = (
    "postroad send --template welcome --to ana.ruiz@example.com --example",
    "postroad send --template invoice --to ana.ruiz@example.com --data data.json --attach invoice.pdf --wait",
    "cat order.json | postroad --stage prod send --template order_confirmation --to ana@example.com --data -",
    "postroad send --message message.json",
)
DEFAULT_STREAM = "transactional"
MOST_BYTES = 10_000_000
"""Of all attachments together, where no configuration says otherwise: its default."""
IN_ITS_OWN_WORDS = ("template", "to", "data", "example", "name", "locale", "topic", "reply_to", "tag")
"""Options that a whole message has no need of."""


def send(
    context: typer.Context,
    *,
    template: Annotated[
        str | None,
        template_option("A folder of templates/."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="The recipient's address.", show_default=False)
    ] = None,
    stream: Annotated[
        str | None,
        stream_option(f"The stream to enqueue to; else that of --message, else {DEFAULT_STREAM}."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", help="A JSON file with what the template shows; `-` reads standard input."),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Show the template's own example, with its file if it has one.")
    ] = False,
    attach: Annotated[
        list[str] | None, typer.Option("--attach", help="A file to attach; may be repeated.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The recipient's name.")] = None,
    locale: Annotated[str | None, typer.Option("--locale", help="Their locale, like es-CO.")] = None,
    topic: Annotated[
        str | None, typer.Option("--topic", help="What it belongs to; required where one can unsubscribe.")
    ] = None,
    reply_to: Annotated[str | None, typer.Option("--reply-to", help="Where answers go.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag, like order=1042; may be repeated.")
    ] = None,
    message: Annotated[
        str | None,
        typer.Option(
            "--message",
            help="A JSON file with a whole message, instead of all that; `-` reads standard input.",
            show_default=False,
        ),
    ] = None,
    message_id: Annotated[
        str | None,
        typer.Option("--message-id", help="Its id; the same id with the same content is sent once."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for what becomes of it, and show its record.")
    ] = False,
    wait_seconds: Annotated[
        int, typer.Option("--wait-seconds", min=1, help="The longest that --wait waits.")
    ] = 120,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enqueue one message. Whether it is sent is decided when its turn comes: `postroad why` tells.

    With --wait it ends with 0 if the mail was delivered, 1 if it is still under way, 4 if it won't arrive.
    """
    files = [composing.local_file(path) for path in attach or ()]
    composed: dict[str, Any]
    if message is not None:
        _refuse_words(context)
        composed = composing.read_message(message, message_id=message_id)
    else:
        if template is None or to is None:
            raise Problem(
                f"{'--template' if template is None else '--to'} is missing.",
                f"For example: {EXAMPLES[0]}",
                ExitCode.USAGE,
            )
        shown, of_example = _data(template, data, example=example)
        files = [*of_example, *files]
        composed = composing.compose(
            template=template,
            to=to,
            name=name,
            data=shown,
            tags=composing.read_tags(tag or ()),
            message_id=message_id,
            locale=locale,
            topic=topic,
            reply_to=reply_to,
        )
    wiring = open_stage(context, stage)
    receipt = _enqueue(wiring, composed, stream or _stream_of(composed), files)
    if wait:
        _wait(wiring, receipt, wait_seconds, as_json=as_json)
    else:
        _tell(wiring, receipt, as_json=as_json)


def _refuse_words(context: typer.Context) -> None:
    """Refuse what a whole message says itself."""
    given = [word for word in IN_ITS_OWN_WORDS if context.params.get(word)]
    if given:
        options = ", ".join(f"--{word.replace('_', '-')}" for word in given)
        raise Problem(
            f"--message takes a whole message, and {options} would change it.",
            "Write it into the message, or leave --message out.",
            ExitCode.USAGE,
        )


def _data(
    template: str, source: str | None, *, example: bool
) -> tuple[dict[str, Any], list[composing.LocalFile]]:
    if not example:
        return composing.read_data(source), []
    if source is not None:
        raise Problem("--example and --data both say what to show.", "Leave one out.", ExitCode.USAGE)
    return composing.read_example(template)


def _stream_of(message: dict[str, Any]) -> str:
    named = message.get("stream")
    return named if isinstance(named, str) else DEFAULT_STREAM


def _enqueue(
    wiring: Wiring, message: dict[str, Any], stream: str, files: list[composing.LocalFile]
) -> Receipt:
    """Check the message, put its files where `send` finds them, and then enqueue it."""
    from postroad.client import InvalidMessage, NotEnqueued, Outbox  # noqa: PLC0415 - see open_stage

    _check_topic(wiring, message, stream)
    outbox = Outbox(wiring.mail.stream_queue(stream), stream, wiring.sqs, now=utcnow)
    try:
        if files:
            message = _attach(wiring, message, stream, files)
        return outbox.enqueue(message)
    except InvalidMessage as invalid:
        raise Problem(
            f"The message is not enqueued ({invalid.reason}): {invalid.field} {invalid.detail}.",
            "Mend that field; docs/reference/contract.md tells of each.",
            ExitCode.REFUSED,
        ) from invalid
    except NotEnqueued as error:
        (missing,) = error.not_sent
        raise Problem(
            f"The message is not enqueued: {missing.why}.",
            f"Repeat the command with --message-id {missing.message_id}: what SQS has already is sent once.",
        ) from error


def _check_topic(wiring: Wiring, message: dict[str, Any], stream: str) -> None:
    """Refuse what `send` would: no topic, or none of the stream's, where its topics are known here."""
    from postroad.configuration.problems import did_you_mean  # noqa: PLC0415 - see open_stage

    topic = message.get("topic")
    known = [each.name for each in wiring.topics.values() if each.stream == stream]
    if topic is None and known:
        raise Problem(
            f"The message is not enqueued (topic): it names none, and mail of {stream} is left by its topic.",
            f"Give --topic: {', '.join(known)}.",
            ExitCode.REFUSED,
        )
    if isinstance(topic, str) and known and topic not in known:
        raise Problem(
            f"The message is not enqueued (topic): '{topic}' is no topic of {stream} "
            f"({did_you_mean(topic, known)}).",
            "A new topic is written into config/topics.toml and deployed before its first mail.",
            ExitCode.REFUSED,
        )


def _attach(
    wiring: Wiring, message: dict[str, Any], stream: str, files: list[composing.LocalFile]
) -> dict[str, Any]:
    """Put the files into the bucket and return the message that names them; both are checked before."""
    from postroad.cli.access import CONFIGURATION_FOLDER  # noqa: PLC0415 - as above
    from postroad.cli.attaching import put_files, read_files  # noqa: PLC0415 - see open_stage

    configured = (CONFIGURATION_FOLDER / f"{wiring.stage}.toml").is_file()
    most_bytes = wiring.configuration.attachments.max_bytes if configured else MOST_BYTES
    _check(message, stream)
    uploads = read_files(files, stream=stream, most_bytes=most_bytes)
    bucket = wiring.foundation.named("AttachmentsBucket")
    attachments = [*(message.get("attachments") or ()), *(each.attachment(bucket) for each in uploads)]
    message = message | {"attachments": attachments}
    _check(message, stream)
    put_files(wiring.s3, bucket, uploads)
    return message


def _check(message: dict[str, Any], stream: str) -> None:
    """Raise InvalidMessage for what the outbox would refuse."""
    from postroad.contract.ids import RANDOM_BYTES  # noqa: PLC0415 - see open_stage
    from postroad.enqueueing.entry import make_entry  # noqa: PLC0415 - as above

    make_entry(0, message, stream=stream, now=utcnow(), random=bytes(RANDOM_BYTES))


def _tell(wiring: Wiring, receipt: Receipt, *, as_json: bool) -> None:
    next_step, inbox = _why(wiring.stage, receipt.message_id), _inbox(wiring)
    if as_json:
        print_json(
            {
                "message_id": receipt.message_id,
                "sqs_message_id": receipt.sqs_message_id,
                "next": next_step,
                "inbox": inbox,
            }
        )
    else:
        print_lines([receipt.message_id, f"    next: {next_step}"])
        if inbox:
            print_lines([f"    inbox: {inbox}"])


def _wait(wiring: Wiring, receipt: Receipt, seconds: float, *, as_json: bool) -> None:
    from postroad.cli import waiting  # noqa: PLC0415 - only where somebody waits
    from postroad.explaining import decision_record as record  # noqa: PLC0415 - as above

    row = waiting.wait_for_end(wiring.ledger, receipt.message_id, seconds=seconds)
    now = utcnow()
    if as_json:
        suppression = wiring.suppression(row.address_key) if row and row.address_key else None
        known = record.record(row, suppression, now=now) if row else {"message_id": receipt.message_id}
        print_json({**known, "sqs_message_id": receipt.sqs_message_id, "inbox": _inbox(wiring)})
    else:
        if row is None:
            print_lines([f"{receipt.message_id} still waits on its queue."])
        else:
            print_lines(record.record_lines(row, now=now))
        if inbox := _inbox(wiring):
            print_lines([f"    inbox: {inbox}"])
    code = waiting.exit_code(row)
    if code is ExitCode.FAILED and not as_json:
        print_lines(
            [f"It is still under way after {seconds:.0f} s. {_why(wiring.stage, receipt.message_id)}"]
        )
    if code is not ExitCode.OK:
        raise typer.Exit(code)


def _why(stage: str, message_id: str) -> str:
    return (
        f"postroad why {message_id}" if stage == LOCAL_STAGE else f"postroad --stage {stage} why {message_id}"
    )


def _inbox(wiring: Wiring) -> str | None:
    """Return where the local stage's mails are shown."""
    if wiring.stage != LOCAL_STAGE:
        return None
    from postroad.local.state import State  # noqa: PLC0415 - on the local stage alone

    state = State.load()
    return state.inbox if state else None
