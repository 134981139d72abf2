"""Keeps other websites out of the inbox: it listens on a port that any page in the same browser can reach.

The Host header must name the loopback (DNS rebinding), and what changes something must come from the inbox
itself (Origin) or from a program, which sends JSON: a form of another site can do neither.
"""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset(["GET", "HEAD"])
FORBIDDEN = 403
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # Not "no-referrer": a browser would then send "Origin: null" with the inbox's own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    # Else Chromium looks the host of each link up, and the name of a host may tell who reads.
    (b"x-dns-prefetch-control", b"off"),
)


class OnlyThisMachine:
    """ASGI middleware; `port` is the one that the inbox listens on."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._hosts = frozenset([f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"])
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, FORBIDDEN)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> str:
        if headers.get("host", "") not in self._hosts:
            return "Open the inbox as http://localhost or http://127.0.0.1 with its port."
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return "The inbox takes no requests from other sites."
        if method in SAFE_METHODS:
            return ""
        is_json = headers.get("content-type", "").partition(";")[0].strip() == "application/json"
        if origin is None and not is_json:
            return "Send JSON (Content-Type: application/json), or use the inbox's own buttons."
        return ""
