"""What the function `feedback` reads from its environment."""

from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class FeedbackSettings(Settings):
    """Written by the stack, read by `wiring`."""

    stage: str
    messages_table: str
    suppressions_table: str
    address_secret_arn: str
    schedule_table: str
    events_bucket: str
    soft_bounces_in_a_row: int
    soft_bounces_over_days: int
