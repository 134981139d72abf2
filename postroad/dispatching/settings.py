"""What the function `dispatch` reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class DispatchSettings(Settings):
    """Written by the stack, read by `wiring`.

    `streams` maps each stream to its queue's URL, its event source mapping's id, its send function's name and
    its kind. `ses_rate_per_second` is the whole account's, or 0 where SES alone knows it; `account_share` of
    it and of the daily quota are this stage's, and `quota_reserve` of its quota transactional streams' alone.
    The function `journeys` takes `walks_per_second` from its queue.
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
    quota_reserve: float
    canary_minutes: int
    journeys_queue_url: str
    walks_per_second: float
