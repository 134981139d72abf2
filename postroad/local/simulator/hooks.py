"""The simulator behind botocore's hooks: for tests, beside moto or alone, without a socket.

    client = boto3.client("sesv2", region_name="us-east-1")
    hooks.attach(client, simulator, now=clock.now)

Each request of the client, its own retries included, is answered by the simulator before it is sent. A lost
answer or request raises what botocore raises for it. Calls that the simulator does not know pass by.
"""

import io
import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlsplit

import msgspec
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from postroad.local.simulator import account_calls
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.mail import SesEvent
from postroad.local.simulator.reply import Reply
from postroad.local.simulator.striking import Outcome

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SEND_EMAIL = "/v2/email/outbound-emails"
# botocore asks every handler and takes the first answer. To moto a request with this address is not for SES,
# so that it neither acts on what has been answered nor fails for what it does not know.
NOWHERE = "https://answered-by-the-simulator.invalid/"


def counted_ids() -> Callable[[], str]:
    """Make ids that a test can foretell: 0100000000000001-…-000000, and so on."""
    numbers = itertools.count(1)
    lock = threading.Lock()

    def new_id() -> str:
        with lock:
            return f"0100{next(numbers):012x}-00000000-0000-4000-8000-000000000000-000000"

    return new_id


def attach(
    client: "SESV2Client",
    simulator: Simulator,
    *,
    now: Callable[[], datetime],
    publish: Callable[[tuple[SesEvent, ...]], object] | None = None,
    new_ses_message_id: Callable[[], str] | None = None,
    signed_at: Callable[[AWSPreparedRequest], datetime] | None = None,
) -> None:
    """Answer this client's requests. `publish` is called with each mail's events, before the answer.

    `signed_at` tells when a request was signed by the clock of `now`, so that SES refuses what is too old;
    botocore's own signature knows no other time than the machine's.
    """
    new_id = new_ses_message_id or counted_ids()

    def before_send(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        parts = urlsplit(request.url)
        body = _body(request)
        if (request.method, parts.path) == ("POST", SEND_EMAIL):
            at = None if signed_at is None else signed_at(request)
            outcome = simulator.send_email(body, now=now(), ses_message_id=new_id(), signed_at=at)
            if publish is not None and outcome.events:
                publish(outcome.events)
            return _response(request, _reply_or_raise(outcome, request.url))
        if turned := simulator.turned_away(now=now()):
            return _response(request, _reply_or_raise(turned, request.url))
        call = account_calls.Call(request.method or "", parts.path, parse_qs(parts.query), body, now())
        reply = account_calls.answer(simulator, call)
        return None if reply is None else _response(request, reply)

    # First, so that its answer is taken. (The stubs allow no handler an answer, though "before-send" is there
    # for one.)
    handler = cast("Callable[..., None]", before_send)
    client.meta.events.register_first("before-send.sesv2", handler)


def _body(request: AWSPreparedRequest) -> bytes:
    body = request.body
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


def _reply_or_raise(outcome: Outcome, url: str) -> Reply:
    if outcome.reply is not None:
        return outcome.reply
    if outcome.hang:
        raise ReadTimeoutError(endpoint_url=url)
    raise ConnectionClosedError(endpoint_url=url)


class _Raw(io.BytesIO):
    """What AWSResponse reads its content from."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _response(request: AWSPreparedRequest, reply: Reply) -> AWSResponse:
    answered, request.url = request.url, NOWHERE
    headers = HTTPHeaders()
    headers["content-type"] = "application/json"
    if reply.error:
        headers["x-amzn-errortype"] = reply.error
    return AWSResponse(answered, reply.status, headers, _Raw(msgspec.json.encode(reply.body)))
