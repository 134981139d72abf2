"""Requests to the deployed pages as no browser writes them: byte for byte."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECONDS = 30.0
SHORT_SECONDS = 3.0
"""For a request that the other side may take for unfinished: then it waits, too."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass(frozen=True)
class RawAnswer:
    """Status 0: the connection was closed without an answer."""

    status: int
    head: str
    body: str


@dataclass(frozen=True)
class RawPages:
    """The pages at `url`, whose certificate is this one."""

    url: str
    certificate: Path

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """Where the pages begin; on the local stage the API has a folder of its own."""
        return urlsplit(self.url).path

    def ask(
        self, method: str, target: str, *headers: str, body: bytes = b"", length: int | None = None
    ) -> RawAnswer:
        """Send one request; `target` and `headers` go as they are, after a Host header of ours."""
        lines = [f"{method} {target} HTTP/1.1"]
        if not any(each.lower().startswith("host:") for each in headers):
            lines.append(f"Host: {self.host}")
        lines += headers
        if body or length is not None:
            lines.append(f"Content-Length: {len(body) if length is None else length}")
        lines += ["Connection: close", "", ""]
        return self.send("\r\n".join(lines).encode("latin-1") + body)

    def send(self, request: bytes, *, seconds: float = PATIENCE_SECONDS) -> RawAnswer:
        """Send bytes, and read until the other side closes, or says nothing for so long."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        name, port = self.host.split(":")
        plain = socket.create_connection((name, int(port)), timeout=seconds)
        received = b""
        with context.wrap_socket(plain, server_hostname=name) as connection:
            try:
                connection.sendall(request)
                while chunk := connection.recv(65536):
                    received += chunk
            except (OSError, ssl.SSLError):
                pass  # whoever is sent too much may hang up before it has heard all, or wait for more
        found = _STATUS.match(received)
        head, _, rest = received.partition(b"\r\n\r\n")
        return RawAnswer(
            int(found[1]) if found else 0, head.decode("latin-1"), rest.decode("utf-8", "replace")
        )
