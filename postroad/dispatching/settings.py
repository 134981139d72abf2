"""What the function `dispatch` reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class DispatchSettings(Settings):
    """Written by the stack, read by `wiring`.

    `streams` maps each stream to its queue's URL, its event source mapping's id and its send function's name.
    `ses_rate_per_second` is 0 where SES is to be asked.
    """

    stage: str
    schedule_table: str
    messages_table: str
    bodies_table: str
    attachments_bucket: str
    events_bucket: str
    events_queue_url: str
    result_bus: str
    streams: Mapping[str, tuple[str, ...]]
    account_share: float
    ses_rate_per_second: float
    canary_minutes: int
