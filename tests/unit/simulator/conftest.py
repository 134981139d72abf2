import itertools
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest

from postroad.contract.tags import ses_tags
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.deployed import ConfigurationSet, Deployed, EventDestination
from postroad.local.simulator.striking import Outcome
from tests.unit.simulator.inbox_world import InboxWorld

NOW = datetime(2026, 11, 22, 14, 3, 11, 250_000, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:000000000000:feedback"
EVERY_TYPE = "SEND DELIVERY BOUNCE COMPLAINT REJECT RENDERING_FAILURE DELIVERY_DELAY OPEN CLICK"


def simple(**changes: object) -> dict[str, object]:
    content: dict[str, object] = {
        "Subject": {"Data": "¡Gracias! Order 1042"},
        "Body": {"Text": {"Data": "Hello"}, "Html": {"Data": "<p>Hello</p>"}},
        "Headers": [{"Name": "X-Order", "Value": "1042"}],
    }
    return {"Simple": content | changes}


class Desk:
    """A simulator with one sender and one configuration set, and a hand that posts mail into it."""

    now = NOW
    topic = TOPIC

    def __init__(self) -> None:
        self.simulator = Simulator(self.deployed(EVERY_TYPE))
        self._numbers = itertools.count(1)

    @staticmethod
    def deployed(
        event_types: str, *, sending: bool = True, reasons: frozenset[str] | None = None
    ) -> Deployed:
        destination = EventDestination("feedback", TOPIC, frozenset(event_types.split()))
        chosen = ConfigurationSet("transactional", (destination,), sending, reasons)
        return Deployed.of(["shop.example"], [chosen])

    def request(self, to: str = "ana@example.com", **changes: object) -> dict[str, object]:
        """SendEmail as JSON; `changes` are top-level keys of the request."""
        tags = ses_tags("order-1042", 1, {"order": "1042"})
        whole: dict[str, object] = {
            "FromEmailAddress": "Sample Shop <orders@shop.example>",
            "Destination": {"ToAddresses": [to]},
            "Content": simple(),
            "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
            "ConfigurationSetName": "transactional",
        }
        return whole | changes

    def post(self, request: Mapping[str, object], *, now: datetime = NOW) -> Outcome:
        number = next(self._numbers)
        return self.simulator.send_email(
            msgspec.json.encode(request),
            now=now,
            ses_message_id=f"0100{number:012x}-00000000-0000-4000-8000-000000000000-000000",
        )

    def send(self, to: str = "ana@example.com", *, now: datetime = NOW, **changes: object) -> Outcome:
        return self.post(self.request(to, **changes), now=now)

    def error(self, outcome: Outcome) -> str:
        """The name of the error; empty for a success."""
        assert outcome.reply is not None, "no answer came"
        return outcome.reply.error

    def types(self, outcome: Outcome) -> list[str]:
        return [event.type.value for event in outcome.events]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def world() -> InboxWorld:
    return InboxWorld()
