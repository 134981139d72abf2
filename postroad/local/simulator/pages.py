"""The inbox as web pages, put together. GET changes nothing; without scripts all works, but not live."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from postroad.clock import Clock
from postroad.local.simulator.asked import Asking, NobodyAsks
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.errands import Errands
from postroad.local.simulator.options import Options
from postroad.local.simulator.publishing import EventPublisher
from postroad.local.simulator.records import MemoryRecords
from postroad.local.simulator.web.faults_pages import FaultsPages
from postroad.local.simulator.web.inbox_pages import InboxPages
from postroad.local.simulator.web.live import Live
from postroad.local.simulator.web.mail_pages import MailPages
from postroad.local.simulator.web.not_sent_pages import NotSentPages
from postroad.local.simulator.web.site import FOLDER, Site
from postroad.local.simulator.web.watched import WatchedRecords

STATIC = FOLDER / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Pages:
    """Routes of the inbox beside its JSON API."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        publisher: EventPublisher,
        clock: Clock,
        records: WatchedRecords | None = None,
        options: Options | None = None,
        asking: Asking | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take `records` for Postroad's own: without them no message has one; `stopping` ends streams.

        `asking` asks the links of mails where a reader presses a button for it: without, nobody is asked.
        """
        site = Site(
            simulator,
            publisher=publisher,
            clock=clock,
            records=records or WatchedRecords(MemoryRecords()),
            options=options or Options(),
            started=clock.now().isoformat(),
        )
        errands = Errands(simulator, asking or NobodyAsks(), clock)
        self.live = Live(site, stopping=stopping)
        self._pages = (
            InboxPages(site),
            MailPages(site, errands),
            NotSentPages(site),
            FaultsPages(site),
            self.live,
        )

    def routes(self) -> list[Route]:
        static = Route("/static/{name}", self.static, methods=["GET"])
        return [*(route for page in self._pages for route in page.routes()), static]

    async def static(self, request: Request) -> Response:
        """Answer with one of our own style sheets, scripts or pictures."""
        known = {each.name: each for each in STATIC.iterdir() if each.suffix in _TYPES}
        found = known.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        return Response(found.read_bytes(), media_type=_TYPES[found.suffix])
