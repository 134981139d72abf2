"""Write templates/invoice/example.pdf anew, the attachment of the invoice in its example.json.

The same data gives the same bytes, on every machine and day: the file is dated as the invoice is, and its
pages are not compressed, for versions of zlib compress differently.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "invoice"
EXAMPLE = FOLDER / "example.json"
TARGET = FOLDER / "example.pdf"

SELLER_ADDRESS = ("1 Example Street", "12345 Example City")
ACCENT, TEXT, MUTED, LINE = (20, 97, 74), (29, 37, 34), (91, 102, 97), (221, 226, 223)
MARGIN = 22  # mm
COLUMNS = (96, 30, 40)  # mm: what, how many, how much; together the page less its margins
FACTS = (34, 132)  # mm: label, value
ROW = 9  # mm
SMALL_ROW = 6  # mm


def invoice_pdf(data: Mapping[str, Any]) -> bytes:
    """Draw the invoice of `data`, which is of the form of example.json.

    The fonts are PDF's own, so that none is embedded; they write Latin-1 and no sign for the euro, so amounts
    carry the currency's code. Other letters raise FPDFUnicodeEncodingException.
    """
    issued = date.fromisoformat(data["invoice_date"])
    pdf = FPDF(format="A4")
    pdf.set_compression(False)
    pdf.set_creation_date(datetime(issued.year, issued.month, issued.day, tzinfo=UTC))
    pdf.set_producer("Postroad")
    pdf.set_title(f"Invoice {data['invoice_number']}")
    pdf.set_lang("en")
    pdf.set_margins(MARGIN, MARGIN)
    pdf.add_page()
    _head(pdf, data)
    _lines(pdf, data)
    _sums(pdf, data)
    _payment(pdf, data)
    return bytes(pdf.output())


def _head(pdf: FPDF, data: Mapping[str, Any]) -> None:
    customer = data["customer"]
    _line(pdf, data["bank"]["account_holder"], size=16, bold=True, colour=ACCENT)
    _line(pdf, ", ".join(SELLER_ADDRESS), size=9, colour=MUTED)
    pdf.ln(18)
    for name in (customer["company"], customer["name"]):
        _line(pdf, name, size=11)
    pdf.ln(14)
    _line(pdf, "Invoice", size=22, bold=True)
    pdf.ln(4)
    _facts(
        pdf,
        {
            "Invoice number": data["invoice_number"],
            "Invoice date": data["invoice_date"],
            "Due date": data["due_date"],
            "Order": data["order_id"],
            "Tax ID": customer["tax_id"],
        },
    )
    pdf.ln(8)


def _lines(pdf: FPDF, data: Mapping[str, Any]) -> None:
    _row(pdf, ("Item", "Quantity", f"Amount in {data['currency']}"), bold=True, colour=MUTED)
    for line in data["lines"]:
        _row(pdf, (line["product"], f"{line['quantity']:,}", _amount(line["amount"])))


def _sums(pdf: FPDF, data: Mapping[str, Any]) -> None:
    _row(pdf, ("Net", "", _amount(data["net"])), colour=MUTED)
    for tax in data["taxes"]:
        percent = (Decimal(tax["rate"]) * 100).normalize()
        _row(pdf, (f"{tax['name'] or 'VAT'} {percent:f}%", "", _amount(tax["amount"])), colour=MUTED)
    _row(pdf, (f"Total in {data['currency']}", "", _amount(data["total"])), bold=True)
    pdf.ln(12)


def _payment(pdf: FPDF, data: Mapping[str, Any]) -> None:
    bank = data["bank"]
    _line(pdf, f"Please pay by {data['due_date']}, by bank transfer:", size=11, bold=True)
    pdf.ln(2)
    _facts(
        pdf,
        {
            "To": bank["account_holder"],
            "IBAN": bank["iban"],
            "BIC": bank["bic"],
            "Reference": bank["reference"],
        },
    )


def _facts(pdf: FPDF, facts: Mapping[str, str]) -> None:
    for label, value in facts.items():
        _font(pdf, size=10, colour=MUTED)
        pdf.cell(FACTS[0], SMALL_ROW, label)
        _font(pdf, size=10, colour=TEXT)
        pdf.cell(FACTS[1], SMALL_ROW, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _line(
    pdf: FPDF, text: str, *, size: int, bold: bool = False, colour: tuple[int, int, int] = TEXT
) -> None:
    _font(pdf, size=size, bold=bold, colour=colour)
    pdf.cell(0, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)  # points to mm, and some air


def _row(pdf: FPDF, cells: Sequence[str], *, bold: bool = False, colour: tuple[int, int, int] = TEXT) -> None:
    _font(pdf, size=10, bold=bold, colour=colour)
    pdf.set_draw_color(*LINE)
    what, how_many, how_much = cells
    pdf.cell(COLUMNS[0], ROW, what, border="B")
    pdf.cell(COLUMNS[1], ROW, how_many, border="B", align=Align.R)
    pdf.cell(COLUMNS[2], ROW, how_much, border="B", align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _font(pdf: FPDF, *, size: int, colour: tuple[int, int, int], bold: bool = False) -> None:
    pdf.set_font("helvetica", "B" if bold else "", size)
    pdf.set_text_color(*colour)


def _amount(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"


def main() -> None:
    """Replace the file."""
    content = invoice_pdf(json.loads(EXAMPLE.read_text("utf-8")))
    TARGET.write_bytes(content)
    print(f"{TARGET}: {len(content)} bytes")


if __name__ == "__main__":
    main()
