"""The function `send`, put together from its environment."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3

from postroad.aws import client_config
from postroad.bodies.dynamodb import DynamoBodies
from postroad.clock import SystemClock
from postroad.contract.words import StreamKind
from postroad.ledger.dynamodb import DynamoLedger
from postroad.observability import Counts, described, make_logger
from postroad.rendering.compiled import CompiledRenderer
from postroad.secrets import read_secret
from postroad.sending.batch import SendBatch
from postroad.sending.delivery import Delivery, Limits
from postroad.sending.preparing import Preparation
from postroad.sending.refusing import RefusalDesk
from postroad.sending.s3 import S3Attachments
from postroad.sending.ses import SesMailer, ses_config
from postroad.sending.settings import SendSettings
from postroad.sending.sqs import SqsDeadLetters, SqsPostponement
from postroad.suppression.address_key import address_key
from postroad.suppression.dynamodb import DynamoSuppressions

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

logger = make_logger("send")
clock = SystemClock()

TEMPLATES = Path(__file__).parents[2] / "compiled_templates"
"""Beside `postroad` in the bundle, where the build puts them."""


@cache
def sending() -> SendBatch:
    """Return the use case, made once per process."""
    settings = SendSettings.from_env()
    return assemble(settings, ses_client(settings))


def ses_client(settings: SendSettings) -> SESV2Client:
    """Return a client that never repeats a request."""
    config = ses_config(
        connect_timeout=settings.ses_connect_timeout_seconds,
        read_timeout=settings.ses_read_timeout_seconds,
        threads=settings.threads,
    )
    return boto3.client("sesv2", config=config)


def assemble(settings: SendSettings, ses: SESV2Client, templates: Path = TEMPLATES) -> SendBatch:
    """Put the use case together over these settings, this SES and these compiled templates."""
    config = client_config(connections=settings.threads)
    dynamodb = boto3.client("dynamodb", config=config)
    s3 = boto3.client("s3", config=config)
    sqs = boto3.client("sqs", config=config)
    bodies = DynamoBodies(dynamodb, settings.bodies_table, s3=s3, bucket=settings.attachments_bucket)
    ledger = DynamoLedger(dynamodb, settings.messages_table)
    secret = read_secret(boto3.client("secretsmanager", config=config), settings.address_secret_arn)
    dead_letters = SqsDeadLetters(
        sqs,
        settings.dead_letter_queue_url,
        bodies=bodies,
        body_retention=timedelta(days=settings.body_retention_days),
        now=clock.now,
    )
    retention = timedelta(days=settings.retention_days)
    return SendBatch(
        preparation=Preparation(
            settings=settings,
            renderer=CompiledRenderer(templates),
            attachments=S3Attachments(s3),
            address_key=partial(address_key, secret),
        ),
        suppressions=DynamoSuppressions(dynamodb, settings.suppressions_table),
        delivery=Delivery(
            ledger=ledger, bodies=bodies, mailer=SesMailer(ses), clock=clock, limits=limits_of(settings)
        ),
        desk=RefusalDesk(
            ledger=ledger, dead_letters=dead_letters, stream=settings.stream, retention=retention
        ),
        postponement=SqsPostponement(sqs, settings.queue_url, on_error=log_error),
        counts=Counts(settings.stage),
        clock=clock,
        new_owner=lambda: uuid4().hex,
        stream=settings.stream,
        threads=settings.threads,
        attempts_max=settings.attempts_max,
        on_error=log_error,
    )


def limits_of(settings: SendSettings) -> Limits:
    """Return what bounds a delivery in time.

    A request may take the time to connect, then the time until an answer, and a little for what is around it.
    """
    request = settings.ses_connect_timeout_seconds + settings.ses_read_timeout_seconds + 1
    return Limits(
        kind=StreamKind(settings.kind),
        stream=settings.stream,
        lease=timedelta(seconds=settings.lease_seconds),
        request=timedelta(seconds=request),
        retention=timedelta(days=settings.retention_days),
        body_retention=timedelta(days=settings.body_retention_days),
        pause=timedelta(seconds=settings.retry_after_seconds),
    )


def log_error(error: BaseException) -> None:
    """Log an error, without its text."""
    logger.error("error in a batch", extra=described(error))


def deadline(remaining_milliseconds: int) -> datetime:
    """Return when this invocation is stopped."""
    return clock.now() + timedelta(milliseconds=remaining_milliseconds)
