"""Tells open pages when what they show has changed: server-sent events (HTML Living Standard, section 9.2).

A page gets a version, and asks for itself again when it shows another. So nothing is lost when a connection
breaks or the simulator is started anew, and a page that nobody looks at costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import StreamingResponse
from starlette.routing import Route

from postroad.local.simulator.web import shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from postroad.local.simulator.web.site import Site

TICK_SECONDS = 0.25
KEEP_ALIVE_SECONDS = 15.0
LONGEST_SECONDS = 300.0
"""A stream ends after this long, and the browser opens the next: none outlives its page for ever."""
RETRY_MILLISECONDS = 1000
LOOK_SECONDS = (1.0, 2.0, 3.0, 5.0)
"""How long after the last look a record is looked at again: often while it changes, and seldom after."""
RECORDS = frozenset(["mail", "message", "not-sent"])


class Live:
    """`/live`. Query: watch (inbox, faults, mail, message, not-sent), and id for the third and fourth."""

    def __init__(
        self,
        site: Site,
        *,
        stopping: Callable[[], bool] = lambda: False,
        tick: float = TICK_SECONDS,
        longest: float = LONGEST_SECONDS,
    ) -> None:
        self._site = site
        self._stopping = stopping
        self._tick = tick
        self._longest = longest

    def routes(self) -> list[Route]:
        return [Route("/live", self.stream, methods=["GET"])]

    async def stream(self, request: Request) -> Response:
        query = request.query_params
        changes = self.changes(query.get("watch", "inbox"), query.get("id", ""))
        return StreamingResponse(changes, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def changes(self, watch: str, wanted_id: str) -> AsyncIterator[str]:
        """Yield the present version, and then each new one; between them comments that keep it alive."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        began = said_at = time.monotonic()
        record, look_at, quiet = "", began, 0
        sent: bytes | None = None
        while not self._stopping() and (now := time.monotonic()) - began < self._longest:
            if watch in RECORDS and now >= look_at:
                found = await self._record(watch, wanted_id)
                quiet = 0 if found != record else min(quiet + 1, len(LOOK_SECONDS) - 1)
                record, look_at = found, time.monotonic() + LOOK_SECONDS[quiet]
            version = self._version(record)
            if version != sent:
                sent, said_at = version, now
                yield f"event: version\ndata: {version.decode()}\n\n"
            elif now - said_at >= KEEP_ALIVE_SECONDS:
                said_at = now
                yield ": still here\n\n"
            await asyncio.sleep(self._tick)

    def _version(self, record: str) -> bytes:
        simulator = self._site.simulator
        newest = simulator.mailbag.newest()
        return msgspec.json.encode(
            {
                "started": self._site.started,
                "changes": simulator.changes,
                "record": record,
                "accepted": simulator.mailbag.accepted,
                "newest": None
                if newest is None
                else {
                    "id": newest.ses_message_id,
                    "subject": newest.subject,
                    "to": ", ".join(shown.decoded(each) for each in newest.to),
                },
            }
        )

    async def _record(self, watch: str, wanted_id: str) -> str:
        """Return a text that changes with what the tables say of the page."""
        if watch == "not-sent":
            return await self._not_sent()
        message_id = wanted_id
        if watch == "mail":
            try:
                message_id = self._site.simulator.mailbag.get(wanted_id).message_id
            except KeyError:
                return ""
        found = await self._site.record(message_id)
        scopes = found.suppression.scopes if found.suppression else {}
        version = found.row.version if found.row else 0
        stands = ",".join(f"{scope}@{entry.since.isoformat()}" for scope, entry in sorted(scopes.items()))
        both = f"{version} {stands}"
        return f"{both} {await self._not_sent()}" if watch == "message" else both

    async def _not_sent(self) -> str:
        listed = await self._site.records.not_sent()
        first = listed.rows[0] if listed.rows else None
        versions = sum(row.version for row in listed.rows)
        return f"{len(listed.rows)} {versions} {first.message_id if first else ''}"
