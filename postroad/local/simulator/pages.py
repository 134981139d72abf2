"""The inbox as a web page: server-rendered, no script, nothing from elsewhere. GET changes nothing."""

import re
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from postroad.clock import Clock
from postroad.contract.words import Status
from postroad.local.simulator import shown
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.happenings import Happening, HappeningType
from postroad.local.simulator.mail import Mail
from postroad.local.simulator.publishing import EventPublisher

FOLDER = Path(__file__).parent / "inbox"
PAGE_SIZE = 50
STATUSES = (
    Status.SENT,
    Status.DELIVERED,
    Status.DELAYED,
    Status.BOUNCED,
    Status.COMPLAINED,
    Status.REJECTED,
)
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail may style itself and show pictures that it carries; it runs nothing, loads nothing and goes nowhere.
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox"
)


class Pages:
    """Routes of the inbox beside its JSON API."""

    def __init__(self, simulator: Simulator, *, publisher: EventPublisher, clock: Clock) -> None:
        self._simulator = simulator
        self._publisher = publisher
        self._clock = clock
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
        )

    def routes(self) -> list[Route]:
        return [
            Route("/", self.list, methods=["GET"]),
            Route("/mails/{id}", self.mail, methods=["GET"]),
            Route("/mails/{id}/html", self.html, methods=["GET"]),
            Route("/mails/{id}/events", self.report, methods=["POST"]),
            Route("/inbox.css", self.style, methods=["GET"]),
        ]

    async def list(self, request: Request) -> Response:
        """Show a page of mails. Query: q (words), status, offset."""
        query = request.query_params
        words = query.get("q", "").strip()
        status = next((each for each in STATUSES if each == query.get("status")), None)
        found = [*self._simulator.mailbag.newest_first(words=words, status=status)]
        wanted = query.get("offset", "")
        offset = int(wanted) if re.fullmatch(r"[0-9]{1,9}", wanted) else 0
        offset = min(offset, max(0, len(found) - 1)) // PAGE_SIZE * PAGE_SIZE
        page = found[offset : offset + PAGE_SIZE]

        def link(start: int) -> str:
            kept = {"q": words, "status": status or "", "offset": start or ""}
            return "/?" + urlencode({name: value for name, value in kept.items() if value})

        return self._page(
            "list.html",
            rows=[shown.row(each) for each in page],
            words=words,
            status=status,
            statuses=STATUSES,
            total=len(found),
            first=offset + 1,
            last=offset + len(page),
            newer=link(offset - PAGE_SIZE) if offset else None,
            older=link(offset + PAGE_SIZE) if offset + PAGE_SIZE < len(found) else None,
        )

    async def mail(self, request: Request) -> Response:
        """Show one mail. Query: part (html, text, headers), width (phone)."""
        mail = self._find(request)
        if mail is None:
            return self._missing()
        parts = [("headers", "Headers")]
        if mail.text is not None:
            parts.insert(0, ("text", "Text"))
        if mail.html is not None:
            parts.insert(0, ("html", "HTML"))
        wanted = request.query_params.get("part")
        return self._page(
            "mail.html",
            mail=shown.mail(mail),
            parts=parts,
            part=wanted if wanted in dict(parts) else parts[0][0],
            width="phone" if request.query_params.get("width") == "phone" else "",
            many=len(mail.recipients) > 1,
        )

    async def html(self, request: Request) -> Response:
        """Answer with the mail's own HTML, for the sandboxed frame."""
        mail = self._find(request)
        if mail is None or mail.html is None:
            return self._missing()
        return Response(
            mail.html,
            media_type="text/html",
            headers={"content-security-policy": MAIL_POLICY},
        )

    async def report(self, request: Request) -> Response:
        """Do what a button says, and go back to the mail. Form: type, recipient."""
        mail = self._find(request)
        if mail is None:
            return self._missing()
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            kind = HappeningType(form.get("type", ""))
            happening = Happening(type=kind, recipient=form.get("recipient", ""))
            events = self._simulator.report(mail.ses_message_id, happening, now=self._clock.now())
        except ValueError as why:
            return self._problem(HTTPStatus.BAD_REQUEST, "That can't happen", str(why))
        self._publisher.submit(events)
        return RedirectResponse(f"/mails/{mail.ses_message_id}", HTTPStatus.SEE_OTHER)

    async def style(self, _: Request) -> Response:
        return Response((FOLDER / "inbox.css").read_text(), media_type="text/css")

    def _find(self, request: Request) -> Mail | None:
        try:
            return self._simulator.mailbag.get(request.path_params["id"])
        except KeyError:
            return None

    def _missing(self) -> Response:
        text = "It may have made room for newer mail, or the simulator has been started anew."
        return self._problem(HTTPStatus.NOT_FOUND, "This mail is not here", text)

    def _problem(self, status: HTTPStatus, title: str, text: str) -> Response:
        return self._page("problem.html", code=status, title=title, text=text)

    def _page(self, template: str, *, code: HTTPStatus = HTTPStatus.OK, **values: object) -> Response:
        counts = {"accepted": self._simulator.mailbag.accepted, **self._publisher.counts()}
        html = self._templates.get_template(template).render(counts=counts, **values)
        return Response(html, code, media_type="text/html", headers={"content-security-policy": PAGE_POLICY})
