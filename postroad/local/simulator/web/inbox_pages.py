"""The inbox: a list of mails, and one of them beside it."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from postroad.contract.words import Status
from postroad.local.simulator.web import shown, shown_record
from postroad.local.simulator.web.filters import PAGE_SIZE, Part, Wanted, contains, page_start, stream_of
from postroad.local.simulator.web.scheme import has_remote_pictures, supports_dark
from postroad.local.simulator.web.source import source_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from postroad.local.simulator.mail import Mail
    from postroad.local.simulator.web.site import Site

STATUSES = (
    Status.SENT,
    Status.DELIVERED,
    Status.DELAYED,
    Status.BOUNCED,
    Status.COMPLAINED,
    Status.REJECTED,
)
LONGEST_SOURCE = 300_000
"""Characters of a source that the page shows; the whole can be downloaded."""


class InboxPages:
    """`/` and `/mails/<id>`: the same page, without and with a mail."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        return [
            Route("/", self.overview, methods=["GET"]),
            Route("/mails/{id}", self.mail, methods=["GET"]),
        ]

    async def overview(self, request: Request) -> Response:
        """Show a page of mails. Query: q, stream, template, status, to, offset; see `filters.Wanted`."""
        return await self._page(Wanted.of(request.query_params), None)

    async def mail(self, request: Request) -> Response:
        """Show one mail beside the list. Query: as the list, and part, width, scheme."""
        try:
            mail = self._site.simulator.mailbag.get(request.path_params["id"])
        except KeyError:
            text = "It may have made room for newer mail, or the simulator has been started anew."
            return self._site.problem(HTTPStatus.NOT_FOUND, "This mail is not here", text)
        return await self._page(Wanted.of(request.query_params), mail)

    async def _page(self, wanted: Wanted, mail: Mail | None) -> Response:
        site = self._site
        changes = site.simulator.changes
        found, trouble = await self._found(wanted)
        offset = wanted.offset
        if mail is not None and not offset:
            offset = next((at for at, each in enumerate(found) if each is mail), 0)
        start = page_start(offset, len(found))
        page = found[start : start + PAGE_SIZE]
        opened = [mail] if mail is not None else []
        known = await site.records.rows(each.message_id for each in (*page, *opened))
        values: dict[str, object] = {
            "section": "inbox",
            "wanted": wanted,
            "rows": [shown.row(each, known.rows.get(each.message_id)) for each in page],
            "trouble": trouble or known.trouble,
            "statuses": STATUSES,
            "streams": self._streams(wanted),
            "templates": sorted({*site.records.templates(), *filter(None, [wanted.template])}),
            "total": len(found),
            "start": start,
            "last": start + len(page),
            "size": PAGE_SIZE,
            "hold": bool(start or wanted.filters),
            "selected": mail.ses_message_id if mail is not None else "",
            "changes": changes,
        }
        if mail is None:
            return site.page(
                "inbox.html", values | {"mail": None, "by_status": self._by_status()}, watch="inbox"
            )
        values |= await self._of_mail(mail, wanted)
        return site.page("inbox.html", values, watch=f"mail&id={mail.ses_message_id}")

    async def _of_mail(self, mail: Mail, wanted: Wanted) -> dict[str, object]:
        site = self._site
        record = await site.record(mail.message_id)
        suppressed = site.simulator.suppressed()
        parts = shown.parts(mail)
        part = wanted.part if wanted.part in dict(parts) else parts[0][0]
        source = ""
        if part is Part.SOURCE:
            region = site.simulator.deployed.region
            source = (await run_in_threadpool(source_of, mail, region=region)).decode("utf-8", "replace")
        html = mail.html or ""
        return {
            "mail": shown.mail(mail, record.row, suppressed),
            "record": shown_record.record(record, suppressed, now=site.clock.now()),
            "parts": parts,
            "part": part,
            "many": len(mail.recipients) > 1,
            "source": source[:LONGEST_SOURCE].replace("\r\n", "\n"),
            "source_cut": len(source) > LONGEST_SOURCE,
            "dark_known": supports_dark(html),
            "remote_pictures": has_remote_pictures(html),
        }

    async def _found(self, wanted: Wanted) -> tuple[list[Mail], str]:
        mails = self._site.simulator.mailbag.newest_first(words=wanted.words, status=wanted.status)
        found = [
            each
            for each in mails
            if (not wanted.stream or stream_of(each.configuration_set) == wanted.stream)
            and (not wanted.to or contains(wanted.to, *each.recipients, *map(shown.decoded, each.to)))
        ]
        if not wanted.template:
            return found, ""
        known = await self._site.records.rows((each.message_id for each in found), fresh=False)
        return [
            each
            for each in found
            if (row := known.rows.get(each.message_id)) is not None and row.template == wanted.template
        ], known.trouble

    def _streams(self, wanted: Wanted) -> list[str]:
        simulator = self._site.simulator
        sets = {each.configuration_set for each in simulator.mailbag.newest_first()}
        names = {stream_of(each) for each in (*sets, *simulator.deployed.configuration_sets)}
        return sorted(filter(None, {*names, wanted.stream}))

    def _by_status(self) -> list[tuple[Status, int]]:
        counted = Counter(each.status for each in self._site.simulator.mailbag.newest_first())
        return [(status, counted[status]) for status in STATUSES if counted[status]]
