"""What belongs to one mail: its HTML for the frame, its source and attachments as files, and its buttons."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from postroad.local.simulator.agents import AGENTS, Reader
from postroad.local.simulator.happenings import Happening, HappeningType
from postroad.local.simulator.problems import one_of
from postroad.local.simulator.web.files import download_headers
from postroad.local.simulator.web.filters import Wanted
from postroad.local.simulator.web.scheme import Scheme, in_scheme, with_pictures, without_hints
from postroad.local.simulator.web.site import read_form
from postroad.local.simulator.web.source import source_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from postroad.local.simulator.errands import Errands
    from postroad.local.simulator.mail import Mail, SesEvent
    from postroad.local.simulator.web.site import Site

# A mail may style itself and show pictures that it carries; it runs nothing and loads nothing. Its links open
# in a tab of their own, which knows nothing of this one.
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
PREFETCH = "prefetch"


class MailPages:
    """Routes below `/mails/<id>`."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site = site
        self._errands = errands

    def routes(self) -> list[Route]:
        return [
            Route("/mails/{id}/html", self.html, methods=["GET"]),
            Route("/mails/{id}/source.eml", self.source, methods=["GET"]),
            Route("/mails/{id}/attachments/{number:int}", self.attachment, methods=["GET"]),
            Route("/mails/{id}/events", self.report, methods=["POST"]),
            Route("/mails/{id}/unsubscribe", self.unsubscribe, methods=["POST"]),
        ]

    async def html(self, request: Request) -> Response:
        """Answer with the mail's HTML for the sandboxed frame. Query: scheme; without, as it was sent."""
        mail = self._find(request)
        if mail is None or mail.html is None:
            return self._missing()
        wanted = next((each for each in Scheme if each == request.query_params.get("scheme")), None)
        shown = (
            mail.html if wanted is None else with_pictures(in_scheme(without_hints(mail.html), wanted), mail)
        )
        if wanted is not None:
            shown += '<base target="_blank">'
        return Response(shown, media_type="text/html", headers={"content-security-policy": MAIL_POLICY})

    async def source(self, request: Request) -> Response:
        """Answer with the mail as a file that mail programs open."""
        mail = self._find(request)
        if mail is None:
            return self._missing()
        region = self._site.simulator.deployed.region
        content = await run_in_threadpool(source_of, mail, region=region)
        headers = download_headers(f"{mail.message_id or mail.ses_message_id}.eml")
        return Response(content, media_type="message/rfc822", headers=headers)

    async def attachment(self, request: Request) -> Response:
        """Answer with an attachment as a file; its own type is a stranger's word, and stays unsaid."""
        mail = self._find(request)
        number = request.path_params["number"]
        if mail is None or number >= len(mail.attachments):
            return self._missing()
        found = mail.attachments[number]
        return Response(
            found.raw_content,
            media_type="application/octet-stream",
            headers=download_headers(found.file_name),
        )

    async def report(self, request: Request) -> Response:
        """Do what a button says, and go back to the mail.

        Form: type, recipient; reader (person, machine) for open and click; link for click; and in `back` the
        query of the page that was left.
        """
        mail = self._find(request)
        if mail is None:
            return self._missing()
        form = await read_form(request)
        try:
            events = self._happen(mail, form)
        except ValueError as why:
            return self._site.problem(HTTPStatus.BAD_REQUEST, "That can't happen", str(why))
        self._site.publisher.submit(events)
        if form.get("type") == PREFETCH:
            await self._errands.scan(mail)
        return _back_to(mail, form)

    async def unsubscribe(self, request: Request) -> Response:
        """Do what a mail program's own button does, and go back to the mail. Form: `back`, as above."""
        mail = self._find(request)
        if mail is None:
            return self._missing()
        form = await read_form(request)
        try:
            await self._errands.one_click(mail)
        except ValueError as why:
            return self._site.problem(HTTPStatus.BAD_REQUEST, "There is no such button", str(why))
        return _back_to(mail, form)

    def _happen(self, mail: Mail, form: dict[str, str]) -> tuple[SesEvent, ...]:
        simulator, now = self._site.simulator, self._site.clock.now()
        recipient, said = form.get("recipient", ""), form.get("type", "")
        if said == PREFETCH:
            return simulator.prefetch(mail.ses_message_id, now=now, recipient=recipient)
        kind = one_of("type", said, HappeningType, PREFETCH)
        agent = AGENTS[one_of("reader", form.get("reader") or Reader.PERSON, Reader)]
        happening = Happening(
            type=kind,
            recipient=recipient,
            link=form.get("link", "") if kind is HappeningType.CLICK else "",
            user_agent=agent.user_agent,
            is_bot=agent.is_bot,
            ip_address=agent.ip_address,
        )
        return simulator.report(mail.ses_message_id, happening, now=now)

    def _find(self, request: Request) -> Mail | None:
        try:
            return self._site.simulator.mailbag.get(request.path_params["id"])
        except KeyError:
            return None

    def _missing(self) -> Response:
        text = "It may have made room for newer mail, or the simulator has been started anew."
        return self._site.problem(HTTPStatus.NOT_FOUND, "This mail is not here", text)


def _back_to(mail: Mail, form: dict[str, str]) -> Response:
    back = Wanted.of(dict(parse_qsl(form.get("back", "").removeprefix("?"))))
    return RedirectResponse(f"/mails/{mail.ses_message_id}{back.query()}", HTTPStatus.SEE_OTHER)
