from collections.abc import Callable
from decimal import Decimal

import pytest

from postroad.rendering.failures import BadValue
from postroad.rendering.formats import Formats
from postroad.rendering.locales import LocaleTag

ENGLISH = Formats(LocaleTag("en"))
# No-break spaces, as CLDR puts them between number and sign.
SPACE, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("tag", "money", "number", "percent", "date"),
    [
        (LocaleTag("en"), "€1,234.50", "1,234.5", "15%", "November 22, 2026"),
        (LocaleTag("en", "", "GB"), "€1,234.50", "1,234.5", "15%", "22 November 2026"),
        (LocaleTag("en", "", "IN"), "€1,234.50", "1,234.5", "15%", "22 November 2026"),
        (
            LocaleTag("es", "Latn", "ES"),
            f"1.234,50{SPACE}€",
            "1.234,5",
            f"15{SPACE}%",
            "22 de noviembre de 2026",
        ),
        (LocaleTag("es", "Latn", "MX"), "EUR1,234.50", "1,234.5", "15%", "22 de noviembre de 2026"),
        (LocaleTag("es", "Latn", "AR"), "EUR1.234,50", "1.234,5", "15%", "22 de noviembre de 2026"),
        (LocaleTag("zh", "Hans", "CN"), "€1,234.50", "1,234.5", "15%", "2026年11月22日"),
        (LocaleTag("de"), f"1.234,50{SPACE}€", "1.234,5", f"15{SPACE}%", "22. November 2026"),
        (LocaleTag("fr"), f"1{NARROW}234,50{SPACE}€", f"1{NARROW}234,5", f"15{SPACE}%", "22 novembre 2026"),
        (LocaleTag("zz", "Latn", "XX"), "€1,234.50", "1,234.5", "15%", "November 22, 2026"),
    ],
)
def test_each_locale_writes_its_own_way(
    tag: LocaleTag, money: str, number: str, percent: str, date: str
) -> None:
    formats = Formats(tag)
    assert formats.money("1234.50", "EUR") == money
    assert formats.number("1234.5") == number
    assert formats.percent(0.15) == percent
    assert formats.date("2026-11-22") == date


@pytest.mark.parametrize("amount", ["12.5", 12.5, Decimal("12.50"), "12.500"])
def test_money_is_exact_however_it_is_given(amount: object) -> None:
    assert ENGLISH.money(amount, "USD") == "$12.50"


@pytest.mark.parametrize(
    ("currency", "written"), [("JPY", "¥1,235"), ("KWD", "KWD1,234.500"), ("EUR", "€1,234.50")]
)
def test_money_has_the_digits_of_its_currency(currency: str, written: str) -> None:
    amount = "1234.6" if currency == "JPY" else "1234.5"
    assert ENGLISH.money(amount, currency) == written


def test_a_float_is_what_it_prints_as() -> None:
    assert ENGLISH.number(0.1 + 0.2) == "0.30000000000000004"
    assert ENGLISH.money(32.3800011, "USD") == "$32.38"


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2026-11-22", "November 22, 2026"),
        ("2026-11-22T23:30:00Z", "November 22, 2026"),
        ("2026-11-22T23:30:00-05:00", "November 22, 2026"),
    ],
)
def test_a_date_is_the_day_that_it_names(written: str, date: str) -> None:
    assert ENGLISH.date(written) == date
    assert ENGLISH.date(written, "short") == "11/22/26"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "twelve",
        "1e999999",
        "1e40",
        "NaN",
        "Infinity",
        None,
        True,
        [],
        {},
        "12,5",
        "1 000",
        10**40,
        "0." + "3" * 99,
    ],
)
@pytest.mark.parametrize("read", [ENGLISH.number, ENGLISH.percent, lambda value: ENGLISH.money(value, "EUR")])
def test_what_is_no_number_is_refused(read: Callable[[object], str], value: object) -> None:
    with pytest.raises(BadValue) as caught:
        read(value)
    assert caught.value.value is value


@pytest.mark.parametrize("currency", ["EURO", "eur", "", None, 978, "X"])
def test_what_is_no_currency_is_refused(currency: object) -> None:
    with pytest.raises(BadValue, match="ISO 4217") as caught:
        ENGLISH.money("1", currency)
    assert caught.value.value is currency


@pytest.mark.parametrize("value", ["tomorrow", "22/11/2026", "2026-02-30", 20261122, None, True])
def test_what_is_no_date_is_refused(value: object) -> None:
    with pytest.raises(BadValue, match="ISO 8601"):
        ENGLISH.date(value)


def test_direction() -> None:
    assert ENGLISH.direction == "ltr"
    assert Formats(LocaleTag("he")).direction == "rtl"
    assert Formats(LocaleTag("ar", "Arab", "MA")).direction == "rtl"


@pytest.mark.parametrize(
    ("language", "number", "category"),
    [
        ("en", 1, "one"),
        ("en", 0, "other"),
        ("pl", 3, "few"),
        ("pl", 5, "many"),
        ("ar", 2, "two"),
        ("zh", 1, "other"),
    ],
)
def test_plural_categories(language: str, number: int, category: str) -> None:
    assert Formats(LocaleTag(language)).plural_category(number) == category


@pytest.mark.parametrize(
    ("value", "expected"), [(0, False), ("0", False), ("0.00", False), (None, False), ("0.1", True)]
)
def test_nonzero(value: object, expected: bool) -> None:  # noqa: FBT001 - a parametrised expectation
    assert ENGLISH.is_nonzero(value) is expected


def test_what_was_written_once_is_not_written_so_for_another_type() -> None:
    assert ENGLISH.number(1) == ENGLISH.number("1") == "1"
    for value in (True, [1], None):
        with pytest.raises(BadValue):
            ENGLISH.number(value)
    assert [ENGLISH.money(amount, "EUR") for amount in ("1", "1.0", "-0", "0")] == [
        "€1.00",
        "€1.00",
        "-€0.00",
        "€0.00",
    ]
    assert ENGLISH.money("1", "USD") == "$1.00"
