"""Measures journeys: enrolments and steps a second, AWS calls for a step, and how long a simulation takes.

    python -m bench.journeys 1000 10000 100000

prints a line of JSON for each number of contacts. Each of them begins a journey by an event, and goes on when
its second mail is due, all of them in one minute. Engine, adapters and boto3's clients are the real ones, put
together as the function `journeys` does; only what a client does to put a request on the wire is left out, as
in `bench.counted`. So the rates are of one process on one core, with tables that answer at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import botocore.client

from bench import deployed
from bench.counted import OTHERS, Direct
from bench.stub.dynamodb import DynamoDB
from postroad.activity.declared import DECLARED_EVENTS, declared_text
from postroad.activity.event import Event
from postroad.activity.item import activity_item
from postroad.activity.noting import Activity
from postroad.aws import Clients, client_config
from postroad.configuration import load
from postroad.configuration.events import read_events
from postroad.contacts.item import profile_item
from postroad.contacts.model import ConsentStatus, Contact, TopicStanding
from postroad.contract.words import StreamKind
from postroad.journey_files.building import read_drafts
from postroad.journey_files.compiling import compile_journey
from postroad.journey_files.rules import World
from postroad.journey_files.world import world_of
from postroad.journeys.plan import write_plans
from postroad.journeys.running import Plans
from postroad.journeys.seeing import surroundings
from postroad.journeys.settings import COMPILED_JOURNEYS, JourneysSettings
from postroad.journeys.simulating import Simulation
from postroad.journeys.wiring import wired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from postroad.journeys.plan import Plan
    from postroad.journeys.running import Engine

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 10_000, 100_000)
BATCH = 10
"""Records of one invocation: for each the pauses are read once."""
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DAYS, CONTACTS = 60, 1_000
STREAM, TOPIC = "marketing", "product_updates"
ZONES = ("Europe/Madrid", "America/Bogota", "Asia/Shanghai", "Europe/Amsterdam", "America/New_York")
LOCALES = ("es-ES", "es-CO", "zh-Hans-CN", "nl-NL", "en-US")
JOURNEY = f"""
version: 1
description: Two mails, a day apart.
stream: {STREAM}
topic: {TOPIC}
trigger:
  event: contact.subscribed
entry: {{rule: once}}
steps:
  - id: first
    send: newcomer_hello
    data: {{name: contact.name}}
  - wait: 1 day
  - id: second
    send: newcomer_guide
    data: {{name: contact.name}}
"""
_WORLD = World(
    unsubscribable={STREAM: True},
    stream_of_topic={TOPIC: STREAM},
    templates=frozenset(("newcomer_hello", "newcomer_guide")),
)


SECRETS = {"secretsmanager.GetSecretValue": lambda _: {"SecretString": "s" * 64}}


class CountError(Exception):
    """Something was left, or done twice."""


def measure_journeys(tell: Callable[[str], None], *, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Return rates of the largest number of contacts, the calls of each, and the seconds of a simulation."""
    found = {size: _counted(size) for size in sizes}
    for size, each in found.items():
        tell(f"journeys, {size:,} contacts: {each['calls_per_step']:.4f} calls for a step")
    largest = found[max(sizes)]
    seconds, mails = simulate()
    tell(f"{CONTACTS:,} contacts simulated for {DAYS} days: {mails:,} mails in {seconds:.1f} s")
    return {
        "enrolled_per_second": largest["enrolled_per_second"],
        "steps_per_second": largest["steps_per_second"],
        "calls_per_step": {str(size): each["calls_per_step"] for size, each in found.items()},
        "calls_per_enrolment": {str(size): each["calls_per_enrolment"] for size, each in found.items()},
        "calls": {str(size): each["calls"] for size, each in found.items()},
        "simulate_60_days_1000_contacts_s": seconds,
        "simulated_mails": mails,
    }


def count(contacts: int) -> dict[str, Any]:
    """Enrol so many contacts, and let each take a step; return rates and calls."""
    dynamodb = DynamoDB()
    dynamodb.load("contacts", _items(contacts))
    direct = Direct(dynamodb, OTHERS | SECRETS)
    plan = compile_journey(JOURNEY, name="greeting", file="greeting.yaml", world=_WORLD)

    def ask(client: Any, operation: str, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        return direct.ask(client, operation, asked)

    # botocore has no types; moto begins at the same place.
    with patch.object(botocore.client.BaseClient, "_make_api_call", ask):
        with TemporaryDirectory() as bundle:
            _build(Path(bundle), plan)
            engine = wired(_settings(), Clients(client_config()), Path(bundle)).engine
        direct.calls.clear()
        enrolling = time.perf_counter()
        for keys in _batches(contacts):
            _enrol(engine(), keys)
        enrolled, calls = time.perf_counter(), direct.calls.total()
        direct.calls.clear()
        for keys in _batches(contacts):
            _step(engine(), keys)
        stepped = time.perf_counter()
    _check(direct, dynamodb, contacts)
    return {
        "contacts": contacts,
        "enrolled_per_second": round(contacts / (enrolled - enrolling)),
        "steps_per_second": round(contacts / (stepped - enrolled)),
        "calls_per_enrolment": round(calls / contacts, 4),
        "calls_per_step": round(direct.calls.total() / contacts, 4),
        "calls": dict(sorted(direct.calls.items())),
    }


def simulate(contacts: int = CONTACTS, days: int = DAYS) -> tuple[float, int]:
    """Walk contacts through the journeys that are shipped; return the seconds, and how many mails left."""
    configuration = load("local", ROOT / "config")
    plans = Plans(
        read_drafts(
            ROOT / "journeys",
            world_of(configuration, config=ROOT / "config", templates=ROOT / "templates"),
        )
    )
    around = surroundings({name: StreamKind(each.kind) for name, each in configuration.streams.items()})
    simulation = Simulation(plans, [_contact(number) for number in range(contacts)], around=around)
    began = time.perf_counter()
    lines = simulation.run(_happenings(contacts, days), until=START + timedelta(days=days))
    return round(time.perf_counter() - began, 2), sum(bool(line.message_id) for line in lines)


def _build(bundle: Path, plan: Plan) -> None:
    """Put there what the build puts into the function's bundle."""
    Path(bundle, COMPILED_JOURNEYS).write_bytes(write_plans([plan]))
    Path(bundle, DECLARED_EVENTS).write_text(declared_text(read_events(ROOT / "config")), "utf-8")


def _enrol(engine: Engine, keys: Sequence[int]) -> None:
    for number in keys:
        event = Event("contact.subscribed", START, f"subscribed-{number}")
        if not engine.take(_key(number), event, now=START):
            raise CountError(f"contact {number} was not enrolled")


def _step(engine: Engine, keys: Sequence[int]) -> None:
    for number in keys:
        if engine.due(_key(number), "greeting", now=START + DAY + MINUTE) is None:
            raise CountError(f"contact {number} took no step")


def _check(direct: Direct, dynamodb: DynamoDB, contacts: int) -> None:
    sent = direct.calls["sqs.SendMessageBatch"]
    if sent != contacts:
        raise CountError(f"{sent} mails were put on the queue, not {contacts}")
    left = sum("due" in item or "outbox" in item for item in dynamodb.table("journeys").all())
    if left:
        raise CountError(f"{left} walks are not over")


def _batches(contacts: int) -> Iterator[range]:
    return (range(at, min(at + BATCH, contacts)) for at in range(0, contacts, BATCH))


def _key(number: int) -> str:
    return f"k1.contact-{number:07d}"


def _contact(number: int) -> Contact:
    place = number % len(ZONES)
    return Contact(
        address_key=_key(number),
        email=f"customer{number:07d}@example.com",
        name=f"Customer {number}",
        locale=LOCALES[place],
        time_zone=ZONES[place],
        created_at=START,
        updated_at=START,
        topics={TOPIC: TopicStanding(ConsentStatus.GRANTED, START)},
        version=1,
    )


def _items(contacts: int) -> Iterator[dict[str, Any]]:
    for number in range(contacts):
        event = Event("contact.subscribed", START, f"subscribed-{number}")
        yield profile_item(_contact(number))
        yield activity_item(_key(number), Activity(events=(event,), version=1))


def _happenings(contacts: int, days: int) -> Iterator[tuple[str, Event]]:
    """Yield what contacts do: all subscribe, and in turn leave a cart, order, and get a quotation."""
    hours = days * 24
    for number in range(contacts):
        key, at = _key(number), START + timedelta(minutes=7 * number)
        yield key, Event("contact.subscribed", at, f"subscribed-{number}")
        for turn in range(3):
            at = START + timedelta(hours=(number * 37 + turn * hours // 3) % hours, minutes=number % 60)
            yield key, _happening(number, turn, at)


def _happening(number: int, turn: int, at: datetime) -> Event:
    match (number + turn) % 3:
        case 0:
            name, said = "cart.abandoned", {"cart_id": f"cart-{number}-{turn}"}
        case 1:
            name, said = "order.placed", {"order_id": f"order-{number}-{turn}"}
        case _:
            name, said = "quotation.sent", {"quotation_id": f"quotation-{number}-{turn}"}
    more = {"total": "120.00", "currency": "EUR", "url": "https://shop.example.com/", "lines": []}
    return Event(name, at, f"{name}-{number}-{turn}", said | more)


def _settings() -> JourneysSettings:
    return JourneysSettings(
        stage="prod",
        journeys_table="journeys",
        contacts_table="contacts",
        suppressions_table=deployed.SUPPRESSIONS,
        messages_table=deployed.MESSAGES,
        schedule_table=deployed.SCHEDULE,
        address_secret_arn="",
        dead_letter_queue_url=f"{deployed.QUEUE_URL}-journeys-dead-letters",
        result_bus="postroad",
        streams={STREAM: (deployed.QUEUE_URL, StreamKind.MARKETING.value)},
        hours={},
        home_time_zone="Europe/Madrid",
        home_country="ES",
        schedule_lead_seconds=120,
        threads=4,
    )


def _counted(contacts: int) -> dict[str, Any]:
    """Count in a process of its own, which begins with nothing in memory."""
    run = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "bench.journeys", str(contacts)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise CountError(f"`python -m bench.journeys {contacts}` failed:\n{run.stderr}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Count for each number given."""
    os.environ.update(deployed.aws_environment("http://127.0.0.1:9"))
    for number in sys.argv[1:]:
        print(json.dumps(count(int(number))), flush=True)


if __name__ == "__main__":
    main()
