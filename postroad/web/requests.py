"""A request as far as the pages read it: which route, whose visit, what its form says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.web.token import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Route(StrEnum):
    """What there is on the web domain, as API Gateway writes its paths."""

    LEAVING = "/u/{token}"
    PREFERENCES = "/p/{token}"
    CONFIRMING = "/c/{token}"
    SUBSCRIBING = "/subscribe"


SERVED = (Route.LEAVING, Route.PREFERENCES, Route.CONFIRMING, Route.SUBSCRIBING)
"""What the API leads to the function, and the function answers."""


_LEADS_TO = {
    Purpose.UNSUBSCRIBE: Route.LEAVING,
    Purpose.PREFERENCES: Route.PREFERENCES,
    Purpose.CONFIRM: Route.CONFIRMING,
}


def link(web_url: str, purpose: Purpose, token: str) -> str:
    """Return the address of the page where this token is good for its purpose."""
    return web_url + _LEADS_TO[purpose].value.format(token=token)


MESSAGE_PARAMETER = "m"
"""Of a link's query: the message that the link stands in. No id needs escaping there (RFC 3986, 3.4)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: the link's token, the machine that it comes from, and its id at the gateway.

    `locale` is the one of our own that the visitor reads; `message_id` names the mail that the link stood in,
    as far as whoever asks says so: no page repeats anything else of these.
    """

    token: str
    ip: str
    request_id: str
    locale: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form by name in lower case, each with its values in their order.

    `json`: they were a JSON object's.
    """

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    json: bool = False

    def one(self, name: str) -> str:
        """Return the field's first value, or "" where it isn't there."""
        values = self.fields.get(name, ())
        return values[0] if values else ""

    def all(self, name: str) -> Sequence[str]:
        """Return all values of the field."""
        return self.fields.get(name, ())


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `route` is None for what leads nowhere.

    `form` is None for a body that is no form, or far too long. A JSON object is read into a form on
    /subscribe alone, and answered by JSON: `json` says that it was one, or was said to be.
    """

    route: Route | None
    method: str
    visit: Visit
    lang: str
    accept_language: str
    form: Form | None
    json: bool = False

    @property
    def looks(self) -> bool:
        """Whether it only wants to see."""
        return self.method in {"GET", "HEAD"}
