"""Who opened a mail and clicked in it: a person, or a machine that looks at mail before one does. Pure.

Some machines say what they are; whoever reads the event knows them. Others pass for a browser and give
themselves away by what they do: they fetch the pixel, and within seconds nearly all links (`BURST`). So what
one event was can depend on those that come after it. That is why a row keeps moments, and not a verdict: the
verdict is read off them. Whatever order they come in, and however often, the same moments are kept: of each
kind those of the earliest `MOST_MOMENTS` spans of `MOMENT`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

OPENED, CLICKED = "opened", "clicked"
MACHINE_OPENED, MACHINE_CLICKED = "machine_opened", "machine_clicked"
ENGAGED = (OPENED, CLICKED, MACHINE_OPENED, MACHINE_CLICKED)
"""The words for what happened, in which the first two are a person's."""

MOMENT = timedelta(seconds=10)
"""What happens within one such span of the clock counts as one moment, and is written once."""
MOST_MOMENTS = 3
"""Kept of each kind: a scanner's, a person's, and one more."""
BURST = timedelta(seconds=5)
"""Within so much of the pixel, and of each other, no person clicks nearly all links of a mail."""
NEARLY_ALL = 0.8
LEAST_LINKS, MOST_LINKS = 2, 5
"""One link tells nothing: whoever opens a mail may click it at once. Five are no person's."""
LINKS_IF_UNKNOWN = 3
"""So many make a burst where nobody counted the mail's links, or where no pixel was fetched."""

_MOMENT = MOMENT // timedelta(milliseconds=1)
_BURST = BURST // timedelta(milliseconds=1)

Click = tuple[int, str]
"""When, and a short digest of the link."""


@dataclass(frozen=True, slots=True)
class Engagement:
    """Moments of a mail, in milliseconds since 1970 and in order.

    `opens` and `clicks` are those that may be a person's. `machine_opened` and `machine_clicked` are
    the first of those whose machine said what it was.
    """

    opens: tuple[int, ...] = ()
    clicks: tuple[Click, ...] = ()
    machine_opened: int | None = None
    machine_clicked: int | None = None

    def with_open(self, at: datetime, *, is_machine: bool) -> Engagement:
        """Return it with one more open, or itself if that adds nothing."""
        when = milliseconds(at)
        if is_machine:
            return replace(self, machine_opened=_first(self.machine_opened, when))
        spans: dict[int, int] = {}
        for each in (*self.opens, when):
            spans[each // _MOMENT] = min(each, spans.get(each // _MOMENT, each))
        return replace(self, opens=tuple(sorted(spans.values())[:MOST_MOMENTS]))

    def with_click(self, at: datetime, link: str, *, is_machine: bool) -> Engagement:
        """Return it with one more click, or itself if that adds nothing; `link` is a short digest."""
        when = milliseconds(at)
        if is_machine:
            return replace(self, machine_clicked=_first(self.machine_clicked, when))
        spans: dict[int, dict[str, int]] = {}
        for each, which in (*self.clicks, (when, link)):
            span = spans.setdefault(each // _MOMENT, {})
            span[which] = min(each, span.get(which, each))
        kept: list[Click] = []
        for number in sorted(spans)[:MOST_MOMENTS]:
            kept += sorted((each, which) for which, each in spans[number].items())[:MOST_LINKS]
        return replace(self, clicks=tuple(kept))

    def times(self, links: int) -> Mapping[str, datetime]:
        """Return when each of `ENGAGED` first happened, less those that didn't.

        `links` is how many different links the mail has; 0 if nobody counted them.
        """
        bursts = self._bursts(links)
        scanned = [click for begin, end in bursts for click in self.clicks if begin <= click[0] <= end]
        fetched = [
            when for begin, end in bursts for when in self.opens if begin - _BURST <= when <= end + _BURST
        ]
        found = {
            OPENED: _earliest(when for when in self.opens if when not in fetched),
            CLICKED: _earliest(click[0] for click in self.clicks if click not in scanned),
            MACHINE_OPENED: _earliest([*fetched, *_known(self.machine_opened)]),
            MACHINE_CLICKED: _earliest([*(when for when, _ in scanned), *_known(self.machine_clicked)]),
        }
        return {word: moment(when) for word, when in found.items() if when is not None}

    def _bursts(self, links: int) -> list[tuple[int, int]]:
        """Return from when to when a machine clicked nearly all links."""
        pixels = (*self.opens, *_known(self.machine_opened))
        bursts = []
        for begin, _ in self.clicks:
            within = [click for click in self.clicks if begin <= click[0] <= begin + _BURST]
            end = within[-1][0]
            has_pixel = any(begin - _BURST <= when <= end + _BURST for when in pixels)
            if len({link for _, link in within}) >= _needed(links, has_pixel=has_pixel):
                bursts.append((begin, end))
        return bursts


NOTHING_SEEN = Engagement()


def _needed(links: int, *, has_pixel: bool) -> int:
    """Return how many different links make a burst."""
    if not links:
        return LINKS_IF_UNKNOWN
    nearly_all = min(MOST_LINKS, max(LEAST_LINKS, ceil(links * NEARLY_ALL)))
    return nearly_all if has_pixel else max(nearly_all, LINKS_IF_UNKNOWN)


def _first(known: int | None, when: int) -> int:
    return when if known is None else min(known, when)


def _known(when: int | None) -> Sequence[int]:
    return () if when is None else (when,)


def _earliest(times: Iterable[int]) -> int | None:
    return min(times, default=None)
