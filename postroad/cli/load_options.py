"""The options of `postroad load`: how many, at which rate, of which mix."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from postroad.cli.options import stream_option, template_option

DEFAULT_COUNT = 100
MOST = 1_000_000
LONGEST = 7 * 86_400

CountOption = Annotated[
    int | None,
    typer.Option(
        "--count",
        min=1,
        max=MOST,
        help=f"How many messages; {DEFAULT_COUNT} if --seconds isn't given either.",
        show_default=False,
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate", min=0.01, max=MOST, help="How many a second; else as fast as the queue takes them."
    ),
]
SecondsOption = Annotated[
    float | None,
    typer.Option("--seconds", min=0.1, max=LONGEST, help="How long at --rate, instead of --count."),
]
MixOption = Annotated[
    Path | None,
    typer.Option(
        "--mix", help="A TOML file with kinds of messages, instead of the options that describe one."
    ),
]
StreamOption = Annotated[str | None, stream_option("Their stream; else transactional.")]
TemplateOption = Annotated[
    str | None, template_option("A folder of templates/, shown with its example; else plain text.")
]
LocaleOption = Annotated[list[str] | None, typer.Option("--locale", help="A locale; several take turns.")]
TopicOption = Annotated[
    str | None,
    typer.Option("--topic", help="Their topic; else the stream's first, where it asks for one."),
]
BytesOption = Annotated[
    int | None,
    typer.Option("--bytes", min=0, help="Bytes of text, or of data beside the example."),
]
BouncesOption = Annotated[
    float | None, typer.Option("--bounces", min=0, max=1, help="The share that bounces hard.")
]
ComplaintsOption = Annotated[
    float | None, typer.Option("--complaints", min=0, max=1, help="The share that complains.")
]
ScheduledOption = Annotated[
    float | None, typer.Option("--scheduled", min=0, max=1, help="The share for a later time.")
]
ScheduledSecondsOption = Annotated[
    float | None, typer.Option("--scheduled-seconds", min=1, help="How much later at most; else 120.")
]
DuplicatesOption = Annotated[
    float | None, typer.Option("--duplicates", min=0, max=1, help="The share that is enqueued twice.")
]
AttachedOption = Annotated[
    float | None, typer.Option("--attached", min=0, max=1, help="The share with a file attached.")
]
AttachmentBytesOption = Annotated[
    int | None, typer.Option("--attachment-bytes", min=1, help="How large that file is; else 20,000.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, max=10, help="Requests to SQS at once.")]
WatchOption = Annotated[bool, typer.Option("--watch", help="Wait for what becomes of them, and count it.")]
WatchSecondsOption = Annotated[
    int, typer.Option("--watch-seconds", min=1, help="Give up when nothing has changed for so long.")
]
