"""The demo's last part: customers leave carts, some of them buy, and four days pass.

A third of the customers leave a cart and forget it, a third leave one and buy an hour later, and a third buy
at once. What they buy arrives a day later. So the first get two reminders, and the others none, but are asked
whether all is well.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import boto3

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.address import parse_address
from postroad.contract.event import EVENT_SCHEMA
from postroad.local.connection import connection
from postroad.local.demo.watching import output
from postroad.local.inbox import Inbox
from postroad.local.passing import LocalStack, pass_time
from postroad.secrets import read_secret
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postroad.local.demo.planning import Shopper
    from postroad.local.deploy import Tell
    from postroad.local.state import State

TOPIC = "shopping"
SOURCE = "demo"
FORGETS, BUYS_LATER = 0, 1
GROUPS = 3
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PASSING = 4 * DAY
TOGETHER = timedelta(hours=2)
"""Each stop of the clock takes some seconds, and customers live in many time zones."""
MOST_ENTRIES = 10
CART = frozenset({"cart_reminder", "cart_last_reminder"})


@dataclass(frozen=True, slots=True)
class Walked:
    """What became of it; `problems` names what should not have been."""

    customers: int
    events: int
    mails: Mapping[str, int]
    bought: int
    stops: int
    seconds: float
    problems: Sequence[str] = field(default=())

    def content(self) -> dict[str, object]:
        """Return what is written to `build/demo.json`."""
        return {
            "customers": self.customers,
            "events": self.events,
            "mails": dict(self.mails),
            "ended_by_purchase": self.bought,
            "days": PASSING.days,
            "stops": self.stops,
            "seconds": round(self.seconds, 1),
        }


class Customers:
    """The customers of the demo on the running stack; `close` gives the connections back."""

    def __init__(self, state: State, outputs: Mapping[str, str], shoppers: Sequence[Shopper]) -> None:
        """Use these; names come from the stack's outputs."""
        self._shoppers = shoppers
        self._outputs = dict(outputs)
        self._passing = LocalStack(state)
        self._sqs = boto3.client("sqs", **connection(state))
        self._dynamodb = boto3.client("dynamodb", **connection(state))
        self._secrets = boto3.client("secretsmanager", **connection(state))
        self._inbox = Inbox(state.inbox)
        self._events = 0

    def close(self) -> None:
        """Give the connections back."""
        for each in (self._passing, self._sqs, self._dynamodb, self._secrets, self._inbox):
            each.close()

    def walk(self, tell: Tell) -> Walked:
        """Let it all happen."""
        began = time.monotonic()
        tell("customers leave carts and buy")
        self._agree()
        self._send(self._carts())
        self._send(self._orders(at_once=True))
        stops = self._pass(HOUR, tell)
        self._send(self._orders(at_once=False))
        stops += self._pass(DAY, tell)
        self._send(self._arrivals())
        stops += self._pass(PASSING - DAY - HOUR, tell)
        mails = self._mails()
        return Walked(
            customers=len(self._shoppers),
            events=self._events,
            mails=dict(sorted(sum(mails.values(), Counter[str]()).items())),
            bought=len(self._group(BUYS_LATER)),
            stops=stops,
            seconds=time.monotonic() - began,
            problems=tuple(self._problems(mails)),
        )

    def _agree(self) -> None:
        """Let all of them be contacts who agreed to mail about their shopping."""
        secret = read_secret(self._secrets, output(self._outputs, "AddressSecretArn"))
        now = self._passing.now()
        agreed = (NewConsent(TOPIC, ConsentStatus.GRANTED, now, SOURCE),)
        wanted = [
            NewContact(
                address_key(secret, parse_address(each.email).canonical),
                each.email,
                SOURCE,
                name=each.name,
                locale=each.locale,
                consents=agreed,
            )
            for each in self._shoppers
        ]
        DynamoContacts(self._dynamodb, output(self._outputs, "ContactsTable")).save(wanted, now=now)

    def _group(self, number: int) -> list[Shopper]:
        return [each for place, each in enumerate(self._shoppers) if place % GROUPS == number]

    def _carts(self) -> Iterable[dict[str, object]]:
        for each in [*self._group(FORGETS), *self._group(BUYS_LATER)]:
            url = f"https://shop.example/cart/{each.order_id}"
            said = {"cart_id": each.order_id, "cart_url": url, "total": each.total}
            yield self._event(
                "cart.abandoned", each, {**said, "currency": each.currency, "lines": each.lines}
            )

    def _orders(self, *, at_once: bool) -> Iterable[dict[str, object]]:
        for each in self._buyers(at_once=at_once):
            url = f"https://shop.example/orders/{each.order_id}"
            said = {"order_id": each.order_id, "order_url": url, "review_url": f"{url}/review"}
            more = {"total": float(each.total), "currency": each.currency, "lines": each.lines}
            yield self._event("order.placed", each, said | more)

    def _arrivals(self) -> Iterable[dict[str, object]]:
        for each in [*self._buyers(at_once=True), *self._buyers(at_once=False)]:
            yield self._event("order.delivered", each, {"order_id": each.order_id})

    def _buyers(self, *, at_once: bool) -> list[Shopper]:
        return self._group(GROUPS - 1 if at_once else BUYS_LATER)

    def _event(self, name: str, shopper: Shopper, said: Mapping[str, object]) -> dict[str, object]:
        return {
            "schema": EVENT_SCHEMA,
            "event_id": f"{name}-{shopper.order_id}",
            "name": name,
            "time": self._passing.now().isoformat(),
            "contact": {"email": shopper.email},
            "properties": dict(said),
        }

    def _send(self, events: Iterable[Mapping[str, object]]) -> None:
        bodies = [json.dumps(event) for event in events]
        self._events += len(bodies)
        for start in range(0, len(bodies), MOST_ENTRIES):
            some = bodies[start : start + MOST_ENTRIES]
            self._sqs.send_message_batch(
                QueueUrl=output(self._outputs, "JourneysQueueUrl"),
                Entries=[{"Id": str(place), "MessageBody": body} for place, body in enumerate(some)],
            )
        self._passing.settle()

    def _pass(self, duration: timedelta, tell: Tell) -> int:
        def stop(at: datetime) -> None:
            tell(f"it is {at:%A %H:%M} UTC")

        return pass_time(self._passing, self._passing.now() + duration, together=TOGETHER, tell=stop).stops

    def _mails(self) -> dict[str, Counter[str]]:
        """Return how many mails of journeys each customer got, by template."""
        found: dict[str, Counter[str]] = {each.email: Counter() for each in self._shoppers}
        known = {parse_address(each.email).canonical: each.email for each in self._shoppers}
        table = output(self._outputs, "MessagesTable")
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table):
            templates = {
                item["pk"]["S"]: item["template"]["S"] for item in page["Items"] if "journey" in item
            }
            for message_id, template in templates.items():
                for mail in self._inbox.mails(message_id=message_id):
                    for recipient in mail["recipients"]:
                        found[known[parse_address(recipient).canonical]][template] += 1
        return found

    def _problems(self, mails: Mapping[str, Counter[str]]) -> Iterable[str]:
        for each in self._group(FORGETS):
            if not mails[each.email].keys() & CART:
                yield f"{each.email}: left a cart, and got no reminder"
        for group in (BUYS_LATER, GROUPS - 1):
            for each in self._group(group):
                if mails[each.email].keys() & CART:
                    yield f"{each.email}: bought, and was reminded of a cart"
        for email, templates in mails.items():
            yield from (
                f"{email}: got {template} {count} times" for template, count in templates.items() if count > 1
            )
