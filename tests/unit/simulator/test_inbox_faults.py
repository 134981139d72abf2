import re
from datetime import timedelta

import pytest

from postroad.local.simulator.faults import FaultKind, FaultPath
from tests.unit.simulator.inbox_world import InboxWorld

FIELDS = {"kind": "throttle", "times": "1", "skip": "0", "seconds": "0", "recipient": "*"}
ACCOUNT = {"rate": "5", "quota": "200", "enforcement": "HEALTHY", "event_order": "after_answer"}


@pytest.mark.parametrize("kind", FaultKind)
def test_each_fault_can_be_asked_for(world: InboxWorld, kind: FaultKind) -> None:
    assert f'value="{kind}"' in world.get("/faults").text
    answer = world.submit("/faults", **{**FIELDS, "kind": kind, "seconds": "2.5", "times": "3", "skip": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/faults#pending")
    (fault,) = world.simulator.faults.pending
    assert (fault.kind, fault.times, fault.skip, fault.seconds, fault.recipient) == (kind, 3, 1, 2.5, "*")
    assert f'data-fault="{kind}"' in world.get("/faults").text


def test_without_a_number_of_times_it_stays_until_cleared(world: InboxWorld) -> None:
    world.submit("/faults", **{**FIELDS, "times": "", "recipient": "ana*"})
    assert world.simulator.faults.pending[0].times is None
    page = " ".join(world.get("/faults").text.split())
    assert "until cleared, to ana*" in page
    assert 'class="pending"' in world.get("/").text, "each page tells that something waits"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "meteorite"),
        ("times", "-1"),
        ("times", "often"),
        ("skip", "1.5"),
        ("seconds", "-2"),
        ("seconds", "soon"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_written_stays(world: InboxWorld, field: str, value: str) -> None:
    answer = world.submit("/faults", **{**FIELDS, "recipient": "bo@example.com", field: value})
    assert answer.status_code == 400
    (said,) = re.findall(r'role="alert" id="wrong">([^<]*)<', answer.text)
    assert said.startswith(f"{field}: ")
    assert 'value="bo@example.com"' in answer.text
    assert 'aria-describedby="wrong"' in answer.text
    assert world.simulator.faults.pending == []


def test_the_path_of_events_is_chosen_and_shown(world: InboxWorld) -> None:
    world.submit("/faults", **{**FIELDS, "kind": "lost_events", "path": "bulk"})
    assert world.simulator.faults.pending[0].path is FaultPath.BULK
    assert "Firehose alone (bulk)" in world.get("/faults").text.partition("Waiting to strike")[2]
    assert world.submit("/faults", **{**FIELDS, "path": "odd"}).status_code == 400


def test_an_outage_is_shown_until_it_ends(world: InboxWorld) -> None:
    world.submit("/faults", **{**FIELDS, "kind": "outage", "seconds": "90"})
    assert "until 14:04:41 UTC" in world.get("/faults").text
    world.clock.at += timedelta(seconds=90)
    assert "None. Everything works." in world.get("/faults").text


def test_the_kinds_are_listed_where_one_is_wrong(world: InboxWorld) -> None:
    for text in (
        world.submit("/faults", **{**FIELDS, "kind": "odd"}).text,
        world.post("/api/faults", {"kind": "odd"}).json()["message"],
    ):
        assert all(kind in text for kind in FaultKind)


def test_one_fault_is_cleared_or_all(world: InboxWorld) -> None:
    for kind in ("throttle", "quota", "paused"):
        world.submit("/faults", **{**FIELDS, "kind": kind})
    ids = re.findall(r'name="id" value="(\d+)"', world.get("/faults").text)
    assert world.submit("/faults/clear", id=ids[1]).status_code == 303
    assert [fault.kind for fault in world.simulator.faults.pending] == ["throttle", "paused"]
    world.submit("/faults/clear", id=ids[1])
    world.submit("/faults/clear", id="²")
    assert len(world.simulator.faults.pending) == 2, "what is gone, or no number, clears nothing"
    world.submit("/faults/clear")
    assert world.simulator.faults.pending == []


def test_the_account_is_set(world: InboxWorld) -> None:
    answer = world.submit("/account", **ACCOUNT, sandbox="on")
    assert (answer.status_code, answer.headers["location"]) == (303, "/faults#account")
    knobs = world.simulator.account.knobs
    assert (knobs.rate, knobs.quota, knobs.sandbox, knobs.sending_enabled) == (5, 200, True, False)
    page = world.get("/faults").text
    assert 'name="rate" inputmode="decimal" value="5"' in page
    assert 'name="sandbox" checked' in page
    assert 'name="sending_enabled" checked' not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", "0"),
        ("rate", "fast"),
        ("quota", "-1"),
        ("quota", ""),
        ("enforcement", "ODD"),
        ("event_order", "odd"),
    ],
)
def test_a_wrong_setting_is_named_and_changes_nothing(world: InboxWorld, field: str, value: str) -> None:
    before = world.simulator.account.knobs
    answer = world.submit("/account", **{**ACCOUNT, field: value})
    assert answer.status_code == 400
    assert f'id="wrong">{field}: ' in answer.text
    assert world.simulator.account.knobs == before


@pytest.mark.parametrize("number", ["nan", "inf", "1e400"])
def test_what_is_no_number_to_reckon_with_is_refused(world: InboxWorld, number: str) -> None:
    assert world.submit("/account", **{**ACCOUNT, "rate": number}).status_code == 400
    assert world.submit("/faults", **{**FIELDS, "seconds": number}).status_code == 400


def test_ses_s_own_list_is_shown_and_emptied(world: InboxWorld) -> None:
    for name in ("ana@example.com", "bo@example.com"):
        world.simulator.suppress(name, "BOUNCE", now=world.clock.now())
    assert re.findall(r'data-on-list="([^"]+)"', world.get("/faults").text) == [
        "ana@example.com",
        "bo@example.com",
    ]
    world.submit("/suppressed/remove", address="ANA@example.com")
    assert list(world.simulator.suppressed()) == ["bo@example.com"]
    assert world.post("/api/suppressed/remove", {"address": "bo@example.com"}).json() == {"addresses": []}
    answer = world.post("/api/suppressed/remove", {"address": "bo@example.com"})
    assert (answer.status_code, answer.json()["message"].partition(":")[0]) == (404, "address")


def test_a_fault_is_cleared_over_the_api(world: InboxWorld) -> None:
    for kind in ("throttle", "quota"):
        world.post("/api/faults", {"kind": kind, "id": 77})
    first, second = world.get("/api/faults").json()["faults"]
    assert first["id"] != second["id"] != 77
    assert [
        each["kind"] for each in world.post("/api/faults/clear", {"id": first["id"]}).json()["faults"]
    ] == ["quota"]
    answer = world.post("/api/faults/clear", {"id": first["id"]})
    assert answer.status_code == 404
    assert str(second["id"]) in answer.json()["message"]


def test_a_form_that_is_too_long_is_cut(world: InboxWorld) -> None:
    answer = world.submit("/faults", **{**FIELDS, "recipient": "a" * 200_000})
    assert len(world.simulator.faults.pending[0].recipient) <= 64 * 1024
    assert answer.status_code == 303
