"""What the inbox asks of pages over a real connection: no cookies, no redirects, nobody but this stack."""

from __future__ import annotations

import asyncio
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from postroad.local.certificate import make_certificate
from postroad.local.simulator.stack_pages import ELSEWHERE, PAGES_PATH, StackPages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


class Pages(BaseHTTPRequestHandler):
    """Sets a cookie with every answer, and sends whoever asks for /moved elsewhere."""

    heard: list[tuple[str, str, dict[str, str], bytes]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.heard.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(302 if self.path.endswith("moved") else 200)
        self.send_header("Location", "/_aws/execute-api/x/u/other")
        self.send_header("Set-Cookie", "visitor=1; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("pages")
    make_certificate(folder)
    Pages.heard = []
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    serving.socket = context.wrap_socket(serving.socket, server_side=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"https://localhost:{serving.server_port}", folder / "certificate.pem"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def pages(server: tuple[str, Path]) -> StackPages:
    Pages.heard.clear()
    return StackPages(server[0], str(server[1]))


def test_a_post_carries_its_form_and_no_cookie(pages: StackPages, server: tuple[str, Path]) -> None:
    link = f"{server[0]}{PAGES_PATH}x/u/token"
    for _ in range(2):
        answered = asyncio.run(pages.ask("POST", link, form="List-Unsubscribe=One-Click"))
        assert (answered.status, answered.trouble) == (200, "")
    for method, path, headers, body in Pages.heard:
        assert (method, path, body) == ("POST", f"{PAGES_PATH}x/u/token", b"List-Unsubscribe=One-Click")
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert "cookie" not in headers
        assert "referer" not in headers
    assert len(Pages.heard) == 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_redirect_is_followed(pages: StackPages, server: tuple[str, Path], method: str) -> None:
    assert asyncio.run(pages.ask(method, f"{server[0]}{PAGES_PATH}x/u/moved")).status == 302
    assert [path for _, path, _, _ in Pages.heard] == [f"{PAGES_PATH}x/u/moved"]


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/u/token",
        "{server}/_ministack/reset",
        "{server}/_aws/execute-api/../../_ministack/reset",
        "{server}.shop.example/_aws/execute-api/x/u/token",
        "http://localhost/_aws/execute-api/x/u/token",
    ],
)
def test_nobody_else_is_asked(pages: StackPages, server: tuple[str, Path], link: str) -> None:
    assert asyncio.run(pages.ask("GET", link.format(server=server[0]))).trouble == ELSEWHERE
    assert Pages.heard == []


def test_a_page_that_does_not_answer_is_told_in_a_sentence(server: tuple[str, Path]) -> None:
    asking = StackPages("https://localhost:1", str(server[1]))
    answered = asyncio.run(asking.ask("GET", f"https://localhost:1{PAGES_PATH}x/u/token"))
    assert (answered.status, answered.trouble) == (0, "No answer came (ConnectError).")
