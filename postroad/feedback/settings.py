"""What the function `feedback` reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from postroad.ledger.row import LEAST_RETENTION
from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class FeedbackSettings(Settings):
    """Written by the stack, read by `wiring`.

    Rows are kept for `retention_days` after what is reported, or for as long as `retention_days_of` says of
    their status.
    """

    stage: str
    messages_table: str
    suppressions_table: str
    address_secret_arn: str
    schedule_table: str
    events_bucket: str
    soft_bounces_in_a_row: int
    soft_bounces_over_days: int
    retention_days: int = LEAST_RETENTION.days
    retention_days_of: Mapping[str, int] = field(default_factory=dict)
