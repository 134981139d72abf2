"""Public holidays of a country and subdivision, from the library `holidays`.

It is imported where the first contact's country is known, and no sooner: it takes a tenth of a second, and
most stages' journeys never ask.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from postroad.journeys.next_send_time import never

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from holidays import HolidayBase


def holidays_of(country: str, subdivision: str = "") -> Callable[[date], bool]:
    """Return what says whether a day is a public holiday there; it is kept for the next who asks.

    `country` is an ISO 3166-1 code, `subdivision` what follows the hyphen of ISO 3166-2. Of a country that
    the library doesn't know no day is one; of an unknown subdivision, those of the whole country are.
    """
    return _calendar(country, subdivision) if country else never


@cache
def _calendar(country: str, subdivision: str) -> Callable[[date], bool]:
    known = _supported().get(country)
    if known is None:
        return never
    from holidays import country_holidays  # noqa: PLC0415 - see above

    calendar: HolidayBase = country_holidays(country, subdiv=subdivision if subdivision in known else None)
    # It works a year out when it is first asked for a day of it, and keeps it.
    return calendar.__contains__


@cache
def _supported() -> dict[str, frozenset[str]]:
    from holidays import list_supported_countries  # noqa: PLC0415 - see above

    return {
        country: frozenset(parts)
        for country, parts in list_supported_countries(include_aliases=False).items()
    }
