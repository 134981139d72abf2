"""What was not sent, and why; and the decision record of any message."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.routing import Route

from postroad.explaining.meanings import NOT_SENT
from postroad.local.simulator.web import shown, shown_record
from postroad.local.simulator.web.filters import PAGE_SIZE, Wanted, contains, page_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from postroad.ledger.row import Row
    from postroad.local.simulator.web.shown_record import Record
    from postroad.local.simulator.web.site import Site

STATUSES = sorted(NOT_SENT)


def matching(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """Return the rows that the filters let through, in their order."""
    return [
        row
        for row in rows
        if (wanted.status is None or row.status is wanted.status)
        and (not wanted.stream or row.stream == wanted.stream)
        and (not wanted.template or row.template == wanted.template)
        and (not wanted.to or contains(wanted.to, row.email))
        and contains(wanted.words, row.message_id, row.email, row.template, row.reason, *row.tags.values())
    ]


class NotSentPages:
    """`/not-sent` and `/messages/<id>`: the same page, without and with a record."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        return [
            Route("/not-sent", self.overview, methods=["GET"]),
            Route("/messages/{id}", self.message, methods=["GET"]),
        ]

    async def overview(self, request: Request) -> Response:
        """Show what was not sent, newest first. Query: q, stream, template, status, to, offset."""
        return await self._page(Wanted.of(request.query_params), "", None)

    async def message(self, request: Request) -> Response:
        """Show the decision record of one message, sent or not."""
        message_id = request.path_params["id"]
        record = await self._site.record(message_id)
        return await self._page(Wanted.of(request.query_params), message_id, record)

    async def _page(self, wanted: Wanted, message_id: str, record: Record | None) -> Response:
        site = self._site
        known = await site.records.not_sent()
        found = matching(known.rows, wanted)
        offset = wanted.offset
        if message_id and not offset:
            offset = next((at for at, row in enumerate(found) if row.message_id == message_id), 0)
        start = page_start(offset, len(found))
        page = found[start : start + PAGE_SIZE]
        mails = [each for each in site.simulator.mailbag.newest_first() if each.message_id == message_id]
        return site.page(
            "not_sent.html",
            {
                "section": "not-sent",
                "wanted": wanted,
                "rows": [shown_record.line(row) for row in page],
                "trouble": known.trouble,
                "cut": known.cut,
                "statuses": STATUSES,
                "streams": sorted({*(row.stream for row in known.rows), wanted.stream} - {""}),
                "templates": sorted({*(row.template for row in known.rows), wanted.template} - {""}),
                "total": len(found),
                "start": start,
                "last": start + len(page),
                "size": PAGE_SIZE,
                "hold": bool(start or wanted.filters),
                "selected": message_id,
                "mails": [shown.row(each) for each in mails[:PAGE_SIZE]] if message_id else [],
                "record": None
                if record is None
                else shown_record.record(record, site.simulator.suppressed(), now=site.clock.now()),
                "changes": site.simulator.changes,
            },
            watch=f"message&id={quote(message_id)}" if message_id else "not-sent",
            code=HTTPStatus.OK if record is None or record.row is not None else HTTPStatus.NOT_FOUND,
        )
