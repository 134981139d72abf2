"""`postroad.result.v1`: what the result bus carries. It holds no address."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from postroad.contract.words import Reason, Status

RESULT_SCHEMA: Final = "postroad.result.v1"
RESULT_SOURCE = "postroad"


class Result(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One transition of a message's status: the `detail` of an EventBridge event `message.<status>`."""

    schema: Annotated[Literal["postroad.result.v1"], Meta(description="The version of this contract.")] = (
        RESULT_SCHEMA
    )
    id: Annotated[
        str, Meta(min_length=1, description="The same for every copy of this result: drop ids seen before.")
    ]
    message_id: Annotated[str, Meta(min_length=1, description="The producer's id of the message.")]
    stream: Annotated[str, Meta(description="The message's stream.")]
    template: Annotated[
        str | None, Meta(description="Absent or null for a message with its own content.")
    ] = None
    status: Status
    reason: Annotated[
        str | None,
        Meta(
            description="Why. Later versions add words, so accept those that you do not know.",
            examples=[reason.value for reason in Reason],
        ),
    ] = None
    ses_message_id: Annotated[
        str | None, Meta(description="SES's id of the last attempt, if one was made.")
    ] = None
    at: Annotated[datetime, Meta(tz=True, description="When the status came about.")]
    tags: Annotated[dict[str, str], Meta(description="The producer's tags, as given.")] = field(
        default_factory=dict
    )


def detail_type(status: Status) -> str:
    """Name the EventBridge event: its `detail-type`."""
    return f"message.{status}"
