"""The JSON API of the inbox: for tests, the demo and curl. GET changes nothing; POST takes JSON."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from postroad.clock import Clock
from postroad.contract.words import Status
from postroad.explaining import meanings
from postroad.explaining.decision_record import record as decision_record
from postroad.local.simulator.answers import answer, body_of, error, get, post
from postroad.local.simulator.api_account import AccountApi
from postroad.local.simulator.asked import Asked, Asking, NobodyAsks
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.errands import Errands
from postroad.local.simulator.events import instant
from postroad.local.simulator.happenings import Happening
from postroad.local.simulator.links import links_of
from postroad.local.simulator.mail import Mail, SesEvent
from postroad.local.simulator.one_click import one_click_of
from postroad.local.simulator.options import Options
from postroad.local.simulator.problems import one_of, read_json
from postroad.local.simulator.publishing import EventPublisher
from postroad.local.simulator.records import MemoryRecords, latest_time
from postroad.local.simulator.web.filters import Wanted, stream_of
from postroad.local.simulator.web.not_sent_pages import matching
from postroad.local.simulator.web.watched import WatchedRecords

MOST_IN_A_PAGE = 1000
NO_SUCH_MAIL = "No such mail, or it is no longer kept: ids are those that SES answered."


class Api:
    """Routes under /api; each answer is JSON, an error's with a `message` that says what to do."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        publisher: EventPublisher,
        clock: Clock,
        options: Options,
        records: WatchedRecords | None = None,
        asking: Asking | None = None,
    ) -> None:
        self._simulator = simulator
        self._publisher = publisher
        self._clock = clock
        self._records = records or WatchedRecords(MemoryRecords())
        self._errands = Errands(simulator, asking or NobodyAsks(), clock)
        self._account = AccountApi(simulator, options, clock)

    def routes(self) -> list[Route]:
        return [
            get("/api/mails", self.mails),
            get("/api/mails/{id}", self.mail),
            post("/api/mails/{id}/events", self.report),
            post("/api/mails/{id}/prefetch", self.prefetch),
            post("/api/mails/{id}/unsubscribe", self.unsubscribe),
            get("/api/not-sent", self.not_sent),
            get("/api/messages/{id}", self.message),
            get("/api/counts", self.counts),
            *self._account.routes(),
            post("/api/clear", self.clear),
        ]

    async def mails(self, request: Request) -> Response:
        """List newest first. Query: q (words), stream, status, message_id, to, canaries, limit, offset."""
        query = request.query_params
        try:
            limit, offset = _place(request)
            status = one_of("status", query["status"], Status) if query.get("status") else None
        except ValueError as why:
            return error(400, str(why))
        found = [
            each
            for each in self._simulator.mailbag.newest_first(
                words=query.get("q", ""), status=status, canaries=query.get("canaries") == "true"
            )
            if query.get("message_id") in {None, each.message_id}
            and query.get("stream", "") in {"", stream_of(each.configuration_set)}
            and (not query.get("to") or query["to"].lower() in {one.lower() for one in each.recipients})
        ]
        page = found[offset : offset + limit]
        return answer({"total": len(found), "mails": [summary(each) for each in page]})

    async def mail(self, request: Request) -> Response:
        try:
            return answer(detail(self._simulator.mailbag.get(request.path_params["id"])))
        except KeyError:
            return error(404, NO_SUCH_MAIL)

    async def report(self, request: Request) -> Response:
        """Let something happen to a mail; answers what was published. Body: `happenings.Happening`."""
        try:
            happening = read_json(await request.body(), Happening)
            events = self._simulator.report(request.path_params["id"], happening, now=self._clock.now())
        except KeyError:
            return error(404, NO_SUCH_MAIL)
        except ValueError as why:
            return error(400, str(why))
        return self._published(events)

    async def prefetch(self, request: Request) -> Response:
        """Open a mail and follow all its links, as a scanner does. Body: {} or {"recipient": …}."""
        try:
            given = await body_of(request)
            recipient = str(given.get("recipient", ""))
            mail_id = request.path_params["id"]
            mail = self._simulator.mailbag.get(mail_id)
            events = self._simulator.prefetch(mail_id, now=self._clock.now(), recipient=recipient)
        except KeyError:
            return error(404, NO_SUCH_MAIL)
        except ValueError as why:
            return error(400, str(why))
        asked = await self._errands.scan(mail)
        return self._published(events, asked=[_asked(each) for each in asked])

    async def unsubscribe(self, request: Request) -> Response:
        """Press the button that mail programs show beside the sender. Body: {}."""
        try:
            await body_of(request)
            asked = await self._errands.one_click(self._simulator.mailbag.get(request.path_params["id"]))
        except KeyError:
            return error(404, NO_SUCH_MAIL)
        except ValueError as why:
            return error(400, str(why))
        return answer({"asked": _asked(asked)}, 201)

    async def not_sent(self, request: Request) -> Response:
        """List what was not sent, newest first. Query: as the page's (`filters.Wanted`), limit, offset."""
        query = request.query_params
        try:
            limit, offset = _place(request)
            if query.get("status"):
                one_of("status", query["status"], Status)
        except ValueError as why:
            return error(400, str(why))
        known = await self._records.not_sent()
        found = matching(known.rows, Wanted.of(query))
        return answer(
            {
                "total": len(found),
                "cut": known.cut or None,
                "trouble": known.trouble or None,
                "messages": [
                    {
                        "message_id": row.message_id,
                        "at": latest_time(row),
                        "to": row.email or None,
                        "stream": row.stream or None,
                        "template": row.template or None,
                        "status": row.status,
                        "reason": row.reason or None,
                        "why": meanings.of_reason(row.reason) if row.reason else None,
                        "detail": row.detail or None,
                    }
                    for row in found[offset : offset + limit]
                ],
            }
        )

    async def message(self, request: Request) -> Response:
        """Answer with a message's decision record, as `postroad why --json` prints it."""
        message_id = request.path_params["id"]
        known = await self._records.rows([message_id])
        row = known.rows.get(message_id)
        if row is None:
            if known.trouble:
                return error(503, known.trouble)
            return error(404, "No record of this message: it may still wait in its queue.")
        suppression, trouble = (
            await self._records.suppression(row.address_key) if row.address_key else (None, "")
        )
        if trouble:
            return error(503, trouble)
        return answer(decision_record(row, suppression, now=self._clock.now()))

    async def counts(self, _: Request) -> Response:
        bag = self._simulator.mailbag
        return answer(
            {
                "accepted": bag.accepted,
                "canaries": bag.canaries,
                "kept": len(bag),
                "by_message_id": dict(bag.by_message_id),
                "refused": dict(self._simulator.refused),
                "events": self._publisher.counts(),
            }
        )

    async def clear(self, _: Request) -> Response:
        self._simulator.forget_mail()
        return answer({"accepted": 0})

    def _published(self, events: tuple[SesEvent, ...], **more: object) -> Response:
        self._publisher.submit(events)
        asked = sorted({each for event in events for each in event.destinations})
        not_reported = sorted({event.unreported for event in events if event.unreported})
        payloads = [event.payload for event in events]
        told = {"events": payloads, "destinations": asked, "not_reported": not_reported}
        return answer({**told, **more}, 201)


def _place(request: Request) -> tuple[int, int]:
    """Read limit and offset; raises ValueError naming the one that is no number."""
    found = []
    for name, usual in (("limit", "100"), ("offset", "0")):
        text = request.query_params.get(name, usual)
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{name}: a whole number from 0 on, not {text[:100]!r}")
        found.append(int(text[:12]))
    return min(found[0], MOST_IN_A_PAGE), found[1]


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
        "stream": stream_of(mail.configuration_set),
        "configuration_set": mail.configuration_set,
        "tags": mail.tags,
        "size": mail.size,
    }


def _asked(asked: Asked) -> dict[str, object]:
    return {
        "by": asked.errand,
        "method": asked.method,
        "url": asked.url,
        "at": instant(asked.at),
        "status": asked.answered.status or None,
        "trouble": asked.answered.trouble or None,
    }


def detail(mail: Mail) -> dict[str, object]:
    one_click = one_click_of(mail)
    return summary(mail) | {
        "one_click": one_click.url or None if one_click else None,
        "no_one_click": one_click.why_not or None if one_click else None,
        "asked": [_asked(each) for each in mail.asked],
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
        "links": [
            {"url": each.url, "text": each.text, "tracked": each.tracked, "why_not": each.why_not or None}
            for each in links_of(mail)
        ],
        "events": [
            {
                "type": each.type,
                "at": instant(each.at),
                "recipient": each.recipient,
                "summary": each.summary,
                "destinations": list(each.destinations),
                "not_reported": each.unreported or None,
                "payload": each.payload,
            }
            for each in mail.events
        ],
    }
