"""The stub in a process of its own, and what the bench asks of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
MOST_ITEMS = 2_000
"""Loaded at a time."""


class StubError(Exception):
    """The stub did not start, or was asked for something that it doesn't know."""


class Stub:
    """A running stub. Use it in a `with`: it ends with it."""

    def __init__(self, *, core: int | None = None) -> None:
        """Start it, on one core if told so."""
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "bench.stub.server", *([] if core is None else [str(core)])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.strip().isdigit():
            raise StubError("the stub did not start: run `python -m bench.stub.server` to see why")
        self.port = int(line)
        self.url = f"http://127.0.0.1:{self.port}"
        self._connection = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        if self._process.stdin:
            self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait(timeout=10)

    def latency(self, *, ses: float, other: float) -> None:
        """Let SES answer after so many seconds, and everything else."""
        self._ask("latency", {"ses_seconds": ses, "other_seconds": other})

    def calls(self) -> Counter[str]:
        """Return how often each operation was asked for since the last time, and count anew.

        Raises StubError for what the stub didn't know: then nothing that was measured is worth anything.
        """
        calls: Counter[str] = Counter(self._ask("calls"))
        if unknown := [name for name in calls if name.startswith("unknown")]:
            raise StubError(f"teach bench/stub/services.py these requests: {', '.join(sorted(unknown))}")
        return calls

    def keep_sends(self, *, keep: bool) -> None:
        """Begin to keep the requests of SendEmail, or forget them."""
        self._ask("keep", keep)

    def sends(self) -> list[dict[str, Any]]:
        """Return the requests of SendEmail that were kept, in order, each with the `MessageId` it got."""
        found: list[dict[str, Any]] = self._ask("sends")
        return found

    def load(self, table: str, items: Sequence[dict[str, Any]]) -> None:
        """Let these items stand in a table."""
        for at in range(0, len(items), MOST_ITEMS):
            self._ask("items", {"table": table, "items": items[at : at + MOST_ITEMS]})

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return everything in a table."""
        found: list[dict[str, Any]] = self._ask("table", table)
        return found

    def sizes(self) -> dict[str, int]:
        """Return how many items each table has."""
        found: dict[str, int] = self._ask("sizes")
        return found

    def put_object(self, key: str, content: bytes) -> None:
        """Let an object stand in S3, in whatever bucket it is asked for."""
        self._request(f"objects/{quote(key, safe='')}", content)

    def forget(self) -> None:
        """Empty the tables and the buckets."""
        self._ask("forget")

    def _ask(self, name: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self._request(name, json.dumps(given).encode()))

    def _request(self, name: str, body: bytes) -> bytes:
        self._connection.request("POST", f"/_stub/{name}", body)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise StubError(f"the stub answered {answer.status} to {name}")
        return content
