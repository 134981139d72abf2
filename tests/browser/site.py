"""The pages over HTTP on this machine: the real website, in front of tables in memory."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from postroad.web.answers import Answer, Kind
from postroad.web.building import PAGES, build_pages
from postroad.web.http import read_request, respond
from postroad.web.naming import topic_rules, topic_texts
from postroad.web.pages import Pages
from postroad.web.requests import Request, Route, Visit
from tests.preferences_world import PreferencesWorld
from tests.web_world import NOON, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.web.http import Response

CONFIG = Path(__file__).resolve().parents[2] / "config"
SHOWN = "shown"
"""/shown/<kind>?lang=<locale>&mark=<mark>&mark=... is any page in any state."""
FIRST_PARTS = {route.split("/")[1]: route for route in Route}


def built(folder: Path) -> Pages:
    """Build the pages of this project, and the mirrored ones, into the folder."""
    topics = CONFIG / "topics.toml"
    build_pages(
        folder,
        brand=CONFIG / "brand.toml",
        topics=topic_texts(topics),
        rules=topic_rules(topics),
        mirrored=True,
    )
    return Pages.read(folder / PAGES)


class Site(ThreadingHTTPServer):
    """Serves a world; `world` may be put in place of another between requests."""

    world: PreferencesWorld

    def __init__(self, world: PreferencesWorld) -> None:
        super().__init__(("127.0.0.1", 0), Gateway)
        self.world = world

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Gateway(BaseHTTPRequestHandler):
    """Hands requests on as API Gateway's HTTP API does."""

    server: Site

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        _, first, *rest = parts.path.split("/")
        if first == SHOWN:
            self._send(self._shown(rest[0], parse_qs(parts.query)))
            return
        route = FIRST_PARTS.get(first)
        length = int(self.headers.get("content-length", "0"))
        event = {
            "routeKey": f"ANY {route}",
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "queryStringParameters": {name: value[0] for name, value in parse_qs(parts.query).items()},
            "pathParameters": {"token": rest[0]} if rest else {},
            "requestContext": {
                "requestId": "r-1",
                "http": {"method": self.command, "sourceIp": self.client_address[0]},
            },
            "body": self.rfile.read(length).decode() if length else None,
            "isBase64Encoded": False,
        }
        self._send(self.server.world.website.answer(read_request(event), now=NOON)[1])

    def _shown(self, kind: str, query: dict[str, list[str]]) -> Response:
        """Answer with a page as it stands with these marks, whatever led to it."""
        marks = frozenset(query.get("mark", ()))
        answer = Answer(Kind(kind), TOPIC, marks, NOON.date() if "paused" in marks else None)
        locale = query["lang"][0]
        request = Request(None, "GET", Visit("", "", ""), locale, "", None)
        return respond(answer, request, self.server.world.pages)

    def _send(self, response: Response) -> None:
        content = response["body"].encode()
        self.send_response(response["statusCode"])
        for name, value in response["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(pages: Pages) -> Iterator[Site]:
    with Site(PreferencesWorld(pages)) as site:
        thread = Thread(target=site.serve_forever, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
