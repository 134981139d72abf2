"""Routes and answers of the JSON API."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]


def get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


def post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def answer(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def error(status: int, message: str) -> Response:
    return answer({"message": message}, status)


async def body_of(request: Request) -> dict[str, object]:
    """Read a JSON object, an empty body as one without fields; raises ValueError."""
    body = await request.body()
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise ValueError(f"The body can't be read: {why}") from why
