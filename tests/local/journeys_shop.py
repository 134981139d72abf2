"""A shop on a stack of its own, whose customers walk through journeys while time passes."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import holidays
import httpx

from postroad.contract.event import EVENT_SCHEMA
from postroad.local.passing import LocalStack as Passing
from postroad.local.passing import Passed, pass_time
from tests.local_stack import PROJECT
from tools.rehearsing import POSTROAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postroad.ledger.row import Row
    from tests.local_stack import LocalStack

MONDAY = 0
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEKS = timedelta(weeks=2)
FOLDERS = ("config", "journeys", "templates")
COUNTRIES = ("ES", "CO", "CN")
LINES = [
    {
        "product": "Proofing basket, oval",
        "quantity": 24,
        "unit_price": "1.95",
        "discount": "0",
        "amount": "46.80",
    }
]


class Shop:
    """Sends events in, lets time pass, and reads the inbox."""

    def __init__(self, stack: LocalStack, project: Path = PROJECT) -> None:
        self.stack = stack
        self.project = project
        self.passing = Passing(stack.state)
        self.run = token_hex(3)
        """Part of each address and id, so that stories of one stack don't meet."""

    def close(self) -> None:
        self.passing.close()

    def now(self) -> datetime:
        return self.passing.now()

    def begin_on_a_monday(self, hour: int) -> datetime:
        """Leap to the next Monday with two weeks after it without public holidays, at this hour (UTC)."""
        day = self.now().replace(hour=hour, minute=0, second=0, microsecond=0)
        while day.weekday() != MONDAY or day < self.now() or _has_holidays(day, day + WEEKS):
            day += DAY
        self.passing.go_to(day)
        return day

    def until(self, moment: datetime) -> Passed:
        """Let time pass, with a stop wherever something is due; all must come to rest."""
        passed = pass_time(self.passing, moment)
        assert passed.is_quiet, "something still lies on a queue"
        return passed

    def command(self, *words: str, given: str | None = None) -> dict[str, Any]:
        """Run the command line on this stack, in the project's folder, and return its JSON.

        `given` is its standard input.
        """
        with TemporaryDirectory() as folder:
            for name, target in (
                (".local", self.stack.state.folder),
                *((one, self.project / one) for one in FOLDERS),
            ):
                Path(folder, name).symlink_to(target)
            done = subprocess.run(  # noqa: S603 - our own program
                [str(POSTROAD), *words, "--json"],
                cwd=folder,
                input=given,
                env={name: value for name, value in os.environ.items() if not name.startswith("POSTROAD_")},
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, f"postroad {' '.join(words)}: {done.stderr}{done.stdout}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def customer(self, name: str, *, time_zone: str, locale: str, topics: Iterable[str] = ()) -> str:
        """Add a contact by the command line; return their address."""
        email = f"{name}.{self.run}@example.com"
        agreed = [word for topic in topics for word in ("--topic", f"{topic}=granted")]
        place = ("--time-zone", time_zone, "--locale", locale)
        self.command("contact", "add", email, "--name", name.title(), *place, *agreed)
        return email

    def import_customer(self, name: str, *, birthday: str, time_zone: str, locale: str, topic: str) -> str:
        """Import a contact with a birthday (such as 05-04); return their address."""
        email = f"{name}.{self.run}@example.com"
        row = {
            "email": email,
            "name": name.title(),
            "locale": locale,
            "time_zone": time_zone,
            "attributes": {"birthday": birthday},
            "topics": {topic: "granted"},
        }
        self.command("contact", "import", "-", "--format", "jsonl", "--yes", given=json.dumps(row))
        return email

    def event(self, name: str, email: str, key: str, **properties: object) -> dict[str, Any]:
        """Return an event that happens now; `key` makes its id."""
        return {
            "schema": EVENT_SCHEMA,
            "event_id": f"{name}-{key}-{self.run}",
            "name": name,
            "time": self.now().isoformat(),
            "contact": {"email": email},
            "properties": properties,
        }

    def abandons_a_cart(self, email: str, cart: str) -> dict[str, Any]:
        return self.event(
            "cart.abandoned",
            email,
            cart,
            cart_id=cart,
            cart_url=f"https://shop.example/cart/{cart}",
            currency="EUR",
            total="46.80",
            lines=LINES,
        )

    def orders(self, email: str, order: str) -> dict[str, Any]:
        return self.event(
            "order.placed",
            email,
            order,
            order_id=order,
            total=46.8,
            currency="EUR",
            order_url=f"https://shop.example/orders/{order}",
            review_url=f"https://shop.example/orders/{order}/review",
            lines=LINES,
        )

    def visits(self, email: str, key: str) -> dict[str, Any]:
        customer = {"name": "Ana Ruiz", "company": "Panadería Ruiz & Hijas"}
        account = {"customer_number": "K-20418", "account_url": "https://shop.example/account"}
        return self.event("site.visited", email, key, customer=customer, **account)

    def where(self, email: str) -> dict[str, dict[str, Any]]:
        """Return where they stand, by journey."""
        walks = self.command("journey", "where", email)["walks"]
        return {walk["journey"]: walk for walk in walks}

    def queue(self, *events: dict[str, Any]) -> None:
        """Put events on the queue of journeys, as a producer does."""
        for event in events:
            self.stack.sqs.send_message(
                QueueUrl=self.stack.outputs["JourneysQueueUrl"], MessageBody=json.dumps(event)
            )

    def publish(self, *events: dict[str, Any]) -> None:
        """Put events on the bus."""
        for event in events:
            answer = self.stack.events.put_events(
                Entries=[
                    {
                        "EventBusName": self.stack.outputs["ResultBus"],
                        "Source": "shop",
                        "DetailType": EVENT_SCHEMA,
                        "Detail": json.dumps(event),
                    }
                ]
            )
            assert not answer["FailedEntryCount"]

    def mails(self, email: str) -> dict[str, datetime]:
        """Return when each mail to them left, by its template, in their order; each template once."""
        found: dict[str, datetime] = {}
        for mail in reversed(list(self.stack.inbox.mails(to=email))):
            row = self.stack.ledger.get(mail["message_id"])
            assert row is not None
            assert row.template not in found, f"{row.template} twice"
            found[row.template] = datetime.fromisoformat(mail["at"]).astimezone(UTC)
        return found

    def row_of(self, email: str, template: str) -> Row:
        """Return the row of their mail of this template."""
        row = self.stack.ledger.get(self.mail_of(email, template)["message_id"])
        assert row is not None
        return row

    def press_unsubscribe(self, ses_message_id: str) -> dict[str, Any]:
        """Press the button that mail programs show beside the sender; return how the page answered."""
        address = f"{self.stack.state.inbox}/api/mails/{ses_message_id}/unsubscribe"
        answer = httpx.post(address, json={}, trust_env=False, timeout=60).raise_for_status()
        found: dict[str, Any] = answer.json()["asked"]
        return found

    def mail_of(self, email: str, template: str) -> dict[str, Any]:
        """Return their mail of this template, as the inbox shows it."""
        for mail in self.stack.inbox.mails(to=email):
            row = self.stack.ledger.get(mail["message_id"])
            if row is not None and row.template == template:
                return self.stack.inbox.mail(mail["id"])
        raise AssertionError(f"no {template} to them")


def _has_holidays(first: datetime, last: datetime) -> bool:
    days = [first + DAY * number for number in range((last - first).days)]
    return any(day.date() in holidays.country_holidays(country) for country in COUNTRIES for day in days)
