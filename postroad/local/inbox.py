"""The SES simulator's JSON, for the demo and for tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """What SES took: `by_message_id` counts the mails of each message, `waiting` the events not yet out."""

    accepted: int
    kept: int
    by_message_id: Mapping[str, int]
    waiting: int


class Inbox:
    """Asks the simulator at its inbox's address (`State.inbox`)."""

    def __init__(self, url: str) -> None:
        """Keep one connection; whatever proxy this machine uses is not asked."""
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def counts(self) -> Counts:
        """Return what SES took so far."""
        found = self._get("/api/counts")
        return Counts(
            accepted=found["accepted"],
            kept=found["kept"],
            by_message_id=found["by_message_id"],
            waiting=found["events"]["waiting"],
        )

    def mails(self, **query: str) -> Iterator[dict[str, Any]]:
        """Yield the mails' summaries, newest first; `query`: message_id, to, status, q."""
        offset = 0
        while True:
            page = self._get("/api/mails", **query, limit=str(_PAGE), offset=str(offset))["mails"]
            yield from page
            if len(page) < _PAGE:
                return
            offset += _PAGE

    def mail(self, ses_message_id: str) -> dict[str, Any]:
        """Return one mail whole, with both bodies, headers and events."""
        return self._get(f"/api/mails/{ses_message_id}")

    def report(self, ses_message_id: str, kind: str) -> None:
        """Let something happen to a mail: `bounce`, `soft_bounce`, `complaint`, `delivery`."""
        self._http.post(f"/api/mails/{ses_message_id}/events", json={"type": kind}).raise_for_status()

    def add_fault(self, kind: str, *, recipient: str = "*", **fields: object) -> None:
        """Spoil the next request for this recipient (any), or its events; `fields` as in `Fault`."""
        fault = {"kind": kind, "recipient": recipient, **fields}
        self._http.post("/api/faults", json=fault).raise_for_status()

    def clear_faults(self) -> None:
        """Take all faults away: SES works again."""
        self._http.post("/api/faults/clear", json={}).raise_for_status()

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        answer = self._http.get(path, params=query)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
