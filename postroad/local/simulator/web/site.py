"""What all pages share: what they read, and how they are rendered."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

import jinja2
from starlette.responses import Response

from postroad.local.simulator.web.shown_record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from postroad.clock import Clock
    from postroad.local.simulator.core import Simulator
    from postroad.local.simulator.options import Options
    from postroad.local.simulator.publishing import EventPublisher
    from postroad.local.simulator.web.watched import WatchedRecords

FOLDER = Path(__file__).parents[1] / "inbox"
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LARGEST_FORM = 64 * 1024


class Site:
    """The simulator and Postroad's records behind the pages, and their templates."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        publisher: EventPublisher,
        clock: Clock,
        records: WatchedRecords,
        options: Options,
        started: str,
    ) -> None:
        """Read nothing yet; `started` tells this run of the simulator from an earlier one."""
        self.simulator = simulator
        self.publisher = publisher
        self.clock = clock
        self.records = records
        self.options = options
        self.started = started
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["path"] = lambda text: quote(text, safe="")

    async def record(self, message_id: str) -> Record:
        """Read one message's record, and what stops its recipient."""
        if not message_id:
            return Record(trouble="This mail names no message: it was not sent by Postroad.")
        known = await self.records.rows([message_id])
        row = known.rows.get(message_id)
        if row is None:
            return Record(trouble=known.trouble or "Postroad's tables hold no record of this message.")
        if not row.address_key:
            return Record(row)
        suppression, trouble = await self.records.suppression(row.address_key)
        return Record(row, suppression, trouble)

    def page(
        self, template: str, values: Mapping[str, object], *, watch: str, code: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        """Render a page; `watch` is the query with which the page asks for live updates."""
        shared = {
            "counts": {"accepted": self.simulator.mailbag.accepted, **self.publisher.counts()},
            "watch": watch,
            "started": self.started,
            "faults_pending": bool(self.simulator.faults.pending),
        }
        html = self._templates.get_template(template).render({**shared, **values})
        return Response(html, code, media_type="text/html", headers={"content-security-policy": PAGE_POLICY})

    def problem(self, code: HTTPStatus, title: str, text: str) -> Response:
        """Render a page that says what is wrong and what to do."""
        return self.page("problem.html", {"section": "", "title": title, "text": text}, watch="", code=code)


async def read_form(request: Request) -> dict[str, str]:
    """Read a small form as the pages send it; a longer body is cut, and then lacks what follows."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            break
    return dict(parse_qsl(body[:LARGEST_FORM].decode("utf-8", "replace"), keep_blank_values=True))
