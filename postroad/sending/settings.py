"""What the function `send` of one stream needs to know; the stacks write it, the function reads it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class SendSettings(Settings):
    """The environment of one stream's `send`.

    `allow` holds patterns of the addresses that this stage may mail (`*@ourcompany.example`, or `*`); a mail
    to anyone else is held, or goes to `redirect_to` where that is not empty. `attachment_buckets` are the
    buckets beside Postroad's own from which attachments may come. `unknown_outcome` is `evidence` or `hold`.
    `evidence_seconds` must lie between a claim and the watermark before silence proves anything, and
    `evidence_after_crash_seconds` between the end of a crashed owner's lease and the watermark.
    `ses_rate_per_second` is the whole account's, or 0 where SES is asked for it; `account_share` of it is
    this stage's, and `transactional_share` of the stage's rate goes to transactional streams first.
    Where recipients can leave, `web_url` is where the pages for it are, and `token_keys_arn` the ring that
    signs the links to them; elsewhere both are empty. `unsubscribe_mailbox` is an address to which they may
    write instead, or empty. `retention_days_of` are those of statuses whose rows are not kept for
    `retention_days`. `caps` are those of each category, such as `marketing.per_day`; none on a stream whose
    mail can't be left. `hours` is when mail of journeys may leave by this stream (`written_hours`), or empty;
    `home_time_zone` and `home_country` are taken for contacts of whom neither is known.
    """

    stage: str
    stream: str
    kind: str
    from_address: str
    reply_to: str
    configuration_set: str
    topic_required: bool
    messages_table: str
    bodies_table: str
    suppressions_table: str
    attachments_bucket: str
    address_secret_arn: str
    queue_url: str
    dead_letter_queue_url: str
    attachment_buckets: tuple[str, ...]
    attachment_max_bytes: int
    allow: tuple[str, ...]
    redirect_to: str
    lease_seconds: int
    ses_connect_timeout_seconds: float
    ses_read_timeout_seconds: float
    threads: int
    attempts_max: int
    retention_days: int
    body_retention_days: int
    retry_after_seconds: int
    schedule_table: str
    dispatch_function: str
    unknown_outcome: str
    evidence_seconds: int
    evidence_after_crash_seconds: int
    schedule_lead_seconds: int
    ses_rate_per_second: float
    account_share: float
    transactional_share: float
    web_url: str = ""
    token_keys_arn: str = ""
    retention_days_of: Mapping[str, int] = field(default_factory=dict)
    unsubscribe_mailbox: str = ""
    contacts_table: str = ""
    journeys_table: str = ""
    hours: str = ""
    home_time_zone: str = "UTC"
    home_country: str = ""
    caps: Mapping[str, int] = field(default_factory=dict)
