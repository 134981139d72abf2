"""Orders and customers in JSON Lines files, turned into messages that confirm the orders.

Both files have one JSON object a line. A customer: `customer_id`, `contact_name`, `email`, and optionally
`company`, `country` (English name or ISO 3166 code) and `locale`. An order: `order_id`, `customer_id`,
`order_date` (ISO 8601), `freight`, `ship_to` {`name`, `address`, `city`, `region`, `postal_code`, `country`},
`lines` [{`product`, `quantity`, `unit_price`, `discount` (a fraction)}], and optionally `currency` (ISO 4217,
USD if not given) and `order_url`. Other keys are ignored.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TypeVar

import msgspec
from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision, list_currencies

TEMPLATE = "order_confirmation"
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_PATH = re.compile(r"^(?P<problem>.*?)(?: - at `\$\.?(?P<field>[^`]*)`)?$", re.DOTALL)
_LARGEST = Decimal(10) ** 12
_Row = TypeVar("_Row")


class OrdersError(ValueError):
    """Rows of an orders or customers file that can't be used: `orders.jsonl: line 3: freight: ...`, each."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep every problem, in the order of the lines."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Customer(msgspec.Struct, frozen=True):
    """Who ordered."""

    customer_id: str
    contact_name: str
    email: str
    company: str | None = None
    country: str | None = None
    locale: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where an order goes."""

    name: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Line(msgspec.Struct, frozen=True):
    """One product of an order; `discount` is a fraction of its price."""

    product: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = Decimal(0)


class Order(msgspec.Struct, frozen=True):
    """What was ordered. Amounts are as in the file, and are rounded only by `confirmation`."""

    order_id: str
    customer_id: str
    order_date: date
    freight: Decimal
    ship_to: Place
    lines: tuple[Line, ...]
    currency: str = "USD"
    order_url: str | None = None


def read_customers(lines: Iterable[str], source: str = "customers.jsonl") -> dict[str, Customer]:
    """Read customers by their id; raises OrdersError with every bad row."""
    customers: dict[str, Customer] = {}
    problems: list[str] = []
    for number, customer in _rows(lines, Customer, source, problems):
        for field, problem in _customer_problems(customer, customers):
            problems.append(f"{source}: line {number}: {field}: {problem}")
        customers[customer.customer_id] = customer
    if problems:
        raise OrdersError(problems)
    return customers


def read_orders(
    lines: Iterable[str], customers: dict[str, Customer], source: str = "orders.jsonl"
) -> list[Order]:
    """Read the orders of these customers; raises OrdersError with every bad row."""
    orders: dict[str, Order] = {}
    problems: list[str] = []
    for number, order in _rows(lines, Order, source, problems):
        for field, problem in _order_problems(order, customers, orders):
            problems.append(f"{source}: line {number}: {field}: {problem}")
        orders[order.order_id] = order
    if problems:
        raise OrdersError(problems)
    return list(orders.values())


def confirmation(order: Order, customer: Customer, *, stream: str = "transactional") -> dict[str, object]:
    """Make the `postroad.message.v1` that confirms an order, without `created_at`, which the client writes.

    Amounts are rounded half up to the currency's digits, which also takes away what binary floats left
    behind (32.3800011 is 32.38). Each line is rounded before it is added up, so that the sums that the
    customer reads are the sums of what the customer reads.
    """
    cent = Decimal(1).scaleb(-get_currency_precision(order.currency))
    lines: list[dict[str, object]] = []
    subtotal = Decimal(0)
    for line in order.lines:
        price = _rounded(line.unit_price, cent)
        discount = _rounded(line.discount, Decimal("0.0001"))
        amount = _rounded(price * line.quantity * (1 - discount), cent)
        subtotal += amount
        lines.append(
            {
                "product": line.product,
                "quantity": line.quantity,
                "unit_price": str(price),
                "discount": f"{discount.normalize():f}",
                "amount": str(amount),
            }
        )
    freight = _rounded(order.freight, cent)
    person = {"name": customer.contact_name, "company": customer.company}
    data: dict[str, object] = {
        "order_id": order.order_id,
        "order_date": order.order_date.isoformat(),
        "currency": order.currency,
        "customer": {key: value for key, value in person.items() if value},
        "lines": lines,
        "subtotal": str(_rounded(subtotal, cent)),
        "freight": str(freight),
        "total": str(_rounded(subtotal + freight, cent)),
        "ship_to": msgspec.structs.asdict(order.ship_to),
    }
    if order.order_url:
        data["order_url"] = order.order_url
    message: dict[str, object] = {
        "schema": "postroad.message.v1",
        "message_id": f"order-{order.order_id}-confirmation",
        "stream": stream,
        "template": TEMPLATE,
        "to": {"email": customer.email, "name": customer.contact_name},
        "data": data,
        "tags": {"order": order.order_id},
    }
    locale = customer.locale or locale_of_country(customer.country)
    if locale:
        message["locale"] = locale
    return message


def locale_of_country(country: str | None) -> str | None:
    """Guess a locale from a country's English name or code by CLDR's likely language; None if unknown."""
    code = _country_codes().get((country or "").casefold())
    if code is None:
        return None
    # The table leaves out the regions where its general answer, en, holds.
    likely = get_global("likely_subtags").get(f"und_{code}", "en")
    return f"{likely.partition('_')[0]}-{code}"


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return +value.quantize(step, ROUND_HALF_UP)  # + makes -0.00 plain 0.00


@cache
def _country_codes() -> dict[str, str]:
    names = {code: name for code, name in Locale("en").territories.items() if re.fullmatch("[A-Z]{2}", code)}
    return {
        **{code.casefold(): code for code in names},
        **{name.casefold(): code for code, name in names.items()},
        "usa": "US",
        "uk": "GB",
        "czech republic": "CZ",
        "turkey": "TR",
    }


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def _rows(
    lines: Iterable[str], kind: type[_Row], source: str, problems: list[str]
) -> Iterable[tuple[int, _Row]]:
    decoder = msgspec.json.Decoder(kind)
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            yield number, decoder.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:  # ValidationError is a DecodeError
            found = _PATH.match(str(error))
            field = (found["field"] or "") if found else ""
            problem = found["problem"] if found else str(error)
            problems.append(f"{source}: line {number}: {f'{field}: ' if field else ''}{problem}")


def _customer_problems(customer: Customer, seen: dict[str, Customer]) -> Iterable[tuple[str, str]]:
    if customer.customer_id in seen:
        yield "customer_id", "is on an earlier line already"
    if not customer.contact_name.strip():
        yield "contact_name", "expected a name"
    local, _, domain = customer.email.rpartition("@")
    if not local or not domain:
        yield "email", "expected an address with an @"


def _order_problems(
    order: Order, customers: dict[str, Customer], seen: dict[str, Order]
) -> Iterable[tuple[str, str]]:
    if not _IDENTIFIER.fullmatch(order.order_id):
        yield "order_id", "expected 1 to 100 letters, digits or . _ : -, as it becomes part of a message_id"
    if order.order_id in seen:
        yield "order_id", "is on an earlier line already"
    if order.customer_id not in customers:
        yield "customer_id", "there is no such customer in the customers file"
    if order.currency not in _currencies():
        yield "currency", "expected an ISO 4217 code such as EUR"
    if not order.lines:
        yield "lines", "expected at least one line"
    if not _is_amount(order.freight):
        yield "freight", "expected an amount of 0 or more"
    for index, line in enumerate(order.lines):
        for field, problem in _line_problems(line):
            yield f"lines[{index}].{field}", problem


def _line_problems(line: Line) -> Iterable[tuple[str, str]]:
    if not 0 < line.quantity < _LARGEST:
        yield "quantity", "expected a whole number of 1 or more"
    if not _is_amount(line.unit_price):
        yield "unit_price", "expected an amount of 0 or more"
    if not (_is_amount(line.discount) and line.discount <= 1):
        yield "discount", "expected a fraction from 0 to 1"


def _is_amount(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value < _LARGEST
