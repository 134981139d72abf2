"""Asks the links of a mail as programs do between its sender and its reader, and notes what came of it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from postroad.clock import Clock
from postroad.local.simulator.asked import Asked, Asking, Errand
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.links import links_of
from postroad.local.simulator.mail import Mail
from postroad.local.simulator.one_click import BODY, one_click_of

NO_BUTTON = "A mail program would show no such button"
AT_ONCE = 4
"""Requests of a scanner under way together."""


class Errands:
    """The button in a mail's header, and the scanner that looks behind each link."""

    def __init__(self, simulator: Simulator, asking: Asking, clock: Clock) -> None:
        """Ask through `asking`, and note it with the simulator's mail."""
        self._simulator = simulator
        self._asking = asking
        self._clock = clock

    async def one_click(self, mail: Mail) -> Asked:
        """POST what RFC 8058 says; raises ValueError for a mail without the button, naming what it lacks."""
        found = one_click_of(mail)
        if found is None or not found.url:
            raise ValueError(f"{NO_BUTTON}: {found.why_not if found else 'its headers name no link'}.")
        asked = await self._ask(Errand.ONE_CLICK, "POST", found.url, self._clock.now(), form=BODY)
        self._note(mail, [asked])
        return asked

    async def scan(self, mail: Mail) -> list[Asked]:
        """GET and HEAD every link of a mail, also that of its header: gateways do one or the other."""
        at = self._clock.now()
        found = one_click_of(mail)
        links = [each.url for each in links_of(mail) if each.on_the_web]
        links += [found.url] if found and found.url else []
        free = asyncio.Semaphore(AT_ONCE)

        async def ask(method: str, url: str) -> Asked:
            async with free:
                return await self._ask(Errand.SCANNER, method, url, at)

        each = [(method, url) for url in dict.fromkeys(links) for method in ("GET", "HEAD")]
        asked = await asyncio.gather(*(ask(method, url) for method, url in each))
        self._note(mail, asked)
        return [*asked]

    async def _ask(self, errand: Errand, method: str, url: str, at: datetime, *, form: str = "") -> Asked:
        return Asked(errand, method, url, at, await self._asking.ask(method, url, form=form))

    def _note(self, mail: Mail, asked: Sequence[Asked]) -> None:
        self._simulator.note_asked(mail.ses_message_id, asked)
