import pytest

from postroad.local.simulator.happenings import HappeningType
from tests.unit.simulator.inbox_world import BY_MARKETING, SHOP_LINK, InboxWorld


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/api/mails/{id}/events", {"type": "odd"}, ["type: 'odd' is none of", *HappeningType]),
        ("/api/mails/{id}/events", {}, ["missing required field `type`"]),
        (
            "/api/mails/{id}/events",
            {"type": "bounce", "odd": 1},
            ["odd: no such field; there are type, recipient"],
        ),
        ("/api/mails/{id}/events", {"type": "bounce", "copies": 0}, ["copies: Expected `int` >= 1"]),
        ("/api/mails/{id}/events", {"type": "bounce", "subtype": "Odd"}, ["subtype: one of General"]),
        ("/api/mails/{id}/events", [], ["The body can't be read"]),
        ("/api/mails/{id}/prefetch", {"recipient": "odd@example.com"}, ["recipient: not one of this mail's"]),
        ("/api/faults", {"kind": "throttle", "seconds": "x"}, ["seconds: Expected `float`"]),
        (
            "/api/settings",
            {"account": {"enforcement": "ODD"}},
            ["enforcement: 'ODD' is none of", "PROBATION"],
        ),
        ("/api/settings", {"account": {"suppressed_reasons": ["ODD"]}}, ["suppressed_reasons", "BOUNCE"]),
        ("/api/settings", {"account": {"odd": 1}}, ["odd: no such field; there are rate, quota"]),
        (
            "/api/settings",
            {"options": {"event_order": "odd"}},
            ["event_order: 'odd' is none of", "after_answer"],
        ),
    ],
)
def test_an_error_names_the_field_and_what_it_takes(
    world: InboxWorld, path: str, body: object, says: list[str]
) -> None:
    answer = world.post(path.format(id=world.send(1)), body)
    assert answer.status_code == 400
    assert [each for each in says if each not in answer.json()["message"]] == []


def test_settings_change_whole_or_not_at_all(world: InboxWorld) -> None:
    before = world.get("/api/settings").json()
    assert (
        world.post("/api/settings", {"account": {"rate": 5}, "options": {"event_order": "odd"}}).status_code
        == 400
    )
    assert world.get("/api/settings").json() == before


@pytest.mark.parametrize(
    ("query", "field"),
    [("status=odd", "status"), ("limit=-1", "limit"), ("offset=x", "offset"), ("limit=²", "limit")],
)
@pytest.mark.parametrize("path", ["/api/mails", "/api/not-sent"])
def test_a_query_that_cannot_be_is_named(world: InboxWorld, path: str, query: str, field: str) -> None:
    answer = world.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}: ")


def test_mails_are_listed_by_stream_with_their_links(world: InboxWorld) -> None:
    world.send(1)
    ses_id = world.send(2, by=BY_MARKETING)
    (found,) = world.get("/api/mails?stream=marketing").json()["mails"]
    assert (found["id"], found["stream"]) == (ses_id, "marketing")
    links = world.get(f"/api/mails/{ses_id}").json()["links"]
    assert [(each["url"], each["tracked"], each["why_not"]) for each in links] == [
        (SHOP_LINK, True, None),
        ("https://shop.example/reset", False, "marked ses:no-track"),
    ]


def test_a_scanner_over_the_api(world: InboxWorld) -> None:
    ses_id = world.send(1, by=BY_MARKETING)
    answer = world.post(f"/api/mails/{ses_id}/prefetch", {})
    assert answer.status_code == 201
    assert [each["eventType"] for each in answer.json()["events"]] == ["Open", "Click", "Click"]
    assert answer.json()["not_reported"] == ["marked ses:no-track"]
    assert world.post("/api/mails/unknown/prefetch", {}).status_code == 404


def test_a_click_that_ses_does_not_report_says_so(world: InboxWorld) -> None:
    ses_id = world.send(1, by=BY_MARKETING)
    click = {"type": "click", "link": "https://shop.example/reset"}
    answer = world.post(f"/api/mails/{ses_id}/events", click).json()
    assert (answer["destinations"], answer["not_reported"]) == ([], ["marked ses:no-track"])
    assert world.get(f"/api/mails/{ses_id}").json()["events"][-1]["not_reported"] == "marked ses:no-track"
