"""The JSON API of the inbox: for tests, the demo and curl. GET changes nothing; POST takes JSON."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from postroad.clock import Clock
from postroad.contract.words import Status
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.events import instant
from postroad.local.simulator.faults import Fault
from postroad.local.simulator.happenings import Happening
from postroad.local.simulator.mail import Mail
from postroad.local.simulator.options import Options
from postroad.local.simulator.publishing import EventPublisher

MOST_IN_A_PAGE = 1000
Endpoint = Callable[[Request], Awaitable[Response]]


class Api:
    """Routes under /api; each answer is JSON, an error's with a `message` that says what to do."""

    def __init__(
        self, simulator: Simulator, *, publisher: EventPublisher, clock: Clock, options: Options
    ) -> None:
        self._simulator = simulator
        self._publisher = publisher
        self._clock = clock
        self._options = options

    def routes(self) -> list[Route]:
        return [
            _get("/api/mails", self.mails),
            _get("/api/mails/{id}", self.mail),
            _post("/api/mails/{id}/events", self.report),
            _get("/api/counts", self.counts),
            _get("/api/faults", self.faults),
            _post("/api/faults", self.add_fault),
            _post("/api/faults/clear", self.clear_faults),
            _get("/api/settings", self.settings),
            _post("/api/settings", self.change_settings),
            _get("/api/suppressed", self.suppressed),
            _post("/api/clear", self.clear),
        ]

    async def mails(self, request: Request) -> Response:
        """List newest first. Query: q (words), status, message_id, to, limit, offset."""
        query = request.query_params
        try:
            limit = min(int(query.get("limit", "100")), MOST_IN_A_PAGE)
            offset = int(query.get("offset", "0"))
            status = Status(query["status"]) if query.get("status") else None
        except ValueError as why:
            return _error(400, str(why))
        found = [
            each
            for each in self._simulator.mailbag.newest_first(words=query.get("q", ""), status=status)
            if query.get("message_id") in {None, each.message_id}
            and (not query.get("to") or query["to"].lower() in {one.lower() for one in each.recipients})
        ]
        page = found[max(0, offset) : max(0, offset) + max(0, limit)]
        return _json({"total": len(found), "mails": [summary(each) for each in page]})

    async def mail(self, request: Request) -> Response:
        try:
            return _json(detail(self._simulator.mailbag.get(request.path_params["id"])))
        except KeyError:
            return _error(404, "No such mail, or it is no longer kept: ids are those that SES answered.")

    async def report(self, request: Request) -> Response:
        """Let something happen to a mail; answers what was published. Body: `happenings.Happening`."""
        try:
            happening = msgspec.json.decode(await request.body(), type=Happening)
            events = self._simulator.report(request.path_params["id"], happening, now=self._clock.now())
        except KeyError:
            return _error(404, "No such mail, or it is no longer kept: ids are those that SES answered.")
        except ValueError as why:  # msgspec's errors are ValueErrors
            return _error(400, str(why))
        self._publisher.submit(events)
        topics = sorted({topic for event in events for topic in event.topics})
        return _json({"events": [event.payload for event in events], "topics": topics}, 201)

    async def counts(self, _: Request) -> Response:
        bag = self._simulator.mailbag
        return _json(
            {
                "accepted": bag.accepted,
                "kept": len(bag),
                "by_message_id": dict(bag.by_message_id),
                "refused": dict(self._simulator.refused),
                "events": self._publisher.counts(),
            }
        )

    async def faults(self, _: Request) -> Response:
        return _json({"faults": self._simulator.faults.pending})

    async def add_fault(self, request: Request) -> Response:
        """Body: `faults.Fault`."""
        try:
            fault = msgspec.json.decode(await request.body(), type=Fault)
        except msgspec.DecodeError as why:
            return _error(400, str(why))
        self._simulator.add_fault(fault)
        return _json({"faults": self._simulator.faults.pending}, 201)

    async def clear_faults(self, _: Request) -> Response:
        self._simulator.clear_faults()
        return _json({"faults": []})

    async def settings(self, _: Request) -> Response:
        return _json({"account": self._simulator.account.knobs, "options": self._options})

    async def change_settings(self, request: Request) -> Response:
        """Body: {"account": {some of account.Knobs}, "options": {some of Options}}."""
        try:
            change = msgspec.json.decode(await request.body(), type=_Change)
            wanted = msgspec.convert({**msgspec.to_builtins(self._options), **change.options}, Options)
            self._simulator.configure(change.account)
        except msgspec.DecodeError as why:
            return _error(400, str(why))
        self._options.event_order = wanted.event_order
        return await self.settings(request)

    async def suppressed(self, _: Request) -> Response:
        entries = self._simulator.suppressed().values()
        return _json(
            {"addresses": [{"address": e.address, "reason": e.reason, "at": instant(e.at)} for e in entries]}
        )

    async def clear(self, _: Request) -> Response:
        self._simulator.mailbag.clear()
        return _json({"accepted": 0})


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    account: dict[str, object] = {}
    options: dict[str, object] = {}


def summary(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.ses_message_id,
        "message_id": mail.message_id,
        "at": instant(mail.at),
        "from": mail.sender,
        "to": list(mail.to),
        "recipients": list(mail.recipients),
        "subject": mail.subject,
        "status": mail.status,
        "configuration_set": mail.configuration_set,
        "tags": mail.tags,
        "size": mail.size,
    }


def detail(mail: Mail) -> dict[str, object]:
    return summary(mail) | {
        "cc": list(mail.cc),
        "bcc": list(mail.bcc),
        "reply_to": list(mail.reply_to),
        "html": mail.html,
        "text": mail.text,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "attachments": [
            {"filename": each.file_name, "content_type": each.content_type, "size": len(each.raw_content)}
            for each in mail.attachments
        ],
        "events": [
            {
                "type": each.type,
                "at": instant(each.at),
                "recipient": each.recipient,
                "summary": each.summary,
                "topics": list(each.topics),
                "payload": each.payload,
            }
            for each in mail.events
        ],
    }


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _error(status: int, message: str) -> Response:
    return _json({"message": message}, status)
