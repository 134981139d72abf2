"""`postroad send`: enqueue one message, as an application would."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXAMPLES = (
    "postroad send --template order_confirmation --to ana.ruiz@example.com --data order.json",
    "cat order.json | postroad --stage prod send --template order_confirmation --to ana@example.com --data -",
)


def send(
    context: typer.Context,
    *,
    template: Annotated[str, typer.Option("--template", help="A folder of templates/.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="The recipient's address.", show_default=False)],
    stream: Annotated[str, typer.Option("--stream", help="The stream to enqueue to.")] = "transactional",
    data: Annotated[
        str | None,
        typer.Option("--data", help="A JSON file with what the template shows; `-` reads standard input."),
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
    message_id: Annotated[
        str | None,
        typer.Option("--message-id", help="Its id; the same id with the same content is sent once."),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enqueue one message. Whether it is sent is decided when its turn comes: `postroad why` tells."""
    message = compose(
        template=template,
        to=to,
        name=name,
        data=read_data(data),
        tags=read_tags(tag or ()),
        message_id=message_id,
        locale=locale,
        topic=topic,
        reply_to=reply_to,
    )
    from postroad.client import InvalidMessage, NotEnqueued, Outbox  # noqa: PLC0415 - see open_stage

    wiring = open_stage(context, stage)
    outbox = Outbox(wiring.mail.stream_queue(stream), stream, wiring.sqs)
    try:
        receipt = outbox.enqueue(message)
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
    next_step = _why(wiring.stage, receipt.message_id)
    if as_json:
        print_json(
            {"message_id": receipt.message_id, "sqs_message_id": receipt.sqs_message_id, "next": next_step}
        )
    else:
        print_lines([receipt.message_id, f"    next: {next_step}"])


def compose(
    *, template: str, to: str, name: str | None, data: Mapping[str, Any], tags: Mapping[str, str],
    **others: str | None,
) -> dict[str, object]:  # fmt: skip
    """Return the fields of postroad.message.v1; what was not given is left out."""
    recipient = {"email": to} if name is None else {"email": to, "name": name}
    message: dict[str, object] = {"template": template, "to": recipient, "data": data}
    if tags:
        message["tags"] = tags
    return message | {field: value for field, value in others.items() if value is not None}


def read_data(source: str | None) -> dict[str, Any]:
    """Return the JSON object in a file, or on standard input for `-`; an empty one if nothing is named."""
    if source is None:
        return {}
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        value = json.loads(text)
    except OSError as error:
        raise Problem(
            f"{source} can't be read: {error.strerror}.", "Name a JSON file, or `-`.", ExitCode.USAGE
        ) from error
    except (ValueError, RecursionError) as error:
        raise Problem(
            f"{source} is no JSON in UTF-8: {error}.", "Mend it; `python -m json.tool` helps.", ExitCode.USAGE
        ) from error
    if not isinstance(value, dict):
        raise Problem(
            f"{source} holds no JSON object.",
            'Write what the template shows as {"name": value, …}.',
            ExitCode.USAGE,
        )
    return value


def read_tags(given: Sequence[str]) -> dict[str, str]:
    """Return tags written as `name=value`."""
    tags: dict[str, str] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise Problem(f"{each!r} is no tag.", "Write it as name=value.", ExitCode.USAGE)
        tags[name] = value
    return tags


def _why(stage: str, message_id: str) -> str:
    return (
        f"postroad why {message_id}" if stage == LOCAL_STAGE else f"postroad --stage {stage} why {message_id}"
    )
