"""What the function `intake` needs to know; the stacks write it, the function reads it back."""

from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class IntakeSettings(Settings):
    """The environment of `intake`: the queue of journeys."""

    stage: str
    queue_url: str
