"""The inbox in one process: a simulator, Postroad's records in memory, and a browser without scripts."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import msgspec
from starlette.applications import Starlette

from postroad.clock import FixedClock
from postroad.contract.tags import CANARY_TAG, ses_tags
from postroad.contract.words import Reason, Status
from postroad.ledger.row import Row
from postroad.local.simulator.api import Api
from postroad.local.simulator.asked import Answered
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.deployed import ConfigurationSet, Deployed, EventDestination
from postroad.local.simulator.guard import OnlyThisMachine
from postroad.local.simulator.hooks import counted_ids
from postroad.local.simulator.mail import EventType, Mail
from postroad.local.simulator.options import Options
from postroad.local.simulator.pages import Pages
from postroad.local.simulator.records import MemoryRecords
from postroad.local.simulator.web.watched import WatchedRecords
from postroad.suppression.model import ScopeEntry, Suppression
from tests.recorder import Recorder

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:000000000000:feedback"
HOME = "http://127.0.0.1:8025"
FORM = "application/x-www-form-urlencoded"
SHOP_LINK = "https://shop.example/orders/1042"
HTML = f'<p>Hello <a href="{SHOP_LINK}">your order</a> <a ses:no-track href="https://shop.example/reset">reset</a></p>'
BY_TRANSACTIONAL, BY_MARKETING = "postroad-local-transactional", "postroad-local-marketing"


class PagesOfLinks:
    """`Asking` that answers as it is told, and keeps what was asked: method, link and form."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self._answered = Answered(200)

    def answer(self, status: int, trouble: str = "") -> None:
        self._answered = Answered(status, trouble)

    async def ask(self, method: str, url: str, *, form: str = "") -> Answered:
        self.asked.append((method, url, form))
        return self._answered


class InboxWorld:
    """Transactional mail is not tracked, marketing mail is."""

    def __init__(self) -> None:
        every = frozenset(EventType.__members__)
        sets = [
            ConfigurationSet(name, (EventDestination("feedback", TOPIC, types),))
            for name, types in ((BY_TRANSACTIONAL, every - {"OPEN", "CLICK"}), (BY_MARKETING, every))
        ]
        self.simulator = Simulator(Deployed.of(["shop.example"], sets))
        self.recorder = Recorder()
        self.asking = PagesOfLinks()
        self.records = MemoryRecords()
        self.seconds = 0.0
        self.watched = WatchedRecords(self.records, seconds=lambda: self.seconds)
        self.clock = FixedClock(NOW)
        self._new_id = counted_ids()
        options = Options()
        self.pages = Pages(
            self.simulator,
            publisher=self.recorder,
            clock=self.clock,
            records=self.watched,
            options=options,
            asking=self.asking,
        )
        api = Api(
            self.simulator,
            publisher=self.recorder,
            clock=self.clock,
            records=self.watched,
            options=options,
            asking=self.asking,
        )
        self.app = OnlyThisMachine(Starlette(routes=self.pages.routes() + api.routes()), port=8025)

    def call(self, method: str, path: str, *, content: bytes = b"", **headers: str) -> httpx.Response:
        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, content=content, headers=named)

        return asyncio.run(request())

    def get(self, path: str) -> httpx.Response:
        return self.call("GET", path)

    def submit(self, path: str, /, **fields: str) -> httpx.Response:
        """Send a form as a browser without scripts does."""
        return self.call("POST", path, content=urlencode(fields).encode(), content_type=FORM, origin=HOME)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.call("POST", path, content=msgspec.json.encode(body), content_type="application/json")

    def mail(self, ses_message_id: str) -> Mail:
        return self.simulator.mailbag.get(ses_message_id)

    def send(
        self,
        number: int = 1,
        *,
        to: str = "",
        subject: str = "",
        by: str = BY_TRANSACTIONAL,
        html: str | None = HTML,
        text: str | None = "plain & simple",
        attachments: Iterable[Mapping[str, object]] = (),
        template: str = "",
    ) -> str:
        """Let SES take a mail; with `template` Postroad's record of it stands too. Returns SES's id."""
        tags = ses_tags(f"order-{number}", 1, {"order": str(number)})
        recipient = to or f"customer{number}@example.com"
        body = {name: {"Data": part} for name, part in (("Text", text), ("Html", html)) if part is not None}
        request = {
            "FromEmailAddress": "Shop <orders@shop.example>",
            "Destination": {"ToAddresses": [recipient]},
            "ReplyToAddresses": ["help@shop.example"],
            "Content": {
                "Simple": {
                    "Subject": {"Data": subject or f"Order {number}"},
                    "Body": body,
                    "Headers": [{"Name": "X-Order", "Value": f"<{number}>"}],
                    "Attachments": list(attachments),
                }
            },
            "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
            "ConfigurationSetName": by,
        }
        ses_message_id = self._new_id()
        at = NOW + timedelta(seconds=number)
        outcome = self.simulator.send_email(
            msgspec.json.encode(request), now=at, ses_message_id=ses_message_id
        )
        assert outcome.mail is not None
        if template:
            stream = by.removeprefix("postroad-local-")
            row = sent_row(number, template=template, stream=stream, email=recipient)
            self.records.add(replace(row, ses_ids={"1": ses_message_id}))
        return ses_message_id

    def send_canary(self) -> str:
        """Let SES take a canary of the transactional stream; returns SES's id."""
        request = {
            "FromEmailAddress": "orders@shop.example",
            "Destination": {"ToAddresses": ["success@simulator.amazonses.com"]},
            "Content": {"Simple": {"Subject": {"Data": "canary"}, "Body": {"Text": {"Data": "canary"}}}},
            "EmailTags": [{"Name": CANARY_TAG, "Value": "1"}],
            "ConfigurationSetName": BY_TRANSACTIONAL,
        }
        ses_message_id = self._new_id()
        outcome = self.simulator.send_email(
            msgspec.json.encode(request), now=NOW + timedelta(hours=1), ses_message_id=ses_message_id
        )
        assert outcome.mail is not None
        return ses_message_id


def sent_row(number: int, **changes: object) -> Row:
    at = NOW + timedelta(seconds=number)
    row = Row(
        message_id=f"order-{number}",
        status=Status.DELIVERED,
        stream="transactional",
        template="order_confirmation",
        email=f"customer{number}@example.com",
        address_key=f"k1.{number}",
        attempt=1,
        times={"accepted": at, "claimed": at, "sent": at, "delivered": at + timedelta(seconds=2)},
    )
    return replace(row, **changes)  # type: ignore[arg-type]  # tests name the row's own fields


def refused_row(number: int, **changes: object) -> Row:
    at = NOW + timedelta(seconds=number)
    values: dict[str, object] = {
        "message_id": f"refused-{number}",
        "status": Status.SUPPRESSED,
        "reason": Reason.HARD_BOUNCE,
        "attempt": 0,
        "times": {"accepted": at, "suppressed": at},
    }
    return sent_row(number, **(values | changes))


def bounced_suppression(number: int) -> Suppression:
    entry = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOW, None, "event-1")
    return Suppression(f"k1.{number}", f"customer{number}@example.com", {"all": entry})
