"""Where a contact is, as far as it is known: their clock, and whose public holidays they have. Pure.

What they said themselves counts; the rest is guessed, in a declared order, and `known_from` says by what:

1. `time_zone` of the contact (Europe/Amsterdam), if the time zone database has it.
2. The attribute `country` (NL, ISO 3166-1), with `subdivision` (CA, or US-CA by itself) where that has a
   zone of its own: the zone where most people there live.
3. The region of their locale (es-CO), likewise.
4. Their language, where most who speak it share one country's clock (nl, but not en or es).
5. The stage's own.

The country of their holidays is the attribute, else the time zone's, else the region's, else the language's,
else the stage's. Somewhere without a known country has no holidays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postroad.journeys.countries import country_of_language, country_of_zone, first_zone, zone_of_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.contacts.model import Contact

_ALPHA_2, _SCRIPT = 2, 4
_SPELLED_OTHERWISE = {"UK": "GB", "EL": "GR"}
"""What the European Union writes."""


class KnownFrom(StrEnum):
    """What a contact's place is taken from."""

    GIVEN = "given"
    COUNTRY = "country"
    TIME_ZONE = "time_zone"
    LOCALE = "locale"
    LANGUAGE = "language"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Place:
    """A contact's clock and holidays, and what each is known from.

    `country` is an ISO 3166-1 code, `subdivision` what follows the hyphen in ISO 3166-2; both may be empty.
    """

    zone: ZoneInfo
    zone_from: KnownFrom
    country: str = ""
    country_from: KnownFrom = KnownFrom.STAGE
    subdivision: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the stage takes those to be of whom nothing is known."""

    time_zone: str = "UTC"
    country: str = ""


NOWHERE = Home()


def place_of(contact: Contact, home: Home) -> Place:
    """Return where a contact is, as the rules above have it."""
    of, part = _subdivision(contact.attributes.get("subdivision"))
    said = _country(contact.attributes.get("country")) or of
    return _place(contact.time_zone, said, part if of in {"", said} else "", contact.locale, home)


def zones_from(home: Home) -> Callable[[Contact], ZoneInfo]:
    """Return what takes the time zone of a contact, given or guessed."""
    return lambda contact: place_of(contact, home).zone


@lru_cache(maxsize=4096)
def _place(time_zone: str, country: str, subdivision: str, locale: str, home: Home) -> Place:
    region, language = _parts_of(locale)
    guesses = [
        (KnownFrom.COUNTRY, country),
        (KnownFrom.TIME_ZONE, country_of_zone(time_zone)),
        (KnownFrom.LOCALE, region),
        (KnownFrom.LANGUAGE, language),
        (KnownFrom.STAGE, home.country),
    ]
    source, found = next(guess for guess in guesses if guess[1] or guess[0] is KnownFrom.STAGE)
    part = subdivision if source in {KnownFrom.COUNTRY, KnownFrom.TIME_ZONE} else ""
    zone, zone_from = _zone(time_zone), KnownFrom.GIVEN
    if zone is None:
        zone, zone_from = _guessed(guesses, subdivision, home)
    return Place(zone, zone_from, found, source, part)


def _guessed(
    guesses: list[tuple[KnownFrom, str]], subdivision: str, home: Home
) -> tuple[ZoneInfo, KnownFrom]:
    for source, country in guesses:
        if source in {KnownFrom.TIME_ZONE, KnownFrom.STAGE}:
            continue
        part = zone_of_part(country, subdivision) if source is KnownFrom.COUNTRY else ""
        zone = _zone(part or first_zone(country))
        if zone is not None:
            return zone, source
    return ZoneInfo(home.time_zone), KnownFrom.STAGE


def _zone(name: str) -> ZoneInfo | None:
    """Return a zone by its name; None for no name, and for one that this database doesn't have."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A name that leads out of the database's folder is a ValueError, one of its folders an OSError.
        return None


def _country(value: object) -> str:
    """Return a country's code as it is written; empty for what is none."""
    code = value.strip().upper() if isinstance(value, str) else ""
    code = _SPELLED_OTHERWISE.get(code, code)
    return code if first_zone(code) else ""


def _subdivision(value: object) -> tuple[str, str]:
    """Return the country and the part of DE-BY, and of BY no country and the part."""
    code = value.strip().upper() if isinstance(value, str) else ""
    country, hyphen, part = code.partition("-")
    return (_country(country), part) if hyphen else ("", code)


def _parts_of(locale: str) -> tuple[str, str]:
    """Return the country of a locale's region, and that of its language."""
    language, *rest = locale.replace("_", "-").split("-")
    language = language.lower()
    script = rest[0].title() if rest and len(rest[0]) == _SCRIPT else ""
    region = next((part.upper() for part in rest if len(part) == _ALPHA_2), "")
    spoken = country_of_language(f"{language}-{script}") or country_of_language(language)
    return (region if first_zone(region) else ""), spoken
