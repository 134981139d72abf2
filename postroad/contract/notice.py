"""`postroad.notice.v1`: what a journey's step `notify` tells the bus."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

NOTICE_SCHEMA: Final = "postroad.notice.v1"
NOTICE: Final = "journey.notice"
"""The `detail-type` of a notice on the bus: never that of an event which begins journeys."""


class Walked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose step it was."""

    name: Annotated[str, Meta(min_length=1, description="The journey.")]
    version: Annotated[int, Meta(ge=1, description="The version that the contact is on.")]
    enrolment: Annotated[
        str,
        Meta(min_length=1, description="The walk: the same in the `journey` of its messages. No address."),
    ]


class JourneyNotice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step `notify` of one walk: the `detail` of `journey.notice`. It names no address."""

    schema: Annotated[Literal["postroad.notice.v1"], Meta(description="The version of this contract.")] = (
        NOTICE_SCHEMA
    )
    id: Annotated[
        str, Meta(min_length=1, description="The same for every copy of this notice: drop ids seen before.")
    ]
    name: Annotated[str, Meta(min_length=1, description="What the step tells, as its `notify` names it.")]
    time: Annotated[datetime, Meta(tz=True, description="When the walk came to the step.")]
    journey: Annotated[Walked, Meta(description="Whose step it was.")]
    properties: Annotated[
        dict[str, object], Meta(description="What the step's expressions gave, as they were at that time.")
    ]
