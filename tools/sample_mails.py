"""A morning of a sample shop: some order confirmations and one of each other mail, in many languages."""

import json
from pathlib import Path

from postroad.local.orders import Customer, confirmation, locale_of_country, read_customers, read_orders
from postroad.rendering.build import template_names

PROJECT = Path(__file__).resolve().parents[1]
SAMPLES = PROJECT / "postroad" / "local" / "samples"
TEMPLATES = PROJECT / "templates"
ORDERS = 8
# Template and customer; the last of a template is the newest mail.
WRITTEN = (
    ("confirm_subscription", "AMARA"),
    ("subscription_notice", "CHIAR"),
    ("welcome", "LIHUA"),
    ("password_reset", "ADAIR"),
    ("quotation_follow_up", "ALVAR"),
    ("back_in_stock", "BEATR"),
    ("shipping_notification", "JOSEM"),
    ("invoice", "MSCOT"),
    ("newcomer_hello", "LUCIA"),
    ("newcomer_guide", "WANGF"),
    ("newcomer_help", "HEINZ"),
    ("cart_reminder", "LIHUA"),
    ("cart_last_reminder", "BEATR"),
    ("order_check_in", "DANIE"),
    ("review_request", "LUCIA"),
    ("quotation_question", "WANGF"),
    ("quotation_closing", "ALVAR"),
)
# Who gets a mail that nobody has found a reader for yet.
ANYBODY = "ADAIR"
# Whose order confirmation bounces, and what is then not sent.
BOUNCING = "VALEN"
AFTER_THE_BOUNCE = ("shipping_notification", "quotation_follow_up")
# The topic of each mail that people can leave.
_TOPICS = {
    "back_in_stock": "product_updates",
    "newcomer_hello": "product_updates",
    "newcomer_guide": "product_updates",
    "newcomer_help": "product_updates",
    "cart_reminder": "shopping",
    "cart_last_reminder": "shopping",
    "order_check_in": "shopping",
    "review_request": "shopping",
    "quotation_question": "follow_ups",
    "quotation_closing": "follow_ups",
}


def customers() -> dict[str, Customer]:
    """Read the sample customers by their id."""
    return read_customers((SAMPLES / "customers.jsonl").read_text("utf-8").splitlines())


def confirmations() -> list[dict[str, object]]:
    """Confirm the first sample orders, each of another customer."""
    known = customers()
    orders = read_orders((SAMPLES / "orders.jsonl").read_text("utf-8").splitlines(), known)
    first = {order.customer_id: order for order in reversed(orders) if order.customer_id != BOUNCING}
    return [confirmation(order, known[order.customer_id]) for order in [*first.values()][-ORDERS:]]


def written() -> list[dict[str, object]]:
    """One of each other template, with its example's data."""
    found = dict(WRITTEN)
    others = [each for each in template_names(TEMPLATES) if each not in {*found, "order_confirmation"}]
    return [
        example_for(template, customer)
        for template, customer in (*WRITTEN, *((each, ANYBODY) for each in others))
    ]


def example_for(template: str, customer_id: str) -> dict[str, object]:
    """Return the message that sends a template's example to a sample customer, in the customer's language."""
    customer = customers()[customer_id]
    data = json.loads((TEMPLATES / template / "example.json").read_text("utf-8"))
    if "customer" in data:
        person = {"name": customer.contact_name, "company": customer.company}
        data["customer"] |= {name: value for name, value in person.items() if name in data["customer"]}
    elif "name" in data:
        data["name"] = customer.contact_name
    message: dict[str, object] = {
        "schema": "postroad.message.v1",
        "message_id": f"sample-{template.replace('_', '-')}-{customer_id.lower()}",
        "stream": "marketing" if template in _TOPICS else "transactional",
        "template": template,
        "to": {"email": customer.email, "name": customer.contact_name},
        "locale": customer.locale or locale_of_country(customer.country) or "en",
        "data": data,
    }
    if template in _TOPICS:
        message["topic"] = _TOPICS[template]
    return message
