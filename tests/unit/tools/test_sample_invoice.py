import json
from typing import Any

import pytest
from pypdf import PdfReader

from tools.sample_invoice import EXAMPLE, TARGET, invoice_pdf


@pytest.fixture
def data() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(EXAMPLE.read_text("utf-8"))
    return content


@pytest.fixture
def shown() -> str:
    (page,) = PdfReader(TARGET).pages
    return page.extract_text()


def test_the_shipped_pdf_is_that_of_the_example(data: dict[str, Any]) -> None:
    assert TARGET.read_bytes() == invoice_pdf(data), (
        "run `python -m tools.sample_invoice`, and look at the PDF"
    )


def test_it_says_what_the_mail_says(data: dict[str, Any], shown: str) -> None:
    assert data["filename"] == f"{data['invoice_number']}.pdf"
    for part in (data["invoice_number"], data["invoice_date"], data["due_date"], *data["bank"].values()):
        assert part in shown
    for line in data["lines"]:
        assert f"{line['product']} {line['quantity']} {line['amount']}" in shown
    for amount in (data["net"], data["total"], *(tax["amount"] for tax in data["taxes"])):
        assert amount in shown


def test_the_sums_are_right(data: dict[str, Any]) -> None:
    cents = [round(float(line["amount"]) * 100) for line in data["lines"]]
    taxes = [round(float(tax["amount"]) * 100) for tax in data["taxes"]]
    assert sum(cents) == round(float(data["net"]) * 100)
    assert sum(cents) + sum(taxes) == round(float(data["total"]) * 100)


def test_it_is_a_small_attachment() -> None:
    assert TARGET.stat().st_size < 40_000


def test_another_total_makes_another_file(data: dict[str, Any]) -> None:
    assert invoice_pdf(data | {"total": "1.00"}) != TARGET.read_bytes()
