from __future__ import annotations

from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

import pytest

from postroad.contacts.model import AttributeValue, Contact
from postroad.journeys.countries import (
    country_of_language,
    country_of_zone,
    first_zone,
    parts_by_zone,
    zones_by_country,
)
from postroad.journeys.holidays_of import _supported
from postroad.journeys.places import Home, KnownFrom, place_of, zones_from

HOME = Home("Europe/Madrid", "ES")
GIVEN, COUNTRY, TIME_ZONE = KnownFrom.GIVEN, KnownFrom.COUNTRY, KnownFrom.TIME_ZONE
LOCALE, LANGUAGE, STAGE = KnownFrom.LOCALE, KnownFrom.LANGUAGE, KnownFrom.STAGE


def contact(time_zone: str = "", locale: str = "", **attributes: AttributeValue) -> Contact:
    return Contact("k1.a", "ana@example.com", locale=locale, time_zone=time_zone, attributes=attributes)


def listed() -> dict[str, set[str]]:
    """Read zone.tab: two columns and a comment behind a name, tabs between."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, set[str]] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones.setdefault(country, set()).add(zone)
    return zones


def test_the_zones_of_each_country_are_those_of_the_time_zone_database() -> None:
    assert {country: set(zones) for country, zones in zones_by_country().items()} == listed()


def test_a_zone_is_in_one_country() -> None:
    zones = [zone for zones in zones_by_country().values() for zone in zones]
    assert len(zones) == len(set(zones))


def test_subdivisions_have_zones_of_their_country_and_are_those_of_the_holidays() -> None:
    for zone, (country, parts) in parts_by_zone().items():
        assert country_of_zone(zone) == country
        assert set(parts) <= _supported()[country], zone


def test_every_part_of_the_large_countries_has_a_zone() -> None:
    for country in ("AU", "BR"):
        known = {part for each, parts in parts_by_zone().values() if each == country for part in parts}
        # `NSW Western` is a code of the library's own, which no contact has.
        assert known == {part for part in _supported()[country] if " " not in part}
    states = {part for each, parts in parts_by_zone().values() if each == "US" for part in parts}
    assert len(states) == 51


def test_every_country_has_holidays() -> None:
    assert set(zones_by_country()) <= set(_supported())


@pytest.mark.parametrize(
    ("who", "zone", "zone_from", "country", "country_from"),
    [
        (contact("Asia/Tokyo"), "Asia/Tokyo", GIVEN, "JP", TIME_ZONE),
        (contact("Asia/Tokyo", country="NL"), "Asia/Tokyo", GIVEN, "NL", COUNTRY),
        (contact("Asia/Tokyo", "nl-NL"), "Asia/Tokyo", GIVEN, "JP", TIME_ZONE),
        # A zone of no country, and an old name: the holidays are guessed by what else is known.
        (contact("UTC", "nl-NL"), "UTC", GIVEN, "NL", LOCALE),
        (contact("US/Pacific", "nl"), "US/Pacific", GIVEN, "NL", LANGUAGE),
        (contact(country="NL"), "Europe/Amsterdam", COUNTRY, "NL", COUNTRY),
        (contact(country=" nl "), "Europe/Amsterdam", COUNTRY, "NL", COUNTRY),
        (contact(country="UK"), "Europe/London", COUNTRY, "GB", COUNTRY),
        (contact(country="US"), "America/New_York", COUNTRY, "US", COUNTRY),
        (contact(country="US", subdivision="CA"), "America/Los_Angeles", COUNTRY, "US", COUNTRY),
        (contact(country="US", subdivision="us-ca"), "America/Los_Angeles", COUNTRY, "US", COUNTRY),
        (contact(country="US", subdivision="CA-BC"), "America/New_York", COUNTRY, "US", COUNTRY),
        (contact(subdivision="US-CA"), "America/Los_Angeles", COUNTRY, "US", COUNTRY),
        (contact("", "es-CO"), "America/Bogota", LOCALE, "CO", LOCALE),
        (contact("", "zh-Hans-SG"), "Asia/Singapore", LOCALE, "SG", LOCALE),
        (contact("", "zh_TW"), "Asia/Taipei", LOCALE, "TW", LOCALE),
        (contact("", "de"), "Europe/Berlin", LANGUAGE, "DE", LANGUAGE),
        (contact("", "zh-Hans"), "Asia/Shanghai", LANGUAGE, "CN", LANGUAGE),
        (contact("", "zh-Hant"), "Asia/Taipei", LANGUAGE, "TW", LANGUAGE),
        # Spoken under many clocks: none is guessed.
        (contact("", "en"), "Europe/Madrid", STAGE, "ES", STAGE),
        (contact("", "es-419"), "Europe/Madrid", STAGE, "ES", STAGE),
        (contact(), "Europe/Madrid", STAGE, "ES", STAGE),
        # What is no country counts as nothing said.
        (contact(country="Netherlands"), "Europe/Madrid", STAGE, "ES", STAGE),
        (contact(country=7), "Europe/Madrid", STAGE, "ES", STAGE),
        # So does a zone that isn't in the database.
        (contact("Mars/Olympus", "nl-NL"), "Europe/Amsterdam", LOCALE, "NL", LOCALE),
        (contact("../../etc/passwd", "nl-NL"), "Europe/Amsterdam", LOCALE, "NL", LOCALE),
        (contact("Europe", "nl-NL"), "Europe/Amsterdam", LOCALE, "NL", LOCALE),
        (contact("Europe/Berlin\0", "nl-NL"), "Europe/Amsterdam", LOCALE, "NL", LOCALE),
        (contact("é", "nl-NL"), "Europe/Amsterdam", LOCALE, "NL", LOCALE),
    ],
)
def test_what_was_said_counts_before_what_is_guessed(
    who: Contact, zone: str, zone_from: KnownFrom, country: str, country_from: KnownFrom
) -> None:
    place = place_of(who, HOME)
    assert (place.zone.key, place.zone_from) == (zone, zone_from)
    assert (place.country, place.country_from) == (country, country_from)


@pytest.mark.parametrize(
    ("who", "part"),
    [
        (contact(country="DE", subdivision="BY"), "BY"),
        (contact(country="DE", subdivision="DE-BY"), "BY"),
        (contact(country="DE", subdivision="FR-75"), ""),
        (contact("Europe/Berlin", subdivision="BY"), "BY"),
        (contact(subdivision="DE-BY"), "BY"),
        (contact(subdivision="XX-BY"), ""),
        # Of which country is not known well enough.
        (contact("", "de-DE", subdivision="BY"), ""),
        (contact(country="DE"), ""),
    ],
)
def test_a_subdivision_is_one_of_a_country_that_is_known(who: Contact, part: str) -> None:
    assert place_of(who, HOME).subdivision == part


def test_where_nothing_is_known_there_are_no_holidays() -> None:
    place = place_of(contact("", "en"), Home())
    assert (place.zone, place.country) == (ZoneInfo("UTC"), "")


def test_every_time_zone_that_is_given_is_taken() -> None:
    zone_of = zones_from(HOME)
    for name in available_timezones():
        assert zone_of(contact(name, country="NL")).key == name


def test_languages_lead_to_countries() -> None:
    assert first_zone(country_of_language("ja")) == "Asia/Tokyo"
    assert country_of_language("es") == ""
