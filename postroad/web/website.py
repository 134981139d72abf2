"""The router: which section answers which request, by which page. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.web.answers import Answer, Kind
from postroad.web.http import NOT_ALLOWED, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from postroad.web.http import Response
    from postroad.web.pages import Pages
    from postroad.web.ports import Section
    from postroad.web.requests import Request, Route


class Website:
    """The pages behind all routes."""

    def __init__(
        self,
        *,
        sections: Mapping[Route, Section],
        pages: Pages,
        on_error: Callable[[BaseException], object] = lambda _: None,
    ) -> None:
        """Answer by these sections and these pages; `on_error` is told what kept one from answering."""
        self._on_error = on_error
        self._sections = sections
        self._pages = pages

    def answer(self, request: Request, *, now: datetime) -> tuple[Answer, Response]:
        """Answer one request: GET and HEAD change nothing, and a POST only what its form says."""
        section = self._sections.get(request.route) if request.route else None
        if section is None:
            answer = Answer(Kind.UNKNOWN)
            return answer, respond(answer, request, self._pages)
        if not request.looks and request.method != "POST":
            answer = Answer(Kind.UNKNOWN)
            return answer, respond(answer, request, self._pages, NOT_ALLOWED)
        locale = self._pages.locale(request.lang, request.accept_language)
        visit = replace(request.visit, locale=locale)
        looks, form = request.looks, request.form
        try:
            answer = section.look(visit, now=now) if looks else section.act(visit, form, now=now)
        except TransientError as error:
            # Whether a link is ours can't be told, say: a mail program that is told so tries again.
            self._on_error(error)
            answer = Answer(Kind.TROUBLE)
        return answer, respond(answer, request, self._pages)
