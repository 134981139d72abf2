"""What each request is answered: which use case, which page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.web.answers import Kind
from postroad.web.http import BAD_REQUEST, NOT_ALLOWED, respond, wish_of
from postroad.web.unsubscribing import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.web.http import Request, Response
    from postroad.web.pages import Pages
    from postroad.web.unsubscribing import Unsubscribing


class Website:
    """The pages behind `/u/<token>`."""

    def __init__(self, *, unsubscribing: Unsubscribing, pages: Pages) -> None:
        """Use this use case and these pages."""
        self._unsubscribing = unsubscribing
        self._pages = pages

    def answer(self, request: Request, *, now: datetime) -> tuple[Answer, Response]:
        """Answer one request: GET and HEAD change nothing, and a POST only what its form says."""
        if request.looks:
            answer = self._unsubscribing.look(request.visit, now=now)
            return answer, respond(answer, request, self._pages)
        if request.method != "POST":
            answer = Answer(Kind.UNKNOWN)
            return answer, respond(answer, request, self._pages, NOT_ALLOWED)
        wish = wish_of(request.form)
        if wish is None:
            answer = self._unsubscribing.look(request.visit, now=now)
            status = BAD_REQUEST if answer.kind is Kind.ASK else None
            return answer, respond(answer, request, self._pages, status)
        answer = self._unsubscribing.leave(request.visit, wish.leaves, wish.how, wish.why, now=now)
        return answer, respond(answer, request, self._pages)
