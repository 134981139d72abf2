"""Dates, numbers and money as the recipient writes them: the filters of every template."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent, list_currencies
from jinja2 import Undefined

from postroad.rendering.failures import BadValue, Probe
from postroad.rendering.locales import LocaleTag

_CURRENCIES = frozenset(list_currencies())
# Far beyond any price, and far below what makes Decimal's text form long.
_LARGEST_EXPONENT = 18
# Digits after the point beyond any use: each is written out, and the text is kept in the caches below.
_LONGEST_NUMBER = 40


def likely_subtags() -> Mapping[str, str]:
    """CLDR's table of the script and region that a language code stands for."""
    return get_global("likely_subtags")


@dataclass(frozen=True)
class Formats:
    """The filters of one locale. Each refuses a value that it can't read with BadValue."""

    tag: LocaleTag

    @cached_property
    def babel(self) -> Locale:
        """Babel's closest locale: with script and region, else with fewer of them."""
        language, script, region = self.tag.language, self.tag.script, self.tag.region
        for parts in ((language, script, region), (language, region), (language, script), (language,)):
            try:
                return Locale.parse("_".join(part for part in parts if part))
            except (UnknownLocaleError, ValueError):
                continue
        return Locale("en")

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        direction: str = self.babel.text_direction
        return direction

    def filters(self) -> dict[str, Callable[..., str]]:
        """Name each filter as templates use it."""
        return {
            "date": self.date,
            "number": self.number,
            "percent": self.percent,
            "money": self.money,
            "plural_category": self.plural_category,
        }

    def date(self, value: object, style: str = "long") -> str:
        """Format an ISO 8601 date or date and time; `style` is full, long, medium or short."""
        return self._kept_dates(value, style) if type(value) is str else self._date(value, style)

    def number(self, value: object) -> str:
        """Format an integer, a float or a decimal string."""
        return self._kept_numbers(value) if type(value) is str or type(value) is int else self._number(value)

    def percent(self, value: object) -> str:
        """Format a fraction: 0.15 is 15 %."""
        return self._kept_percents(value) if type(value) is str else self._percent(value)

    def money(self, value: object, currency: object) -> str:
        """Format an amount, given as a decimal string or a number, in an ISO 4217 currency."""
        if type(value) is str and type(currency) is str:
            return self._kept_amounts(value, currency)
        return self._money(value, currency)

    # Babel takes 70 µs for an amount, which stands in the text and in the HTML; quantities and dates repeat,
    # too. What is kept goes by the text as it stands in the data: reading it takes longer than finding it.
    @cached_property
    def _kept_dates(self) -> Callable[[object, str], str]:
        return lru_cache(maxsize=256)(self._date)

    @cached_property
    def _kept_numbers(self) -> Callable[[object], str]:
        return lru_cache(maxsize=1024, typed=True)(self._number)

    @cached_property
    def _kept_percents(self) -> Callable[[object], str]:
        return lru_cache(maxsize=256)(self._percent)

    @cached_property
    def _kept_amounts(self) -> Callable[[object, object], str]:
        return lru_cache(maxsize=1024)(self._money)

    def _date(self, value: object, style: str) -> str:
        return format_date(_read_date(value), style, locale=self.babel)

    def _number(self, value: object) -> str:
        formatted: str = format_decimal(_read_decimal(value), locale=self.babel, decimal_quantization=False)
        return formatted

    def _percent(self, value: object) -> str:
        return format_percent(_read_decimal(value), locale=self.babel, decimal_quantization=False)

    def _money(self, value: object, currency: object) -> str:
        amount = _read_decimal(value)
        _defined(currency)
        if not isinstance(currency, str) or currency not in _CURRENCIES:
            raise BadValue(currency, "expected an ISO 4217 currency code such as EUR")
        formatted: str = format_currency(amount, currency, locale=self.babel)
        return formatted

    @staticmethod
    def is_nonzero(value: object) -> bool:
        """Test of an optional number: given, and not 0 in any of its spellings."""
        if isinstance(value, Undefined) or (isinstance(value, Probe) and value.stands_for is None):
            return False
        return value not in (None, "") and _read_decimal(value) != 0

    def plural_category(self, value: object) -> str:
        """CLDR's plural category of a number in this language: one, few, many, other ..."""
        return self.babel.plural_form(_read_decimal(value))


def _defined(value: object) -> None:
    if isinstance(value, Undefined):
        str(value)  # StrictUndefined names the missing field


def _read_decimal(value: object) -> Decimal:
    _defined(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise BadValue(value, "expected a number or a decimal string such as 12.50")
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        raise BadValue(value, "expected a finite number of at most 18 digits")
    try:
        # str() first: Decimal(0.1) would be 0.1000000000000000055...
        number = Decimal(str(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise BadValue(value, "expected a number or a decimal string such as 12.50") from None
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise BadValue(value, "expected a finite number of at most 18 digits")
    return number


def _read_date(value: object) -> date:
    _defined(value)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            pass
    raise BadValue(value, "expected an ISO 8601 date such as 2026-11-22")
