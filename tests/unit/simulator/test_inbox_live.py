import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest

from postroad.local.simulator.faults import Fault, FaultKind
from postroad.local.simulator.happenings import Happening, HappeningType
from postroad.local.simulator.web.live import Live
from tests.unit.simulator.inbox_world import InboxWorld, bounced_suppression, refused_row, sent_row


async def versions(stream: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    """Read what an EventSource would: the data of each event `version`."""
    async for piece in stream:
        assert piece.endswith("\n\n")
        if piece.startswith("event: version\n"):
            (data,) = [line for line in piece.splitlines() if line.startswith("data: ")]
            yield json.loads(data.removeprefix("data: "))


def live(world: InboxWorld, **options: float) -> Live:
    return Live(world.pages.live._site, **{"tick": 0.005, "longest": 5.0} | options)  # type: ignore[arg-type]  # times


def test_a_page_hears_the_present_version_and_then_each_change(world: InboxWorld) -> None:
    async def story() -> None:
        heard = versions(live(world).changes("inbox", ""))
        first = await anext(heard)
        assert (first["accepted"], first["newest"]) == (0, None)
        world.send(1, subject="¡Hola!\nevent: evil".replace("\n", " "), to="Ana <ana@example.com>")
        second = await anext(heard)
        assert second["accepted"] == 1
        assert second["newest"]["subject"] == "¡Hola! event: evil"
        assert second["changes"] != first["changes"]
        ses_id = str(second["newest"]["id"])
        for change in (
            lambda: world.simulator.report(ses_id, Happening(HappeningType.BOUNCE), now=world.clock.now()),
            lambda: world.simulator.add_fault(Fault(FaultKind.THROTTLE)),
            world.simulator.clear_faults,
            lambda: world.simulator.unsuppress("ana@example.com"),
            lambda: world.simulator.configure({"rate": 3}),
            world.simulator.forget_mail,
        ):
            change()
            assert (await anext(heard))["started"] == first["started"]

    asyncio.run(asyncio.wait_for(story(), 10))


def test_a_page_s_own_version_is_the_one_that_it_hears(world: InboxWorld) -> None:
    world.send(1)
    page = world.get("/").text

    async def story() -> None:
        heard = await anext(versions(live(world).changes("inbox", "")))
        assert f'data-started="{heard["started"]}" data-changes="{heard["changes"]}"' in page

    asyncio.run(story())


@pytest.mark.parametrize(
    ("watch", "wanted"), [("mail", "{ses_id}"), ("message", "order-1"), ("not-sent", "")]
)
def test_a_page_hears_when_postroad_s_own_record_changes(world: InboxWorld, watch: str, wanted: str) -> None:
    ses_id = world.send(1, template="welcome")

    async def story() -> None:
        heard = versions(live(world).changes(watch, wanted.format(ses_id=ses_id)))
        first = await anext(heard)
        world.records.add(sent_row(1, version=7), refused_row(2))
        world.records.suppressions["k1.1"] = bounced_suppression(1)
        world.seconds += 10
        second = await anext(heard)
        assert second["record"] != first["record"]
        assert second["changes"] == first["changes"]

    asyncio.run(asyncio.wait_for(story(), 10))


def test_the_list_alone_asks_the_tables_nothing(world: InboxWorld) -> None:
    async def story() -> None:
        async for _ in live(world, longest=0.2).changes("inbox", ""):
            pass

    asyncio.run(story())
    assert world.records.calls == 0


def test_a_watched_record_is_looked_at_ever_less_often(world: InboxWorld) -> None:
    async def story() -> None:
        async for _ in live(world, longest=1.6).changes("message", "order-1"):
            world.seconds += 100  # nothing is remembered

    world.records.add(sent_row(1))
    asyncio.run(story())
    assert world.records.calls <= 9, "three calls a look: at once, after one second, after three"


def test_a_mail_that_is_gone_ends_nothing(world: InboxWorld) -> None:
    async def story() -> None:
        assert (await anext(versions(live(world).changes("mail", "unknown"))))["record"] == ""

    asyncio.run(story())


def test_a_stream_ends_by_itself_and_when_the_simulator_stops(world: InboxWorld) -> None:
    async def pieces(stream: Live) -> list[str]:
        return [piece async for piece in stream.changes("inbox", "")]

    assert len(asyncio.run(pieces(live(world, longest=0.05)))) == 2, "how soon to come back, and the version"
    stopped = Live(world.pages.live._site, stopping=lambda: True)
    assert asyncio.run(pieces(stopped)) == ["retry: 1000\n\n"]


def test_the_answer_is_an_event_stream(world: InboxWorld) -> None:
    """Over ASGI, as a browser that hangs up after the first event."""
    sent: list[dict[str, Any]] = []
    first = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await first.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))
        if b"version" in message.get("body", b""):
            first.set()

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/live",
        "raw_path": b"/live",
        "query_string": b"watch=inbox",
        "headers": [(b"host", b"127.0.0.1:8025")],
        "scheme": "http",
        "server": ("127.0.0.1", 8025),
        "root_path": "",
    }
    asyncio.run(asyncio.wait_for(world.app(scope, receive, send), 10))
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    assert b"".join(each["body"] for each in sent[1:]).startswith(b"retry: 1000\n\nevent: version\n")


def test_another_site_hears_nothing(world: InboxWorld) -> None:
    assert world.call("GET", "/live", origin="http://evil.example").status_code == 403
    assert world.call("GET", "/live", host="evil.example").status_code == 403
