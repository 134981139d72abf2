"""`postroad.stream.v1`: a stream was stopped, or runs again. The result bus carries it beside results."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

STREAM_SCHEMA: Final = "postroad.stream.v1"
STOPPED = "stream.stopped"
RESUMED = "stream.resumed"


class StreamEvent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One turn of a stream's switch: the `detail` of `stream.stopped` and `stream.resumed`."""

    schema: Annotated[Literal["postroad.stream.v1"], Meta(description="The version of this contract.")] = (
        STREAM_SCHEMA
    )
    id: Annotated[
        str, Meta(min_length=1, description="The same for every copy of this event: drop ids seen before.")
    ]
    stream: Annotated[str, Meta(min_length=1, description="The stream.")]
    flow: Annotated[
        Literal["running", "paused", "open"],
        Meta(
            description="What stands since then: `paused` by an operator, `open` by the stream's circuit "
            "because SES takes no mail, or `running`."
        ),
    ]
    why: Annotated[
        str,
        Meta(
            description="Why it was stopped: a word where its circuit did it, an operator's note otherwise. "
            "Empty if it runs. Later versions add words, so accept those that you do not know.",
            examples=["quota_exhausted", "sending_paused", "access_denied", "a wrong price in the template"],
        ),
    ]
    by: Annotated[
        str,
        Meta(
            min_length=1,
            description="Who did it: `circuit`, or an operator.",
            examples=["circuit", "operator:ana"],
        ),
    ]
    at: Annotated[datetime, Meta(tz=True, description="When it was done.")]


def stream_detail_type(event: StreamEvent) -> str:
    """Name the EventBridge event: its `detail-type`."""
    return RESUMED if event.flow == "running" else STOPPED
