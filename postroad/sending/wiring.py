"""The function `send`, put together from its environment."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from postroad.aws import Clients, client_config, when_used
from postroad.bodies.dynamodb import DynamoBodies
from postroad.circuit.breaking import StreamBreaker
from postroad.circuit.dynamodb import DynamoSwitches
from postroad.circuit.lambda_ import DispatchWaker
from postroad.clock import SystemClock
from postroad.contract.words import StreamKind
from postroad.evidence.dynamodb import DynamoWatermarks
from postroad.governor.dynamodb import DynamoSlots
from postroad.governor.governed_rate import GovernedRate
from postroad.governor.leasing import UNKNOWN_RATE, terms_of
from postroad.ledger.dynamodb import DynamoLedger
from postroad.observability import Counts, described, make_logger
from postroad.rendering.compiled import CompiledRenderer
from postroad.schedule.dynamodb import DynamoPointers
from postroad.secrets import read_secret
from postroad.sending.assembly import Parts, send_batch
from postroad.sending.canary import Canary
from postroad.sending.leaving_links import LeavingLinks
from postroad.sending.limits import limits_of
from postroad.sending.s3 import S3Attachments
from postroad.sending.ses import ses_mailer
from postroad.sending.settings import SendSettings
from postroad.sending.sqs import SqsDeadLetters, SqsPostponement
from postroad.signing.services import dynamodb_requests, secrets_requests
from postroad.suppression.address_key import address_key
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.web.secretsmanager import read_ring
from postroad.web.standing_ring import StandingRing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from postroad.caps.dynamodb import DynamoTallies
    from postroad.contacts.dynamodb import DynamoContacts
    from postroad.journeys.dynamodb_walks import DynamoWalks
    from postroad.journeys.leaving_hours import LeavingHours
    from postroad.sending.batch import SendBatch
    from postroad.sending.ports import Mailer

logger = make_logger("send")
clock = SystemClock()

TEMPLATES = Path(__file__).parents[2] / "compiled_templates"
"""Beside `postroad` in the bundle, where the build puts them."""
TOPICS = "stream_topics.json"
"""Beside the templates: the names of each stream's topics."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What one process of the function does: batches of the queue, and canaries when it is asked."""

    batch: SendBatch
    canary: Canary


@dataclass(frozen=True, slots=True)
class Services:
    """AWS's services as sending asks them; any client of boto3's will do."""

    dynamodb: DynamoDBClient
    secretsmanager: SecretsManagerClient
    s3: S3Client
    sqs: SQSClient
    lambda_: LambdaClient


@cache
def sending() -> Sending:
    """Return the use cases, made once per process."""
    settings = SendSettings.from_env()
    mailer = ses_mailer(
        connect_timeout=settings.ses_connect_timeout_seconds,
        read_timeout=settings.ses_read_timeout_seconds,
        clock=clock,
    )
    return assemble(settings, services(settings), mailer)


def services(settings: SendSettings) -> Services:
    """Return what asks AWS: leanly for each mail, and by botocore's clients for what few mails need."""
    clients = when_used(lambda: Clients(client_config(connections=settings.threads)))
    return Services(
        dynamodb=dynamodb_requests(),
        secretsmanager=secrets_requests(),
        s3=when_used(lambda: clients.client("s3")),
        sqs=when_used(lambda: clients.client("sqs")),
        lambda_=when_used(lambda: clients.client("lambda")),
    )


def assemble(settings: SendSettings, aws: Services, mailer: Mailer, templates: Path = TEMPLATES) -> Sending:
    """Put the use cases together over these settings, this mailer and these compiled templates."""
    dynamodb, s3, sqs = aws.dynamodb, aws.s3, aws.sqs
    switches = DynamoSwitches(dynamodb, settings.schedule_table)
    bodies = DynamoBodies(dynamodb, settings.bodies_table, s3=s3, bucket=settings.attachments_bucket)
    secret = read_secret(aws.secretsmanager, settings.address_secret_arn)
    rate = _rate(settings, dynamodb)
    pointers = DynamoPointers(dynamodb, settings.schedule_table)
    batch = send_batch(
        Parts(
            settings=settings,
            renderer=CompiledRenderer(templates),
            attachments=S3Attachments(s3),
            address_key=partial(address_key, secret),
            ledger=DynamoLedger(dynamodb, settings.messages_table),
            bodies=bodies,
            pointers=pointers,
            watermarks=DynamoWatermarks(dynamodb, settings.schedule_table),
            breaker=StreamBreaker(
                switches,
                settings.stream,
                wake=DispatchWaker(aws.lambda_, settings.dispatch_function, logger=logger),
            ),
            rate=rate,
            suppressions=DynamoSuppressions(dynamodb, settings.suppressions_table),
            mailer=mailer,
            dead_letters=SqsDeadLetters(
                sqs,
                settings.dead_letter_queue_url,
                bodies=bodies,
                body_retention=timedelta(days=settings.body_retention_days),
                now=clock.now,
            ),
            postponement=SqsPostponement(sqs, settings.queue_url, on_error=log_error),
            counts=Counts(settings.stage),
            clock=clock,
            new_owner=lambda: uuid4().hex,
            on_error=log_error,
            links=_links(settings, aws.secretsmanager),
            topics=stream_topics(settings, templates.with_name(TOPICS)),
            tallies=_tallies(settings, dynamodb),
            walks=when_used(lambda: _walks(settings, dynamodb, pointers)),
            contacts=when_used(lambda: _contacts(settings, dynamodb)),
            hours=when_used(lambda: leaving_hours(settings, templates.parent)),
        )
    )
    canary = Canary(
        mailer=mailer,
        rate=rate,
        clock=clock,
        limits=limits_of(settings),
        sender=settings.from_address,
        configuration_set=settings.configuration_set,
    )
    return Sending(batch, canary)


def _links(settings: SendSettings, secrets: SecretsManagerClient) -> LeavingLinks | None:
    """Return what makes the links by which recipients leave, on a stream where they can."""
    if not settings.web_url:
        return None
    ring = StandingRing(lambda: read_ring(secrets, settings.token_keys_arn), now=clock.now())
    return LeavingLinks(lambda: ring.at(clock.now()), settings.web_url)


def _tallies(settings: SendSettings, dynamodb: DynamoDBClient) -> DynamoTallies | None:
    """Return where mails are counted, on a stream with caps."""
    if not settings.caps:
        return None
    from postroad.caps.dynamodb import DynamoTallies  # noqa: PLC0415  most streams have no caps

    return DynamoTallies(dynamodb, settings.contacts_table)


def _walks(settings: SendSettings, dynamodb: DynamoDBClient, pointers: DynamoPointers) -> DynamoWalks:
    from postroad.journeys.dynamodb_walks import DynamoWalks  # noqa: PLC0415  for mails that waited alone

    return DynamoWalks(dynamodb, settings.journeys_table, pointers=pointers)


def _contacts(settings: SendSettings, dynamodb: DynamoDBClient) -> DynamoContacts:
    from postroad.contacts.dynamodb import DynamoContacts  # noqa: PLC0415  as above

    return DynamoContacts(dynamodb, settings.contacts_table)


def leaving_hours(settings: SendSettings, bundle: Path) -> LeavingHours:
    """Return when mail of journeys may leave, by the plans that the build put into `bundle`."""
    # Few mails need any of this: those of journeys that wait.
    from postroad.journeys.leaving_hours import LeavingHours  # noqa: PLC0415  as above
    from postroad.journeys.places import Home  # noqa: PLC0415  as above
    from postroad.journeys.plan import read_plans  # noqa: PLC0415  as above
    from postroad.journeys.seeing import surroundings  # noqa: PLC0415  as above
    from postroad.journeys.settings import COMPILED_JOURNEYS, read_hours  # noqa: PLC0415  as above

    around = surroundings(
        {},
        hours={settings.stream: read_hours(settings.hours)} if settings.hours else {},
        home=Home(settings.home_time_zone, settings.home_country),
    )
    return LeavingHours(read_plans((bundle / COMPILED_JOURNEYS).read_bytes()), around)


def stream_topics(settings: SendSettings, file: Path) -> tuple[str, ...]:
    """Return the topics that mail of this stream may belong to; none where none are configured."""
    if not settings.topic_required or not file.is_file():
        return ()
    return tuple(json.loads(file.read_text("utf-8")).get(settings.stream, ()))


def _rate(settings: SendSettings, dynamodb: DynamoDBClient) -> GovernedRate:
    """Return the account's rate, as far as this stream of this stage has a claim to it."""
    terms = terms_of(
        StreamKind(settings.kind),
        transactional_share=settings.transactional_share,
        rate=(settings.ses_rate_per_second or UNKNOWN_RATE) * settings.account_share,
    )
    return GovernedRate(
        DynamoSlots(dynamodb, settings.schedule_table),
        terms,
        clock=clock,
        pause=time.sleep,
        chance=random.random,
        on_righting=log_righting,
    )


def log_righting(ahead: timedelta) -> None:
    """Log that somebody's clock went wrong, or this one's."""
    logger.warning("rate was leased far ahead", extra={"seconds": round(ahead.total_seconds())})


def log_error(error: BaseException) -> None:
    """Log an error, without its text."""
    logger.error("error in a batch", extra=described(error))


def deadline(remaining_milliseconds: int) -> datetime:
    """Return when this invocation is stopped."""
    return clock.now() + timedelta(milliseconds=remaining_milliseconds)
