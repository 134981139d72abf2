"""What the demo will send, decided before anything starts."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from postroad.contract.address import AddressError, parse_address
from postroad.contract.parser import InvalidMessage, parse_message
from postroad.local.errors import LocalCloudError
from postroad.local.orders import (
    Customer,
    Order,
    OrdersError,
    confirmation,
    locale_of_country,
    read_customers,
    read_orders,
)

STREAM = "transactional"
_SIMULATOR_DOMAIN = "simulator.amazonses.com"
_SAMPLES = files("postroad.local") / "samples"
_ORDERS_PER_LABEL = 30
_MOST_SHOPPERS = 30
_FEWEST = 6  # four bounces and two complaints
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")  # anything else might make another order's address


class PlanError(LocalCloudError):
    """The orders or the customers can't be used; nothing has been started."""


class Mailbox(StrEnum):
    """What SES's mailbox simulator does with a mail, by the address's local part."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer with the order that the part of journeys plays with."""

    email: str
    name: str
    locale: str | None
    order_id: str
    currency: str
    total: str
    lines: object


@dataclass(frozen=True, slots=True)
class Plan:
    """One message for each order; `own_addresses` (canonical) must each get at least one of them."""

    messages: tuple[Mapping[str, object], ...]
    own_addresses: frozenset[str]
    labelled: Mapping[Mailbox, int]
    customers: int
    shoppers: tuple[Shopper, ...] = ()


def make_plan(orders_path: Path | None, customers_path: Path | None) -> Plan:
    """Read both files (by default the project's samples), and check every row and every message.

    Raises PlanError naming file, line, field and what was expected.
    """
    customers_source = customers_path or _SAMPLES / "customers.jsonl"
    orders_source = orders_path or _SAMPLES / "orders.jsonl"
    try:
        customers = read_customers(_lines(customers_source), str(customers_source))
        orders = read_orders(_lines(orders_source), customers, str(orders_source))
    except OrdersError as error:
        raise PlanError(str(error)) from error
    if not orders:
        raise PlanError(f"{orders_source} holds no order: there is nothing to send")
    return plan(orders, customers)


def plan(orders: Sequence[Order], customers: Mapping[str, Customer]) -> Plan:
    """Turn orders into messages, some of them to labelled addresses of SES's mailbox simulator."""
    mailboxes = choose_mailboxes(orders)
    messages: list[Mapping[str, object]] = []
    own_addresses: set[str] = set()
    problems: list[str] = []
    for position, order in enumerate(orders, start=1):
        customer = customers[order.customer_id]
        try:
            own_addresses.add(parse_address(customer.email).canonical)
        except AddressError as error:
            problems.append(f"customer {customer.customer_id}: email: {error}")
            continue
        message = confirmation(order, customer, stream=STREAM)
        if mailbox := mailboxes.get(order.order_id):
            message = {
                **message,
                "to": {**_to(message), "email": _labelled(mailbox, order.order_id, position)},
            }
        try:
            parse_message(msgspec.json.encode(message))
        except InvalidMessage as error:
            problems.append(f"order {order.order_id}: {error}")
        messages.append(message)
    if problems:
        raise PlanError("\n".join(dict.fromkeys(problems)))
    return Plan(
        messages=tuple(messages),
        own_addresses=frozenset(own_addresses),
        labelled=Counter(mailboxes.values()),
        customers=len({order.customer_id for order in orders}),
        shoppers=tuple(choose_shoppers(orders, customers)),
    )


def choose_shoppers(orders: Sequence[Order], customers: Mapping[str, Customer]) -> Iterator[Shopper]:
    """Take some customers, each at an address of their own, with the first order of each."""
    seen: set[str] = set()
    for order in orders:
        customer = customers[order.customer_id]
        if customer.email.lower() in seen:
            continue
        seen.add(customer.email.lower())
        data: Any = confirmation(order, customer)["data"]
        yield Shopper(
            email=customer.email,
            name=customer.contact_name,
            locale=customer.locale or locale_of_country(customer.country),
            order_id=order.order_id,
            currency=order.currency,
            total=data["total"],
            lines=data["lines"],
        )
        if len(seen) == _MOST_SHOPPERS:
            return


def choose_mailboxes(orders: Sequence[Order]) -> dict[str, Mailbox]:
    """Choose the orders whose mail goes to the mailbox simulator instead, spread evenly over the file.

    Never the first order of an address, so that every customer with an order still gets a mail.
    """
    seen: set[str] = set()
    free = []
    for order in orders:
        if order.customer_id in seen:
            free.append(order.order_id)
        seen.add(order.customer_id)
    wanted = min(max(_FEWEST, len(orders) // _ORDERS_PER_LABEL), len(free))
    spread = [free[index * len(free) // wanted] for index in range(wanted)] if wanted else []
    # Two bounces to one complaint: even a short file gets some of both.
    return {
        order_id: Mailbox.COMPLAINT if index % 3 == 1 else Mailbox.BOUNCE
        for index, order_id in enumerate(spread)
    }


def again(message: Mapping[str, object]) -> dict[str, object]:
    """Return the same mail to the same person as another message."""
    return {**message, "message_id": f"{message['message_id']}-again"}


def _labelled(mailbox: Mailbox, order_id: str, position: int) -> str:
    """Return an address of its own for this order, so that one bounce suppresses only itself."""
    label = order_id if _LABEL.fullmatch(order_id) else f"line-{position}"
    return f"{mailbox}+{label}@{_SIMULATOR_DOMAIN}"


def _lines(source: Path | Traversable) -> list[str]:
    try:
        # Not splitlines(): a text may hold a line separator of Unicode, which JSON allows.
        return source.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise PlanError(f"{source} does not exist: give the path of a JSON Lines file") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{source} is not UTF-8 (at byte {error.start}): save it as UTF-8") from error
    except OSError as error:
        raise PlanError(f"{source} can't be read: {error.strerror}") from error


def _to(message: Mapping[str, object]) -> dict[str, object]:
    to = message["to"]
    if not isinstance(to, dict):
        raise TypeError("a message's `to` is an object")
    return to
