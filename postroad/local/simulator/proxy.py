"""The SES endpoint: passes each signed request on to MiniStack unchanged, and answers in its stead.

MiniStack sees who calls and whether IAM and the identity allow it; what it refuses is passed on and nothing
is kept. What it does not know (events, headers, tags, quota, the account suppression list) is added here.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from postroad.clock import Clock, offset
from postroad.local.simulator import account_calls, signing
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.options import EventOrder, Options
from postroad.local.simulator.publishing import EventPublisher
from postroad.local.simulator.reply import Reply, bad_request
from postroad.local.simulator.ses import Discovery
from postroad.local.simulator.striking import Outcome

_log = logging.getLogger("postroad.simulator")

# Connection-bound headers of RFC 9110, section 7.6.1, and the length that is written anew.
_OF_THE_CONNECTION = frozenset(
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]
)
_REFUSED_CALLER = frozenset([401, 403])
_LONGEST_WAIT_FOR_EVENTS = 30.0  # seconds
OUTBOUND = "/v2/email/outbound"
SEND_EMAIL = f"{OUTBOUND}-emails"
EVERY_METHOD = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]


class Proxy:
    """Answers each call after MiniStack has had its say."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        upstream: httpx.AsyncClient,
        discovery: Discovery,
        publisher: EventPublisher,
        clock: Clock,
        new_ses_message_id: Callable[[], str],
        options: Options,
    ) -> None:
        self._simulator = simulator
        self._upstream = upstream
        self._discovery = discovery
        self._publisher = publisher
        self._clock = clock
        self._new_ses_message_id = new_ses_message_id
        self._options = options

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(SEND_EMAIL, self.send_email, methods=["POST"]),
                Route(f"{OUTBOUND}-bulk-emails", self.refuse_bulk, methods=["POST"]),
                Route("/{path:path}", self.any_other, methods=EVERY_METHOD),
            ]
        )

    async def pass_on(self, request: Request) -> Response:
        """Forward the request as it came, Host and path included: its signature covers them."""
        raw_path: bytes = request.scope["raw_path"]
        target = raw_path.partition(b"?")[0] + (
            b"?" + request.scope["query_string"] if request.scope["query_string"] else b""
        )
        headers = [
            (name, value)
            for name, value in request.headers.raw
            if name.decode("latin-1") not in _OF_THE_CONNECTION
        ]
        forwarded = httpx.Request(
            request.method,
            self._upstream.base_url.copy_with(raw_path=target),
            headers=headers,
            content=await request.body(),
        )
        try:
            answer = await self._upstream.send(forwarded, stream=True)
            body = b"".join([chunk async for chunk in answer.aiter_raw()])
        except httpx.TransportError as error:
            _log.warning("the upstream does not answer: %s", type(error).__name__)
            unavailable = {"message": "The emulated cloud behind the simulator does not answer."}
            return JSONResponse(unavailable, 503, {"x-amzn-errortype": "ServiceUnavailable"})
        response = Response(body, answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode("latin-1") not in _OF_THE_CONNECTION | {"content-length"}
        ]
        response.raw_headers.append((b"content-length", str(len(body)).encode()))
        return response

    async def _turned_away(self, request: Request) -> Response | None:
        """Answer in MiniStack's stead while SES is down, and what was signed too long ago."""
        await request.body()
        signed_at = signing.signed_at(request.headers.get(signing.DATE_HEADER))
        # Whoever signs does so by the machine's time, however far ahead the stage lives.
        turned = self._simulator.turned_away(
            now=self._clock.now(), signed_at=signed_at and signed_at + offset()
        )
        return None if turned is None else await self._answer(request, turned)

    async def send_email(self, request: Request) -> Response:
        if turned := await self._turned_away(request):
            return turned
        judged = await self.pass_on(request)
        body = await request.body()
        if judged.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and (
            wrong := self._simulator.refuses(body)
        ):
            return as_response(wrong)  # MiniStack stumbles over a line break, for one
        if judged.status_code >= httpx.codes.BAD_REQUEST:
            return judged
        now = self._clock.now()
        self._simulator.deployed = await run_in_threadpool(
            self._discovery.look_up, _configuration_set_of(body), now=now
        )
        outcome = self._simulator.send_email(body, now=now, ses_message_id=self._new_ses_message_id())
        return await self._answer(request, outcome)

    async def _answer(self, request: Request, outcome: Outcome) -> Response:
        if outcome.reply is None or self._options.event_order is EventOrder.BEFORE_ANSWER:
            published = self._publisher.submit(outcome.events)
            if outcome.reply is None:
                await _drop(request, after=outcome.hang.total_seconds())
            elif self._options.event_order is EventOrder.BEFORE_ANSWER:
                await asyncio.wait([asyncio.wrap_future(published)], timeout=_LONGEST_WAIT_FOR_EVENTS)
            return as_response(outcome.reply or Reply(500))
        response = as_response(outcome.reply)
        response.background = BackgroundTask(self._publisher.submit, outcome.events)
        return response

    async def refuse_bulk(self, request: Request) -> Response:
        """Refuse what would slip past the inbox: Postroad sends one recipient a call."""
        await request.body()
        return as_response(bad_request("The simulator takes SendEmail alone, no SendBulkEmail."))

    async def any_other(self, request: Request) -> Response:
        """Pass the call on, and answer it in MiniStack's stead if it is about the account.

        MiniStack authorises also what it does not know: its 404 is then no refusal.
        """
        if turned := await self._turned_away(request):
            return turned
        judged = await self.pass_on(request)
        error = judged.headers.get("x-amzn-errortype", "")
        if judged.status_code in _REFUSED_CALLER or "Signature" in error:
            return judged
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        path = request.scope["raw_path"].partition(b"?")[0].decode("latin-1")
        call = account_calls.Call(request.method, path, query, await request.body(), self._clock.now())
        reply = account_calls.answer(self._simulator, call)
        if reply is None:
            return judged
        if path == account_calls.ACCOUNT and judged.status_code == httpx.codes.OK:
            known: dict[str, object] = json.loads(bytes(judged.body))
            return as_response(replace(reply, body=known | reply.body))
        return as_response(reply)


def as_response(reply: Reply) -> Response:
    """Write a reply as SESv2 does: JSON, and an error's name in a header."""
    headers = {"x-amzn-errortype": reply.error} if reply.error else {}
    return JSONResponse(reply.body, reply.status, headers)


def _configuration_set_of(body: bytes) -> str:
    try:
        name = json.loads(body).get("ConfigurationSetName", "")
    except (ValueError, AttributeError):
        return ""
    return name if isinstance(name, str) else ""


async def _drop(request: Request, *, after: float) -> None:
    """End the connection without an answer, as a lost answer looks to the caller."""
    try:
        # The body has been read, so the next thing to receive is that the caller has hung up.
        await asyncio.wait_for(request.receive(), timeout=after)
    except TimeoutError:
        request.state.transport.abort()
        await request.receive()
