"""The part of the JSON API that is about the account: faults, settings, and its suppression list."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from postroad.clock import Clock
from postroad.local.simulator.account import Knobs
from postroad.local.simulator.answers import answer, body_of, error, get, post
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.events import instant
from postroad.local.simulator.faults import Fault
from postroad.local.simulator.options import Options
from postroad.local.simulator.problems import convert, read_json


class AccountApi:
    """Routes of `Api`."""

    def __init__(self, simulator: Simulator, options: Options, clock: Clock) -> None:
        self._simulator = simulator
        self._clock = clock
        self._options = options

    def routes(self) -> list[Route]:
        return [
            get("/api/faults", self.faults),
            post("/api/faults", self.add_fault),
            post("/api/faults/clear", self.clear_faults),
            get("/api/settings", self.settings),
            post("/api/settings", self.change_settings),
            get("/api/suppressed", self.suppressed),
            post("/api/suppressed/remove", self.remove_suppressed),
        ]

    async def faults(self, _: Request) -> Response:
        return answer({"faults": self._simulator.faults.pending})

    async def add_fault(self, request: Request) -> Response:
        """Body: `faults.Fault`."""
        try:
            fault = read_json(await request.body(), Fault)
        except ValueError as why:
            return error(400, str(why))
        self._simulator.add_fault(fault, now=self._clock.now())
        return answer({"faults": self._simulator.faults.pending}, 201)

    async def clear_faults(self, request: Request) -> Response:
        """Take faults away. Body: {} for all, {"id": …} for one."""
        try:
            wanted = (await body_of(request)).get("id")
        except ValueError as why:
            return error(400, str(why))
        if wanted is None:
            self._simulator.clear_faults()
        elif not isinstance(wanted, int) or not self._simulator.remove_fault(wanted):
            known = ", ".join(str(each.id) for each in self._simulator.faults.pending) or "none"
            return error(404, f"id: no such fault is pending; pending are {known}")
        return answer({"faults": self._simulator.faults.pending})

    async def settings(self, _: Request) -> Response:
        return answer({"account": self._simulator.account.knobs, "options": self._options})

    async def change_settings(self, request: Request) -> Response:
        """Body: {"account": {some of account.Knobs}, "options": {some of Options}}."""
        try:
            change = read_json(await request.body(), _Change)
            wanted = convert({**msgspec.to_builtins(self._options), **change.options}, Options)
            now_set = msgspec.to_builtins(self._simulator.account.knobs)
            convert({**now_set, **change.account}, Knobs)
        except ValueError as why:
            return error(400, str(why))
        self._simulator.configure(change.account)
        self._options.event_order = wanted.event_order
        return await self.settings(request)

    async def suppressed(self, _: Request) -> Response:
        entries = self._simulator.suppressed().values()
        return answer(
            {"addresses": [{"address": e.address, "reason": e.reason, "at": instant(e.at)} for e in entries]}
        )

    async def remove_suppressed(self, request: Request) -> Response:
        """Take an address off the account's list. Body: {"address": …}."""
        try:
            address = str((await body_of(request)).get("address", ""))
        except ValueError as why:
            return error(400, str(why))
        if not self._simulator.unsuppress(address):
            return error(404, "address: not on the account's suppression list; GET /api/suppressed lists it")
        return await self.suppressed(request)


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    account: dict[str, object] = {}
    options: dict[str, object] = {}
