import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from postroad.contract.parser import parse_message
from postroad.local.demo.planning import Mailbox, PlanError, again, choose_mailboxes, make_plan, plan
from postroad.local.orders import Customer, Line, Order, Place


def order(order_id: str, customer_id: str) -> Order:
    line = Line(product="Rye bread mix", quantity=2, unit_price=Decimal("14.00"))
    return Order(
        order_id=order_id,
        customer_id=customer_id,
        order_date=date(2026, 11, 22),
        freight=Decimal("3.20"),
        ship_to=Place(name="Panadería Ruiz"),
        lines=(line,),
    )


def customers(*ids: str) -> dict[str, Customer]:
    return {each: Customer(each, f"Customer {each}", f"{each}@example.com") for each in ids}


def recipient(message: object) -> str:
    return parse_message(json.dumps(message)).to.email


def test_there_is_one_message_for_each_order() -> None:
    orders = [order(str(number), "abc"[number % 3]) for number in range(60)]
    planned = plan(orders, customers("a", "b", "c"))
    ids = [message["message_id"] for message in planned.messages]
    assert len(set(ids)) == len(ids) == len(orders)
    assert planned.customers == 3


def test_every_customer_keeps_a_mail_at_their_own_address() -> None:
    orders = [order(str(number), "abc"[number % 3]) for number in range(60)]
    planned = plan(orders, customers("a", "b", "c"))
    assert planned.own_addresses == {"a@example.com", "b@example.com", "c@example.com"}
    assert planned.own_addresses <= {recipient(message) for message in planned.messages}


def test_some_orders_bounce_and_some_complain_each_at_an_address_of_its_own() -> None:
    orders = [order(str(number), "abc"[number % 3]) for number in range(60)]
    planned = plan(orders, customers("a", "b", "c"))
    labelled = [
        address
        for each in planned.messages
        if (address := recipient(each)).endswith("@simulator.amazonses.com")
    ]
    assert planned.labelled == {Mailbox.BOUNCE: 4, Mailbox.COMPLAINT: 2}
    assert Counter(address.partition("+")[0] for address in labelled) == {"bounce": 4, "complaint": 2}
    assert len(set(labelled)) == len(labelled)


def test_a_first_order_is_never_spared_for_a_bounce() -> None:
    assert choose_mailboxes([order("1", "a"), order("2", "b"), order("3", "c")]) == {}
    assert set(choose_mailboxes([order("1", "a"), order("2", "a"), order("3", "b")])) == {"2"}


def test_the_number_of_labels_grows_with_the_orders() -> None:
    chosen = choose_mailboxes([order(str(number), "a") for number in range(900)])
    assert Counter(chosen.values()) == {Mailbox.BOUNCE: 20, Mailbox.COMPLAINT: 10}


@pytest.mark.parametrize("order_id", ["a.b", "a:b", "a_b", "x" * 100])
def test_an_id_that_makes_no_label_is_replaced_by_its_place(order_id: str) -> None:
    planned = plan([order("1", "a"), order(order_id, "a")], customers("a"))
    assert recipient(planned.messages[1]) == "bounce+line-2@simulator.amazonses.com"


def test_sending_again_is_another_message_to_the_same_person() -> None:
    (first,) = plan([order("1", "a")], customers("a")).messages
    second = again(first)
    assert second["message_id"] == "order-1-confirmation-again"
    assert second | {"message_id": first["message_id"]} == first


def test_the_samples_can_be_used_as_they_are() -> None:
    planned = make_plan(None, None)
    assert len(planned.messages) >= 100
    assert set(planned.labelled) == {Mailbox.BOUNCE, Mailbox.COMPLAINT}


ROW = {"customer_id": "a", "contact_name": "A", "email": "a@example.com"}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_a_path_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    customers_file = write(tmp_path / "customers.jsonl", ROW)
    with pytest.raises(PlanError, match=r"nothing\.jsonl does not exist"):
        make_plan(tmp_path / "nothing.jsonl", customers_file)
    with pytest.raises(PlanError, match=r"nothing\.jsonl does not exist"):
        make_plan(None, tmp_path / "nothing.jsonl")
    with pytest.raises(PlanError, match="can't be read: Is a directory"):
        make_plan(tmp_path, customers_file)


def test_a_row_that_can_not_be_used_is_named_by_file_and_line(tmp_path: Path) -> None:
    customers_file = write(tmp_path / "customers.jsonl", ROW)
    orders_file = write(tmp_path / "orders.jsonl", {"order_id": "1", "customer_id": "a"})
    with pytest.raises(PlanError, match=r"orders\.jsonl: line 1: .*order_date"):
        make_plan(orders_file, customers_file)


def test_an_address_that_no_mail_can_go_to_is_told_before_anything_starts() -> None:
    people = {"a": Customer("a", "José", "josé@example.com")}
    with pytest.raises(PlanError, match="customer a: email: ") as told:
        plan([order("1", "a"), order("2", "a")], people)
    assert str(told.value).count("customer a") == 1


def test_files_without_an_order_or_not_in_utf_8_are_refused(tmp_path: Path) -> None:
    customers_file = write(tmp_path / "customers.jsonl", ROW)
    with pytest.raises(PlanError, match="holds no order"):
        make_plan(write(tmp_path / "orders.jsonl"), customers_file)
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes("{'é': 1}".encode("latin-1"))
    with pytest.raises(PlanError, match="is not UTF-8"):
        make_plan(latin, customers_file)
