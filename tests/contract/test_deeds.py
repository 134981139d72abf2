"""What a walk decided, carried out over SQS, EventBridge and the contacts of moto; and what refuses it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import jsonschema
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from postroad.contacts.dynamodb import DynamoContacts
from postroad.contacts.memory import MemoryContacts
from postroad.contacts.model import NewContact
from postroad.contract.notice import NOTICE
from postroad.contract.parser import parse_message
from postroad.contract.schema import notice_schema
from postroad.journeys.composing import compose, notice
from postroad.journeys.doing import Deeds
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.errors import NotDoneError
from postroad.journeys.plan import EventTrigger, Plan, Send
from postroad.journeys.sqs import BusOutlet, SqsOutlet
from tests.contract.test_walks import NOW, WALK
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postroad.contacts.ports import ContactStore
    from postroad.journeys.enrolment import Enrolment

pytestmark = pytest.mark.slow

PLAN = Plan(
    name="cart", version=3, stream="marketing", topic="offers", category="reminders",
    trigger=EventTrigger(event="cart.abandoned"), steps=(Send(id="remind", template="cart"),),
)  # fmt: skip
REGION = "eu-central-1"


@pytest.fixture
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


class Outlet:
    """Where bodies go, in a list; takes none that holds `refuses`."""

    def __init__(self, refuses: str = "") -> None:
        self.bodies: list[str] = []
        self._refuses = refuses

    def put(self, bodies: Sequence[str]) -> list[str]:
        refused = [body for body in bodies if self._refuses and self._refuses in body]
        self.bodies += [body for body in bodies if body not in refused]
        return ["no" for _ in refused]


def deeds(contacts: ContactStore, queue: Outlet, bus: Outlet, refused: list[str]) -> Deeds:
    def note(_walk: Enrolment, why: str) -> None:
        refused.append(why)

    return Deeds(queues={"marketing": queue}, contacts=contacts, bus=bus, on_refused=note)


@pytest.mark.usefixtures("_aws")
@pytest.mark.parametrize("stored", ["memory", "dynamodb"])
def test_all_of_an_outbox_is_done_and_done_again_it_is_the_same(stored: str) -> None:
    client = boto3.client("dynamodb", region_name=REGION)
    create_table(client, "contacts")
    contacts: ContactStore = DynamoContacts(client, "contacts") if stored == "dynamodb" else MemoryContacts()
    contacts.save([NewContact("k1.ana", "ana@example.com", "import", attributes={"gone": 1})], now=NOW)
    queue, bus, refused = Outlet(), Outlet(), list[str]()
    doing = deeds(contacts, queue, bus, refused)
    for _ in range(2):
        doing.do(WALK, PLAN, now=NOW)
    known = contacts.find(["k1.ana"])["k1.ana"]
    assert dict(known.attributes) == {"vip": True, "liked": ("tea", "水")}
    assert known.version == 2
    assert queue.bodies[0] == queue.bodies[1]
    assert bus.bodies[0] == bus.bodies[1]
    assert len(queue.bodies) == len(bus.bodies) == 2
    assert refused == []


def test_a_mail_is_a_message_of_the_contract_that_names_its_step() -> None:
    mail = next(each for each in WALK.outbox if isinstance(each, Mail))
    message = parse_message(compose(WALK, PLAN, mail))
    assert (message.message_id, message.created_at, message.stream) == (mail.message_id, NOW, "marketing")
    assert (message.to.email, message.to.name, message.locale) == ("ana@example.com", "Ana Ruiz", "es-CO")
    assert (message.topic, message.data) == ("offers", {"total": 12.5, "n": 7, "who": None})
    assert message.expires_at == mail.expires_at
    assert message.journey is not None
    said = message.journey
    assert (said.name, said.version, said.step) == ("cart", 3, "remind")
    assert (said.enrolment, said.category, said.if_capped) == (WALK.enrolment_id, "reminders", "drop")


@pytest.mark.parametrize(
    "changes",
    [{"name": "x" * 129}, {"expires_at": NOW}, {"locale": "", "name": ""}, {"data": {"odd": "\uffff\x00"}}],
)
def test_whatever_a_walk_decides_can_be_read(changes: dict[str, Any]) -> None:
    mail = replace(next(each for each in WALK.outbox if isinstance(each, Mail)), **changes)
    body = compose(WALK, PLAN, mail)
    message = parse_message(body)
    assert "\uffff" not in body
    assert message.expires_at is not None
    assert message.expires_at > NOW


def test_nobody_comes_back_by_an_attribute() -> None:
    contacts = MemoryContacts()
    deeds(contacts, Outlet(), Outlet(), []).do(WALK, PLAN, now=NOW)
    assert contacts.find(["k1.ana"]) == {}


def test_what_can_never_be_done_is_told_and_left_out() -> None:
    contacts = MemoryContacts()
    many: dict[str, Any] = {f"a{number}": number for number in range(49)}
    contacts.save([NewContact("k1.ana", "ana@example.com", "import", attributes=many)], now=NOW)
    refused: list[str] = []
    queue = Outlet(refuses="cart")
    deeds(contacts, queue, Outlet(), refused).do(WALK, PLAN, now=NOW)
    assert refused == ["the contact would have more attributes than can be kept", "no"]


def test_a_stream_that_is_not_deployed_is_waited_for() -> None:
    doing = Deeds(queues={}, contacts=MemoryContacts(), bus=Outlet(), on_refused=lambda *_: None)
    with pytest.raises(NotDoneError, match="marketing"):
        doing.do(WALK, PLAN, now=NOW)
    doing.do(replace(WALK, outbox=(Attributes({"vip": True}),)), PLAN, now=NOW)


@pytest.mark.usefixtures("_aws")
def test_messages_come_onto_the_queue_ten_a_request() -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="marketing")["QueueUrl"]
    bodies = [f'{{"number":{number}}}' for number in range(23)]
    assert SqsOutlet(sqs, url).put(bodies) == []
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    assert sorted(found) == sorted(bodies)
    with pytest.raises(NotDoneError):
        SqsOutlet(sqs, url + "-missing").put(bodies)


def test_what_sqs_did_not_take_is_tried_again_and_what_it_never_will_is_told() -> None:
    sqs = boto3.client("sqs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(sqs) as stub:

        def answer(failed: list[dict[str, Any]]) -> None:
            stub.add_response(
                "send_message_batch", {"Successful": [], "Failed": failed}, {"QueueUrl": "q", "Entries": ANY}
            )

        busy = {"Id": "0", "Code": "InternalError", "SenderFault": False}
        never = {"Id": "1", "Code": "InvalidMessageContents", "SenderFault": True}
        answer([busy, never])
        answer([])
        assert SqsOutlet(sqs, "q").put(["one", "two"]) == ["SQS takes it never: InvalidMessageContents"]
        for _ in range(3):
            answer([busy])
        with pytest.raises(NotDoneError):
            SqsOutlet(sqs, "q").put(["one"])
        stub.assert_no_pending_responses()


def test_a_notice_is_as_its_schema_says_and_names_nobody() -> None:
    told = Notice("walk:ask", "review.asked", {"order_id": "1042", "rating": None}, NOW)
    document = json.loads(notice(WALK, told))
    jsonschema.validate(document, notice_schema())
    assert set(document) == set(notice_schema()["$defs"]["JourneyNotice"]["properties"])
    assert WALK.address_key not in json.dumps(document)


def test_notices_come_onto_the_bus_until_it_takes_them() -> None:
    events = boto3.client("events", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    detail = json.dumps({"n": 1})
    entry = {"EventBusName": "bus", "Source": "postroad", "DetailType": NOTICE, "Detail": detail}
    with Stubber(events) as stub:

        def answer(*codes: str) -> None:
            entries = [{"ErrorCode": code} if code else {"EventId": "1"} for code in codes]
            asked = {"Entries": [entry] * len(codes)}
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": entries}, asked)

        answer("ThrottlingException", "")
        answer("")
        assert BusOutlet(events, "bus").put([detail, detail]) == []
        stub.add_client_error("put_events", "AccessDeniedException")
        with pytest.raises(NotDoneError, match="AccessDenied"):
            BusOutlet(events, "bus").put([detail])
        stub.assert_no_pending_responses()
