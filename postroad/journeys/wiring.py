"""The function `journeys`, put together from its environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.activity.declared import DECLARED_EVENTS, read_declared
from postroad.activity.dynamodb import DynamoActivity
from postroad.aws import Clients, client_config
from postroad.clock import SystemClock
from postroad.contacts.dynamodb import DynamoContacts
from postroad.contract.words import StreamKind
from postroad.journeys.date_triggers import DateTriggers
from postroad.journeys.doing import Deeds
from postroad.journeys.dynamodb_dates import DynamoDates
from postroad.journeys.dynamodb_directory import DynamoDirectory
from postroad.journeys.dynamodb_pauses import DynamoPauses
from postroad.journeys.dynamodb_people import DynamoPeople
from postroad.journeys.dynamodb_walks import DynamoWalks
from postroad.journeys.following import Following
from postroad.journeys.hearing import Hearing
from postroad.journeys.places import Home
from postroad.journeys.plan import read_plans
from postroad.journeys.running import Engine, Plans
from postroad.journeys.seeing import surroundings
from postroad.journeys.settings import COMPILED_JOURNEYS, JourneysSettings, read_hours
from postroad.journeys.sqs import BusOutlet, SqsOutlet
from postroad.journeys.sqs_dead_letters import SqsDeadLetters
from postroad.observability import make_logger
from postroad.schedule.dynamodb import DynamoPointers
from postroad.secrets import read_secret
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.journeys.enrolment import Enrolment

logger = make_logger("journeys")
clock = SystemClock()

BUNDLE = Path(__file__).parents[2]
"""Where the build puts what it made for this function: beside `postroad`."""


def hearing() -> Hearing:
    """Return what takes batches of the queue, made once per process."""
    return _all().hearing


def following() -> Following:
    """Return what follows dates of contacts, made once per process."""
    return _all().following


@cache
def _all() -> Wired:
    settings = JourneysSettings.from_env()
    return wired(settings, Clients(client_config(connections=settings.threads)), BUNDLE)


@dataclass(frozen=True, slots=True)
class Wired:
    """What the function does: batches of its queue, and changes of contacts, who may have dates."""

    hearing: Hearing
    dates: Callable[[Engine], DateTriggers]
    engine: Callable[[], Engine]
    following: Following


def wired(settings: JourneysSettings, clients: Clients, bundle: Path) -> Wired:
    """Put the use cases together over these settings and clients, and what the build put into `bundle`."""
    plans = Plans(read_plans((bundle / COMPILED_JOURNEYS).read_bytes()))
    declared = read_declared((bundle / DECLARED_EVENTS).read_text("utf-8"))
    dynamodb, sqs = clients.client("dynamodb"), clients.client("sqs")
    lead = timedelta(seconds=settings.schedule_lead_seconds)
    pointers = DynamoPointers(dynamodb, settings.schedule_table)
    pauses = DynamoPauses(dynamodb, settings.journeys_table)
    walks = DynamoWalks(dynamodb, settings.journeys_table, pointers=pointers, lead=lead)
    dates = DynamoDates(dynamodb, settings.journeys_table, pointers=pointers, lead=lead)
    people = DynamoPeople(
        dynamodb,
        contacts=settings.contacts_table,
        suppressions=settings.suppressions_table,
        messages=settings.messages_table,
        around=surroundings(
            {stream: StreamKind(kind) for stream, (_, kind) in settings.streams.items()},
            hours={stream: read_hours(text) for stream, text in settings.hours.items()},
            home=Home(settings.home_time_zone, settings.home_country),
        ),
    )
    doing = Deeds(
        queues={stream: SqsOutlet(sqs, url) for stream, (url, _) in settings.streams.items()},
        contacts=DynamoContacts(dynamodb, settings.contacts_table),
        bus=BusOutlet(clients.when_used("events"), settings.result_bus),
        on_refused=log_refused,
    )

    def engine() -> Engine:
        return Engine(plans=plans.pausing(pauses.paused()), walks=walks, people=people, doing=doing)

    def triggers(engine: Engine) -> DateTriggers:
        return DateTriggers(plans=plans, engine=engine, people=people, dates=dates)

    secret = read_secret(clients.client("secretsmanager"), settings.address_secret_arn)
    return Wired(
        hearing=Hearing(
            activity=DynamoActivity(dynamodb, settings.contacts_table, declared=declared),
            declared=declared,
            engine=engine,
            dead_letters=SqsDeadLetters(sqs, settings.dead_letter_queue_url),
            address_key=partial(address_key, secret),
            clock=clock,
            dates=triggers,
            logger=logger,
            threads=settings.threads,
        ),
        dates=triggers,
        engine=engine,
        following=Following(
            plans=plans.all(),
            triggers=lambda: triggers(engine()),
            directory=DynamoDirectory(
                dynamodb, contacts=settings.contacts_table, journeys=settings.journeys_table
            ),
        ),
    )


def log_refused(walk: Enrolment, why: str) -> None:
    """Log that something which a walk decided can never be done."""
    logger.error(
        "can't be done, and is left out",
        extra={"journey": walk.journey, "enrolment": walk.enrolment_id, "why": why},
    )
