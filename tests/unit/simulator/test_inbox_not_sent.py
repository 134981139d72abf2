import re

import pytest

from postroad.contract.words import Reason, Status
from postroad.explaining.meanings import NOT_SENT
from tests.unit.simulator.inbox_world import InboxWorld, bounced_suppression, refused_row, sent_row


def messages(page: str) -> list[str]:
    return re.findall(r'<li id="[^"]*" data-message="([^"]+)"', page)


@pytest.fixture
def refused(world: InboxWorld) -> InboxWorld:
    """Three kinds of refusal, and one message that was sent."""
    world.records.add(
        sent_row(1),
        refused_row(2),
        refused_row(3, status=Status.INVALID, reason=Reason.SCHEMA, detail="to.email: missing", email=""),
        refused_row(
            4, status=Status.HELD, reason=Reason.UNKNOWN_OUTCOME, stream="marketing", template="news"
        ),
    )
    return world


def test_what_was_not_sent_is_listed_with_its_reason_newest_first(refused: InboxWorld) -> None:
    page = refused.get("/not-sent").text
    assert messages(page) == ["refused-4", "refused-3", "refused-2"]
    assert "The body does not follow postroad.message.v1. to.email: missing" in page
    assert "The mailbox does not exist" in page
    assert "unknown outcome · marketing · news" in page


@pytest.mark.parametrize("status", sorted(NOT_SENT))
def test_each_status_of_what_was_not_sent_is_listed(world: InboxWorld, status: Status) -> None:
    world.records.add(refused_row(1, status=status, reason=""))
    assert messages(world.get("/not-sent").text) == ["refused-1"]
    assert f'<option value="{status}"' in world.get("/not-sent").text


def test_what_is_under_way_or_was_sent_is_not_listed(world: InboxWorld) -> None:
    for number, status in enumerate(sorted(frozenset(Status) - NOT_SENT)):
        world.records.add(sent_row(number, status=status))
    assert "Everything was sent." in world.get("/not-sent").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=held", ["refused-4"]),
        ("status=delivered", []),
        ("stream=transactional", ["refused-3", "refused-2"]),
        ("template=news", ["refused-4"]),
        ("to=CUSTOMER2@", ["refused-2"]),
        ("q=unknown_outcome", ["refused-4"]),
        ("q=refused-3", ["refused-3"]),
        ("stream=transactional&status=suppressed&to=example.com&q=hard_bounce", ["refused-2"]),
    ],
)
def test_the_filters_are_those_of_the_inbox(refused: InboxWorld, query: str, found: list[str]) -> None:
    assert messages(refused.get(f"/not-sent?{query}").text) == found
    api = refused.get(f"/api/not-sent?{query}").json()
    assert [each["message_id"] for each in api["messages"]] == found
    assert api["total"] == len(found)


def test_each_opens_its_decision_record(refused: InboxWorld) -> None:
    refused.records.suppressions["k1.2"] = bounced_suppression(2)
    page = refused.get("/messages/refused-2").text
    assert "Why it was not sent" in page
    assert 'data-record-status>suppressed</span> <strong data-reason="hard_bounce">hard bounce' in page
    assert "<code>postroad suppression remove customer2@example.com</code>" in page
    assert "Suppressed on all streams" in page
    assert 'aria-current="true"' in page, "in the list beside it"


def test_the_record_of_a_message_that_was_sent_leads_to_its_mails(world: InboxWorld) -> None:
    ses_ids = [world.send(1, template="welcome") for _ in range(2)]
    page = world.get("/messages/order-1").text
    assert "What became of it" in page
    for ses_id in ses_ids:
        assert f'href="/mails/{ses_id}"' in page


@pytest.mark.parametrize("message_id", ["never-seen", "!0ad2c9c0-0000", "a:b.c_d", "%3Cscript%3E"])
def test_a_message_without_a_record_is_not_found(world: InboxWorld, message_id: str) -> None:
    answer = world.get(f"/messages/{message_id}")
    assert answer.status_code == 404
    assert "hold no record of this message" in answer.text
    assert "<script>" not in answer.text
    assert world.get(f"/api/messages/{message_id}").status_code == 404


def test_a_refusal_without_an_id_of_its_own_opens_too(world: InboxWorld) -> None:
    world.records.add(
        refused_row(1, message_id="!0ad2-1", status=Status.INVALID, reason=Reason.NOT_JSON, email="")
    )
    page = world.get("/not-sent").text
    (link,) = re.findall(r'href="(/messages/[^"?]+)', page)
    answer = world.get(link)
    assert answer.status_code == 200
    assert "The body is no JSON in UTF-8." in answer.text


def test_the_list_is_bounded_and_says_when_it_is_cut(world: InboxWorld) -> None:
    for number in range(1100):
        world.records.add(refused_row(number))
    page = world.get("/not-sent").text
    assert "Only the newest 1,000 of 1,100 are listed." in page
    assert "1–50 of 1000" in page
    assert messages(page)[0] == "refused-1099"
    api = world.get("/api/not-sent?limit=5000").json()
    assert len(api["messages"]) == 1000
    assert api["cut"] == "Only the newest 1,000 of 1,100 are listed."


def test_a_look_that_does_not_get_to_the_end_says_so(world: InboxWorld) -> None:
    world.records.most_examined = 2
    world.records.add(*(refused_row(number) for number in range(3)))
    page = world.get("/not-sent").text
    assert len(messages(page)) == 2
    assert "The table holds more messages than are looked at here" in page


def test_pages_of_the_list(world: InboxWorld) -> None:
    world.records.add(*(refused_row(number) for number in range(60)))
    page = world.get("/not-sent?offset=50").text
    assert "51–60 of 60" in page
    assert len(messages(page)) == 10
    assert "51–60 of 60" in world.get("/messages/refused-0").text, "the page that holds it"


def test_the_tables_are_asked_every_few_seconds_at_most(world: InboxWorld) -> None:
    world.records.add(refused_row(1))
    for _ in range(20):
        world.get("/not-sent")
    assert world.records.calls == 1
    world.records.add(refused_row(2))
    world.seconds += 5
    assert messages(world.get("/not-sent").text) == ["refused-2", "refused-1"]


def test_trouble_with_the_tables_is_one_line(world: InboxWorld) -> None:
    world.records.add(refused_row(1))
    world.get("/not-sent")
    world.seconds += 5
    world.records.trouble = "Postroad's tables can't be read now (refused: ThrottlingException)."
    answer = world.get("/not-sent")
    assert answer.status_code == 200
    assert answer.text.count("can&#39;t be read now") == 1
    assert messages(answer.text) == ["refused-1"], "what was known before still shows"
    assert world.get("/api/not-sent").json()["trouble"] == world.records.trouble
    assert world.get("/api/messages/refused-9").status_code == 503


def test_a_record_over_the_api_is_that_of_the_command_line(refused: InboxWorld) -> None:
    refused.records.suppressions["k1.2"] = bounced_suppression(2)
    record = refused.get("/api/messages/refused-2").json()
    assert (record["status"], record["reason"]) == ("suppressed", "hard_bounce")
    assert record["suppressions"][0]["scope"] == "all"
    assert [step["what"] for step in record["timeline"]] == ["accepted", "suppressed"]
