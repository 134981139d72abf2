import json
import struct
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.contract.parser import parse_message
from postroad.local import orders
from postroad.local.orders import OrdersError, confirmation, locale_of_country, read_customers, read_orders

SAMPLES = Path(orders.__file__).parent / "samples"

CUSTOMER = {
    "customer_id": "ANA",
    "contact_name": "Ana Ruiz",
    "email": "ana@example.com",
    "country": "Colombia",
}
ORDER = {
    "order_id": "7",
    "customer_id": "ANA",
    "order_date": "2026-11-22",
    "shipper": "Night Train Freight",
    "freight": 32.3800011,
    "ship_to": {"name": "Ana Ruiz", "city": "Bogotá", "region": None},
    "lines": [
        {"product": "Rye flour", "unit_price": 9.80000019, "quantity": 10, "discount": 0.150000006},
        {"product": "Mug", "unit_price": 6.9, "quantity": 1, "discount": 0.0},
    ],
}


def rows(*values: object) -> list[str]:
    return [json.dumps(value) + "\n" for value in values]


def message(order: object = ORDER, customer: object = CUSTOMER) -> dict[str, Any]:
    customers = read_customers(rows(customer))
    [read] = read_orders(rows(order), customers)
    return confirmation(read, customers[read.customer_id])


def test_an_order_becomes_a_message_of_the_contract() -> None:
    assert message() == {
        "schema": "postroad.message.v1",
        "message_id": "order-7-confirmation",
        "stream": "transactional",
        "template": "order_confirmation",
        "to": {"email": "ana@example.com", "name": "Ana Ruiz"},
        "locale": "es-CO",
        "data": {
            "order_id": "7",
            "order_date": "2026-11-22",
            "currency": "USD",
            "customer": {"name": "Ana Ruiz"},
            "lines": [
                {
                    "product": "Rye flour",
                    "quantity": 10,
                    "unit_price": "9.80",
                    "discount": "0.15",
                    "amount": "83.30",
                },
                {"product": "Mug", "quantity": 1, "unit_price": "6.90", "discount": "0", "amount": "6.90"},
            ],
            "subtotal": "90.20",
            "freight": "32.38",
            "total": "122.58",
            "ship_to": {
                "name": "Ana Ruiz",
                "address": None,
                "city": "Bogotá",
                "region": None,
                "postal_code": None,
                "country": None,
            },
        },
        "tags": {"order": "7"},
    }


def test_what_is_optional() -> None:
    made = message(
        {**ORDER, "currency": "JPY", "order_url": "https://shop.example/7"},
        {**CUSTOMER, "company": "Ruiz & Hijas", "locale": "ja-JP"},
    )
    assert made["locale"] == "ja-JP"
    assert made["data"]["customer"] == {"name": "Ana Ruiz", "company": "Ruiz & Hijas"}
    assert made["data"]["order_url"] == "https://shop.example/7"
    assert [made["data"][key] for key in ("subtotal", "freight", "total")] == ["92", "32", "124"]


def test_halves_are_rounded_up_and_sums_are_of_what_is_read() -> None:
    line = {"product": "x", "unit_price": 0.125, "quantity": 1, "discount": 0.5}
    data = message({**ORDER, "freight": 0, "lines": [line, line, line]})["data"]
    assert [line["unit_price"] for line in data["lines"]] == ["0.13"] * 3
    assert [line["amount"] for line in data["lines"]] == ["0.07"] * 3
    assert (data["subtotal"], data["freight"], data["total"]) == ("0.21", "0.00", "0.21")


@given(st.decimals(0, 10_000, places=2), st.integers(1, 500))
def test_single_precision_noise_goes_away(price: Decimal, quantity: int) -> None:
    noisy = struct.unpack("f", struct.pack("f", float(price)))[0]
    line = {"product": "x", "unit_price": noisy, "quantity": quantity}
    [made] = message({**ORDER, "lines": [line]})["data"]["lines"]
    assert Decimal(made["unit_price"]) == price
    assert Decimal(made["amount"]) == price * quantity


@pytest.mark.parametrize(
    ("country", "locale"),
    [
        ("Spain", "es-ES"),
        ("mexico", "es-MX"),
        ("USA", "en-US"),
        ("UK", "en-GB"),
        ("CO", "es-CO"),
        ("China", "zh-CN"),
        ("Taiwan", "zh-TW"),
        ("Germany", "de-DE"),
        ("Türkiye", "tr-TR"),
        ("Canada", "en-CA"),
        ("Atlantis", None),
        ("", None),
        (None, None),
    ],
)
def test_the_locale_of_a_country(country: str | None, locale: str | None) -> None:
    assert locale_of_country(country) == locale


def test_no_locale_is_left_to_the_template() -> None:
    assert "locale" not in message(customer={**CUSTOMER, "country": "Atlantis"})


def _line(**change: object) -> dict[str, object]:
    return {**ORDER, "lines": [{"product": "x", "unit_price": 1, "quantity": 1, **change}]}


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({**ORDER, "order_id": "a b"}, "order_id: expected 1 to 100 letters, digits or . _ : -"),
        ({**ORDER, "order_id": 7}, "order_id: Expected `str`, got `int`"),
        ({**ORDER, "customer_id": "BOB"}, "customer_id: there is no such customer in the customers file"),
        ({**ORDER, "order_date": "22/11/2026"}, "order_date: Invalid RFC3339 encoded date"),
        ({**ORDER, "freight": None}, "freight: Expected `decimal`, got `null`"),
        ({**ORDER, "freight": -1}, "freight: expected an amount of 0 or more"),
        ({**ORDER, "freight": 1e300}, "freight: expected an amount of 0 or more"),
        ({**ORDER, "freight": "NaN"}, "freight: expected an amount of 0 or more"),
        ({**ORDER, "currency": "EURO"}, "currency: expected an ISO 4217 code such as EUR"),
        ({**ORDER, "lines": []}, "lines: expected at least one line"),
        ({**ORDER, "ship_to": {"city": 5}}, "ship_to.city: Expected `str | null`, got `int`"),
        (_line(unit_price="a lot"), "lines[0].unit_price: Invalid decimal string"),
        (_line(unit_price=-1), "lines[0].unit_price: expected an amount of 0 or more"),
        (_line(quantity=0), "lines[0].quantity: expected a whole number of 1 or more"),
        (_line(quantity=1.5), "lines[0].quantity: Expected `int`, got `float`"),
        (_line(discount=15), "lines[0].discount: expected a fraction from 0 to 1"),
        ({}, "Object missing required field `order_id`"),
        ([], "Expected `object`, got `array`"),
    ],
)
def test_a_bad_order_is_named_by_line_and_field(order: object, problem: str) -> None:
    customers = read_customers(rows(CUSTOMER))
    with pytest.raises(OrdersError) as caught:
        read_orders([*rows({**ORDER, "order_id": "1"}), "\n", *rows(order)], customers, "some.jsonl")
    [only] = caught.value.problems
    assert only.startswith(f"some.jsonl: line 3: {problem}")


@pytest.mark.parametrize(
    ("customer", "problem"),
    [
        ({**CUSTOMER, "email": "ana"}, "email: expected an address with an @"),
        ({**CUSTOMER, "contact_name": " "}, "contact_name: expected a name"),
        ({"customer_id": "ANA"}, "Object missing required field `contact_name`"),
    ],
)
def test_a_bad_customer_is_named_by_line_and_field(customer: object, problem: str) -> None:
    with pytest.raises(OrdersError) as caught:
        read_customers(rows(customer))
    assert caught.value.problems == (f"customers.jsonl: line 1: {problem}",)


def test_a_repeated_id_is_refused() -> None:
    with pytest.raises(OrdersError, match="line 2: customer_id: is on an earlier line already"):
        read_customers(rows(CUSTOMER, CUSTOMER))
    with pytest.raises(OrdersError, match="line 2: order_id: is on an earlier line already"):
        read_orders(rows(ORDER, ORDER), read_customers(rows(CUSTOMER)))


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(OrdersError) as caught:
        read_orders(
            ["{\n", *rows({**ORDER, "freight": -1, "currency": "?"}), "5\n"], read_customers(rows(CUSTOMER))
        )
    assert [problem.split(": ")[1] for problem in caught.value.problems] == [
        "line 1",
        "line 2",
        "line 2",
        "line 3",
    ]


@pytest.fixture(scope="module")
def samples() -> list[dict[str, Any]]:
    with (SAMPLES / "customers.jsonl").open(encoding="utf-8") as lines:
        customers = read_customers(lines)
    with (SAMPLES / "orders.jsonl").open(encoding="utf-8") as lines:
        return [confirmation(order, customers[order.customer_id]) for order in read_orders(lines, customers)]


def test_the_samples_are_many_and_from_everywhere(samples: list[dict[str, Any]]) -> None:
    assert len(samples) >= 100
    letters = {letter for made in samples for letter in made["to"]["name"] if letter.isalpha()}
    scripts = {unicodedata.name(letter).split()[0] for letter in letters}
    asian = {"CJK", "HANGUL", "THAI", "DEVANAGARI", "TAMIL", "KANNADA", "GEORGIAN"}
    assert scripts >= asian | {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "ETHIOPIC"}
    locales = {made["locale"] for made in samples}
    assert len(locales) > 40
    assert {"zh-CN", "zh-SG", "zh-TW", "es-CO", "es-MX"} <= locales


def test_no_sample_reaches_a_real_mailbox(samples: list[dict[str, Any]]) -> None:
    for made in samples:
        assert made["to"]["email"].isascii()
        assert made["to"]["email"].endswith(".example.com")


def test_every_sample_is_a_message_of_the_contract(samples: list[dict[str, Any]]) -> None:
    for made in samples:
        assert parse_message(json.dumps(made, ensure_ascii=False)).message_id == made["message_id"]


def test_no_amount_is_a_negative_zero() -> None:
    line = {"product": "Mug", "unit_price": "-0", "quantity": 1, "discount": -0.0}
    data = message({**ORDER, "freight": "-0.0", "lines": [line]})["data"]
    assert (data["freight"], data["total"]) == ("0.00", "0.00")
    assert data["lines"][0]["unit_price"] == data["lines"][0]["amount"] == "0.00"
    assert data["lines"][0]["discount"] == "0"


def test_a_row_nested_too_deeply_is_a_bad_row_like_any_other() -> None:
    with pytest.raises(OrdersError, match=r"orders\.jsonl: line 1: maximum recursion depth"):
        read_orders(['{"x":' + "[" * 100_000], {})
