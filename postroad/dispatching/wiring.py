"""The function `dispatch`, put together from its environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from postroad.account.ses import SesAccount
from postroad.aws import client_config
from postroad.bodies.dynamodb import DynamoBodies
from postroad.circuit.dynamodb import DynamoSwitches
from postroad.circuit.eventbridge import EventBridgeStreamBus
from postroad.circuit.lambda_ import LambdaCanaries, LambdaMappings, canary_config
from postroad.circuit.switching import Switching
from postroad.clock import SystemClock, offset
from postroad.contract.words import StreamKind
from postroad.dispatching.each_minute import EachMinute
from postroad.dispatching.settings import DispatchSettings
from postroad.evidence.dynamodb import DynamoAppliedObjects, DynamoCanaryPatience, DynamoWatermarks
from postroad.evidence.following import Following
from postroad.evidence.s3 import S3EventObjects
from postroad.evidence.sqs import SqsNotices
from postroad.evidence.tending import Evidence
from postroad.governor.allowance import Allowance
from postroad.governor.dynamodb import DynamoSlots
from postroad.governor.reading import Stage
from postroad.governor.state import lane_of
from postroad.ledger.dynamodb import DynamoLedger
from postroad.observability import Counts, described, make_logger
from postroad.schedule.auditing import Audit
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.keys import SHARDS
from postroad.schedule.sqs import SqsStreamQueue
from postroad.schedule.sweeping import Sweeping
from postroad.schedule.walks import WALKS, BodiesOfWalks, RowsOfWalks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

THREADS = 4
"""Pieces of work at once; more would hold more bodies in memory."""
ATTEMPTS = 2
"""Of what the next minute can ask as well: services that hang must leave time for what is due. A second one,
since the first may meet a connection that died while the function was frozen."""

logger = make_logger("dispatch")
clock = SystemClock()


@dataclass(frozen=True, slots=True)
class Wired:
    """The use case with the counts that it adds to."""

    each_minute: EachMinute
    counts: Counts


@cache
def dispatch() -> Wired:
    """Return the use case, made once per process."""
    settings = DispatchSettings.from_env()
    counts = Counts(settings.stage)
    config = client_config(connections=len(SHARDS) + THREADS)
    dynamodb = boto3.client("dynamodb", config=config)
    schedule = DynamoSchedule(dynamodb, settings.schedule_table)
    allowance = Allowance(
        account=SesAccount(boto3.client("sesv2", config=client_config(attempts=ATTEMPTS))),
        slots=DynamoSlots(dynamodb, settings.schedule_table),
        clock=clock,
        stage=Stage(
            share=settings.account_share, rate=settings.ses_rate_per_second, reserve=settings.quota_reserve
        ),
        lanes={stream: lane_of(StreamKind(kind)) for stream, (_, _, _, kind) in settings.streams.items()},
    )
    canaries = LambdaCanaries(
        boto3.client("lambda", config=canary_config()),
        {stream: function for stream, (_, _, function, _) in settings.streams.items()},
        logger=logger,
    )
    each_minute = EachMinute(
        streams=list(settings.streams),
        switching=Switching(
            switches=DynamoSwitches(dynamodb, settings.schedule_table),
            mappings=LambdaMappings(
                boto3.client("lambda", config=client_config(attempts=ATTEMPTS)),
                {stream: mapping for stream, (_, mapping, _, _) in settings.streams.items()},
            ),
            canaries=canaries,
            room=allowance,
            bus=EventBridgeStreamBus(
                boto3.client("events", config=client_config(attempts=ATTEMPTS)),
                settings.result_bus,
                logger=logger,
            ),
            counts=counts,
            logger=logger,
        ),
        evidence=_evidence(settings, dynamodb, canaries, counts),
        sweeping=_sweeping(settings, dynamodb, schedule),
        audit=Audit(schedule=schedule),
        allowance=allowance,
        counts=counts,
        logger=logger,
        beside={WALKS: settings.walks_per_second},
    )
    return Wired(each_minute, counts)


def run(event: Mapping[str, Any], *, remaining_milliseconds: Callable[[], int]) -> None:
    """Do what the event asks for: a minute's work, `{"time": …}`, or a look at one stream, `{"reassert": …}`.

    Raises StepsFailedError.
    """
    wired = dispatch()
    try:
        if "reassert" in event:
            wired.each_minute.reassert(event["reassert"], now=clock.now())
        else:
            # The minute comes from outside, and so it is the machine's.
            at = datetime.fromisoformat(event["time"]).astimezone(UTC) + offset()
            wired.each_minute.run(now=at, seconds_left=lambda: remaining_milliseconds() / 1000)
    finally:
        wired.counts.flush()


def log_error(error: BaseException) -> None:
    """Log an error, without its text."""
    logger.error("error while handing out", extra=described(error))


def _sweeping(settings: DispatchSettings, dynamodb: Any, schedule: DynamoSchedule) -> Sweeping:  # noqa: ANN401 - boto3's client
    sqs = boto3.client("sqs", config=client_config(connections=THREADS + 1))
    s3 = boto3.client("s3", config=client_config(connections=THREADS + 1))
    bodies = DynamoBodies(dynamodb, settings.bodies_table, s3=s3, bucket=settings.attachments_bucket)
    ledger = DynamoLedger(dynamodb, settings.messages_table)
    queues = {stream: SqsStreamQueue(sqs, queue) for stream, (queue, _, _, _) in settings.streams.items()}
    handing_out = {
        stream: HandingOut(schedule=schedule, bodies=bodies, ledger=ledger, queue=queue, on_error=log_error)
        for stream, queue in queues.items()
    }
    queues[WALKS] = SqsStreamQueue(sqs, settings.journeys_queue_url)
    handing_out[WALKS] = HandingOut(
        schedule=schedule,
        bodies=BodiesOfWalks(clock.now),
        ledger=RowsOfWalks(),
        queue=queues[WALKS],
        on_error=log_error,
    )
    return Sweeping(schedule=schedule, queues=queues, handing_out=handing_out, threads=THREADS)


def _evidence(
    settings: DispatchSettings,
    dynamodb: Any,  # noqa: ANN401 - boto3's client
    canaries: LambdaCanaries,
    counts: Counts,
) -> Evidence:
    watermarks = DynamoWatermarks(dynamodb, settings.schedule_table)
    return Evidence(
        following=Following(
            objects=S3EventObjects(
                boto3.client("s3", config=client_config(attempts=ATTEMPTS)), settings.events_bucket
            ),
            applied=DynamoAppliedObjects(dynamodb, settings.schedule_table),
            watermarks=watermarks,
        ),
        watermarks=watermarks,
        patience=DynamoCanaryPatience(dynamodb, settings.schedule_table),
        canaries=canaries,
        notices=SqsNotices(
            boto3.client("sqs", config=client_config(attempts=ATTEMPTS)),
            settings.events_queue_url,
            bucket=settings.events_bucket,
        ),
        canary_every=timedelta(minutes=settings.canary_minutes),
        counts=counts,
        logger=logger,
    )
