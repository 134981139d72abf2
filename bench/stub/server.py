"""The HTTP side: as little of it as AWS's clients need, so that the stub is never what is measured.

    python -m bench.stub.server [core]

prints its port on a line, and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from itertools import count

from bench.cores import stay_on
from bench.stub.services import Cloud, Reply, Request, checksum

_END = b"\r\n\r\n"
_REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}
_ids = count(1)


class Connection(asyncio.Protocol):
    """One connection: requests come one after the other, each answer leaves when its time has come."""

    def __init__(self, cloud: Cloud) -> None:
        """Answer from this cloud."""
        self._cloud = cloud
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("expected a stream")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect a request, and answer when it is complete."""
        self._buffer += data
        while (at := self._buffer.find(_END)) >= 0:
            head = self._buffer[:at].decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            length = int(headers.get("content-length", "0"))
            end = at + len(_END) + length
            if len(self._buffer) < end:
                if headers.get("expect") and len(self._buffer) == at + len(_END):
                    self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = self._buffer[at + len(_END) : end]
            self._buffer = self._buffer[end:]
            method, path, _ = first.split(" ")
            self._answer(Request(method, path, headers.get("x-amz-target", ""), body))

    def _answer(self, request: Request) -> None:
        reply = self._cloud.answer(request)
        content = _encode(reply)
        if reply.seconds:
            asyncio.get_running_loop().call_later(reply.seconds, self._write, content)
        else:
            self._write(content)

    def _write(self, content: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(content)


def _encode(reply: Reply) -> bytes:
    crc = f"x-amz-crc32: {checksum(reply.body)}\r\n" if reply.crc else ""
    head = (
        f"Content-Type: {reply.content_type}\r\nContent-Length: {len(reply.body)}\r\n"
        f"x-amzn-RequestId: {next(_ids):032d}\r\nDate: Sun, 22 Nov 2026 14:00:00 GMT\r\n{crc}\r\n"
    )
    reason = _REASONS.get(reply.status, b"Error")
    return b"HTTP/1.1 %d %b\r\n%b%b" % (reply.status, reason, head.encode(), reply.body)


async def serve() -> None:
    """Serve until standard input ends, so that the stub outlives nobody."""
    cloud = Cloud()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(cloud), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Run as a process of its own."""
    stay_on(int(sys.argv[1]) if sys.argv[1:] else None)
    gc.freeze()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
