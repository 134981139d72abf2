"""The environment that the functions are deployed with, at an account of 1,000 mails a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.configuration.loader import parse
from postroad.dispatching.settings import DispatchSettings
from postroad.feedback.settings import FeedbackSettings
from postroad.sending.settings import SendSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.configuration.model import Configuration
    from postroad.configuration.sizing import Sizing

STREAM = "transactional"
RATE_PER_SECOND = 1_000
"""What batches and threads follow from."""
UNLIMITED = 100_000.0
"""What the governor is told instead: one process is to be measured, and not the account."""
ACCOUNT = "123456789012"
REGION = "eu-west-1"
MESSAGES, BODIES, SUPPRESSIONS, SCHEDULE = "messages", "bodies", "suppressions", "schedule"
BUCKET = "events"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{STREAM}"
SENDER = "orders@shop.example"
MAPPING = "8d6a41a5-90b4-4a5e-93b6-1d5c2a6f9b7e"
CONFIGURATION_SET = f"postroad-prod-{STREAM}"
NAIVE_IDEMPOTENCY, NAIVE_SUPPRESSIONS = "naive_idempotency", "naive_suppressions"

CONFIGURATION = f"""
[aws]
account = "{ACCOUNT}"
region = "{REGION}"
ses_rate_per_second = {RATE_PER_SECOND}

[[domains]]
name = "shop.example"

[streams.{STREAM}]
kind = "transactional"
domain = "shop.example"
from = "{SENDER}"

[recipients]
allow = ["*"]
"""


def configuration() -> Configuration:
    """Return the configuration of a stage with one stream, and everything else as it is by default."""
    return parse(CONFIGURATION, stage="prod", file="bench/deployed.py")


def sizing() -> Sizing:
    """Return the stream's copies, batches and threads, as they follow from the rate."""
    return configuration().sizing()[STREAM]


def aws_environment(url: str) -> dict[str, str]:
    """Return what AWS's SDK reads: everything is asked of `url`, with made-up credentials."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SESV2": url,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "an-example-of-forty-characters-made-up-x",
        "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2Vj" * 40,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
    }


def send_environment(threads: int | None = None) -> dict[str, str]:
    """Return the environment of the stream's `send`; `threads` instead of those deployed."""
    deployed = configuration()
    stream, timing = deployed.streams[STREAM], deployed.timing
    return SendSettings(
        stage=deployed.stage,
        stream=STREAM,
        kind=stream.kind.value,
        from_address=stream.sender,
        reply_to=stream.reply_to or "",
        configuration_set=CONFIGURATION_SET,
        topic_required=stream.unsubscribable,
        messages_table=MESSAGES,
        bodies_table=BODIES,
        suppressions_table=SUPPRESSIONS,
        attachments_bucket="attachments",
        address_secret_arn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:address",
        queue_url=QUEUE_URL,
        dead_letter_queue_url=QUEUE_URL + "-dead",
        attachment_buckets=deployed.attachments.buckets,
        attachment_max_bytes=deployed.attachments.max_bytes,
        allow=deployed.recipients.allow,
        redirect_to="",
        lease_seconds=timing.lease_seconds,
        ses_connect_timeout_seconds=timing.ses_connect_timeout_seconds,
        ses_read_timeout_seconds=timing.ses_read_timeout_seconds,
        threads=threads or sizing().threads,
        attempts_max=timing.attempts_max,
        retention_days=deployed.retention.messages_days,
        body_retention_days=deployed.retention.bodies_days,
        retry_after_seconds=timing.retry_after_seconds,
        schedule_table=SCHEDULE,
        dispatch_function="dispatch",
        unknown_outcome=stream.unknown_outcome,
        evidence_seconds=timing.evidence_seconds,
        evidence_after_crash_seconds=timing.evidence_after_crash_seconds,
        schedule_lead_seconds=timing.schedule_lead_seconds,
        ses_rate_per_second=UNLIMITED,
        account_share=deployed.account_share,
        transactional_share=deployed.governor.transactional_share,
    ).to_environment()


def feedback_environment() -> dict[str, str]:
    """Return the environment of `feedback`."""
    return FeedbackSettings(
        stage="prod",
        messages_table=MESSAGES,
        suppressions_table=SUPPRESSIONS,
        address_secret_arn="address",  # noqa: S106 - a name
        schedule_table=SCHEDULE,
        events_bucket=BUCKET,
        soft_bounces_in_a_row=5,
        soft_bounces_over_days=3,
    ).to_environment()


def dispatch_environment() -> dict[str, str]:
    """Return the environment of `dispatch`."""
    settled = configuration()
    streams: Mapping[str, tuple[str, ...]] = {STREAM: (QUEUE_URL, MAPPING, "send", STREAM)}
    return DispatchSettings(
        stage="prod",
        schedule_table=SCHEDULE,
        messages_table=MESSAGES,
        bodies_table=BODIES,
        attachments_bucket="attachments",
        events_bucket=BUCKET,
        events_queue_url=QUEUE_URL + "-events",
        result_bus="postroad",
        streams=streams,
        account_share=settled.account_share,
        ses_rate_per_second=UNLIMITED,
        canary_minutes=settled.timing.canary_minutes,
        quota_reserve=settled.governor.quota_reserve,
        journeys_queue_url=QUEUE_URL + "-journeys",
        walks_per_second=UNLIMITED,
    ).to_environment()


def naive_environment(templates: str) -> dict[str, str]:
    """Return the environment of the naive sender, whose templates lie in that folder."""
    return {
        "IDEMPOTENCY_TABLE": NAIVE_IDEMPOTENCY,
        "SUPPRESSIONS_TABLE": NAIVE_SUPPRESSIONS,
        "FROM": SENDER,
        "CONFIGURATION_SET": CONFIGURATION_SET,
        "TEMPLATES": templates,
    }
