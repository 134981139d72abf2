"""The faults panel: what SES or the network shall do wrong, and how the account is set."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from postroad.local.simulator.account import Knobs
from postroad.local.simulator.faults import Fault, FaultKind, FaultPath
from postroad.local.simulator.options import EventOrder
from postroad.local.simulator.problems import convert, one_of
from postroad.local.simulator.web import shown
from postroad.local.simulator.web.site import read_form

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from postroad.local.simulator.web.site import Site

MEANINGS: Final = {
    FaultKind.THROTTLE: ("Throttle", "SES refuses: maximum sending rate exceeded."),
    FaultKind.QUOTA: ("Daily quota", "SES refuses: the day's quota is used up."),
    FaultKind.PAUSED: ("Sending paused", "SES refuses: sending is paused for the account."),
    FaultKind.SUSPENDED: ("Account suspended", "SES refuses: the account is suspended."),
    FaultKind.SERVER_ERROR: ("5xx, not sent", "SES fails, and has not taken the mail."),
    FaultKind.SENT_SERVER_ERROR: ("5xx, sent", "SES fails, though it has taken the mail."),
    FaultKind.LOST_REQUEST: ("Lost request", "No answer comes, and nothing is sent."),
    FaultKind.LOST_ANSWER: ("Lost answer", "No answer comes, though the mail is sent."),
    FaultKind.LOST_EVENTS: ("Lost events", "The mail is sent, and SES never reports on it."),
    FaultKind.DUPLICATE_EVENTS: ("Duplicate events", "Each event comes twice."),
    FaultKind.LATE_EVENTS: ("Late events", "Events come later, by the seconds below."),
    FaultKind.REORDERED_EVENTS: ("Events out of order", "The last event comes first."),
    FaultKind.OUTAGE: ("Outage, 503", "SES is down for the seconds below, and says so."),
    FaultKind.OUTAGE_DROPPED: ("Outage, silent", "SES is down for the seconds below, and drops connections."),
}
PATHS: Final = {
    FaultPath.BOTH: "both paths",
    FaultPath.FAST: "SNS alone (fast)",
    FaultPath.BULK: "Firehose alone (bulk)",
}
_NUMBERS = ("times", "skip", "seconds")


class FaultsPages:
    """`/faults`, and the forms on it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        return [
            Route("/faults", self.show, methods=["GET"]),
            Route("/faults", self.add, methods=["POST"]),
            Route("/faults/clear", self.clear, methods=["POST"]),
            Route("/account", self.change, methods=["POST"]),
            Route("/suppressed/remove", self.remove, methods=["POST"]),
        ]

    async def show(self, _: Request) -> Response:
        self._site.simulator.drop_ended_outages(now=self._site.clock.now())
        return self._page()

    async def add(self, request: Request) -> Response:
        """Add a fault. Form: kind, times (empty: until cleared), skip, recipient, seconds, path."""
        form = await read_form(request)
        given: dict[str, object] = {
            name: form[name].strip() for name in _NUMBERS if form.get(name, "").strip()
        }
        if not form.get("times", "1").strip():
            given["times"] = None
        try:
            kind = one_of("kind", form.get("kind", ""), FaultKind)
            recipient = form.get("recipient", "").strip() or "*"
            path = one_of("path", form.get("path") or FaultPath.BOTH, FaultPath)
            chosen = {"kind": kind, "recipient": recipient, "path": path, **given}
            fault = convert(chosen, Fault, strict=False)
        except ValueError as why:
            return self._page(str(why), form)
        self._site.simulator.add_fault(fault, now=self._site.clock.now())
        return _to_the_panel("pending")

    async def clear(self, request: Request) -> Response:
        """Take one fault away. Form: id; without, all of them."""
        wanted = (await read_form(request)).get("id", "")
        if not wanted:
            self._site.simulator.clear_faults()
        elif wanted.isascii() and wanted.isdigit():
            self._site.simulator.remove_fault(int(wanted[:9]))
        return _to_the_panel("pending")

    async def change(self, request: Request) -> Response:
        """Set the account. Form: rate, quota, sandbox, sending_enabled, enforcement, event_order."""
        form = await read_form(request)
        try:
            wanted = {
                "rate": form.get("rate", ""),
                "quota": form.get("quota", ""),
                "sandbox": "sandbox" in form,
                "sending_enabled": "sending_enabled" in form,
                "enforcement": form.get("enforcement", ""),
            }
            knobs = convert(wanted, Knobs, strict=False)
            order = one_of("event_order", form.get("event_order", ""), EventOrder)
        except ValueError as why:
            return self._page(str(why), form)
        self._site.simulator.configure({name: getattr(knobs, name) for name in wanted})
        self._site.options.event_order = order
        return _to_the_panel("account")

    async def remove(self, request: Request) -> Response:
        """Take an address off the account's list. Form: address, and in `back` a page of the inbox."""
        form = await read_form(request)
        self._site.simulator.unsuppress(form.get("address", ""))
        back = form.get("back", "")
        # A path of this very site, and no other: "//elsewhere" and "/\elsewhere" lead away.
        local = back.startswith(("/mails/", "/messages/")) and back.isprintable() and "\\" not in back
        return RedirectResponse(back if local else "/faults#suppressed", HTTPStatus.SEE_OTHER)

    def _page(self, wrong: str = "", form: dict[str, str] | None = None) -> Response:
        simulator = self._site.simulator
        knobs = simulator.account.knobs
        entries = sorted(simulator.suppressed().values(), key=lambda each: each.at, reverse=True)
        return self._site.page(
            "faults.html",
            {
                "section": "faults",
                "wrong": wrong,
                "wrong_field": wrong.partition(":")[0],
                "form": form or {},
                "kinds": [(kind, *MEANINGS[kind]) for kind in MEANINGS],
                "paths": PATHS,
                "pending": [(fault, MEANINGS[fault.kind][0]) for fault in list(simulator.faults.pending)],
                "knobs": knobs,
                "order": self._site.options.event_order,
                "orders": list(EventOrder),
                "sent_today": simulator.sent_last_24_hours(self._site.clock.now()),
                "suppressed": [shown.account_entry(each) for each in entries[:200]],
                "suppressed_total": len(entries),
                "refused": sorted(simulator.refused.items()),
                "changes": simulator.changes,
            },
            watch="faults",
            code=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        )


def _to_the_panel(section: str) -> Response:
    return RedirectResponse(f"/faults#{section}", HTTPStatus.SEE_OTHER)
