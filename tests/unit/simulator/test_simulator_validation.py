from typing import TYPE_CHECKING

import pytest

from postroad.local.simulator.addresses import AddressRefusedError, bare_address
from postroad.local.simulator.validation import LARGEST_MESSAGE

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk


def simple(**changes: object) -> dict[str, object]:
    content = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    return {"Simple": content | changes}


def header(name: str, value: str) -> dict[str, object]:
    return simple(Headers=[{"Name": name, "Value": value}])


def attachment(**changes: object) -> dict[str, object]:
    return simple(Attachments=[{"FileName": "a.pdf", "RawContent": "YQ=="} | changes])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"FromEmailAddress": ""}, "BadRequestException"),
        ({"FromEmailAddress": "orders@shop.example\r\nBcc: a@example.com"}, "BadRequestException"),
        ({"Destination": {"ToAddresses": []}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["ana"]}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["josé@example.com"]}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["José <jose@example.com>"]}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["Ruiz, Ana <ana@example.com>"]}}, "BadRequestException"),
        ({"Destination": {"BccAddresses": ["a@example.com"] * 51}}, "MessageRejected"),
        ({"ReplyToAddresses": ["a b@example.com"]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "a b", "Value": "c"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "a", "Value": "ü"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "a", "Value": ""}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "a", "Value": "b" * 257}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "a", "Value": "b"}] * 2}, "BadRequestException"),
        ({"Content": simple(Subject={"Data": "a\r\nBcc: b"})}, "BadRequestException"),
        ({"Content": simple(Subject={"Data": "a\nb"})}, "BadRequestException"),
        ({"Content": simple(Body={})}, "BadRequestException"),
        ({"Content": {"Raw": {"Data": "YQ=="}}}, "BadRequestException"),
        ({"Content": {"Template": {"TemplateName": "t"}}}, "BadRequestException"),
        ({"Content": header("X Order", "1")}, "BadRequestException"),
        ({"Content": header("X-Order:", "1")}, "BadRequestException"),
        ({"Content": header("x" * 127, "1")}, "BadRequestException"),
        ({"Content": header("X-Order", "1\r\nBcc: a@example.com")}, "BadRequestException"),
        ({"Content": header("X-Order", "ü")}, "BadRequestException"),
        ({"Content": header("X-Order", "")}, "BadRequestException"),
        ({"Content": header("X-Order", "a" * 996)}, "BadRequestException"),
        ({"Content": header("Reply-To", "a@example.com")}, "BadRequestException"),
        ({"Content": simple(Headers=[{"Name": "X-A", "Value": "1"}] * 16)}, "BadRequestException"),
        ({"Content": attachment(FileName="")}, "BadRequestException"),
        ({"Content": attachment(FileName="a\r\nb")}, "BadRequestException"),
        ({"Content": attachment(FileName="a" * 256)}, "BadRequestException"),
        ({"Content": attachment(ContentType="a" * 79)}, "BadRequestException"),
        ({"Content": attachment(ContentDisposition="HIDDEN")}, "BadRequestException"),
        ({"Content": attachment(RawContent="not base64")}, "BadRequestException"),
        ({"Content": simple(Body={"Text": {"Data": "a" * (LARGEST_MESSAGE + 1)}})}, "MessageRejected"),
        ({"Content": "text"}, "BadRequestException"),
    ],
    ids=lambda value: str(value)[:70],
)
def test_refused_as_ses_would_and_nothing_kept(desk: "Desk", changes: dict[str, object], error: str) -> None:
    outcome = desk.post({**desk.request(), **changes})
    assert desk.error(outcome) == error
    assert outcome.mail is None
    assert outcome.events == ()
    assert desk.simulator.mailbag.accepted == 0
    assert desk.simulator.refused == {error: 1}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b"{}"])
def test_a_body_that_is_no_request(desk: "Desk", body: bytes) -> None:
    outcome = desk.simulator.send_email(body, now=desk.now, ses_message_id="x")
    assert desk.error(outcome) == "BadRequestException"


@pytest.mark.parametrize(
    "changes",
    [
        {"Destination": {"ToAddresses": ["a@example.com"] * 50}},
        {"Destination": {"ToAddresses": ['"Ruiz, Ana" <ana@example.com>']}},
        {"Destination": {"ToAddresses": ["=?utf-8?q?Jos=C3=A9?= <jose@xn--caf-dma.example>"]}},
        {"EmailTags": [{"Name": "a" * 256, "Value": "Az09_-"}]},
        {"EmailTags": []},
        {"Content": header("X" * 126, "~" * 995)},
        {"Content": simple(Headers=[{"Name": f"X-{n}", "Value": "1"} for n in range(15)])},
        {"Content": simple(Body={"Html": {"Data": ""}})},
        {"Content": attachment(FileName="a" * 255, ContentType="application/pdf")},
    ],
    ids=lambda value: str(value)[:70],
)
def test_taken_at_the_limits(desk: "Desk", changes: dict[str, object]) -> None:
    assert desk.error(desk.post({**desk.request(), **changes})) == ""


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Ana.Ruiz+shop@Example.COM", "Ana.Ruiz+shop@example.com"),
        ("Ana <ana@example.com>", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        (r'"A \"B\" <c@d.example>" <ana@example.com>', "ana@example.com"),
    ],
)
def test_the_address_within(text: str, bare: str) -> None:
    assert bare_address(text) == bare


@pytest.mark.parametrize(
    "text", ["", "a@b", "a@@b.example", "a@b.example, c@d.example", "<a@b.example", "A <a@b.example> x"]
)
def test_no_single_address_within(text: str) -> None:
    with pytest.raises(AddressRefusedError, match="Missing final '@domain'"):
        bare_address(text)
