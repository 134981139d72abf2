from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from postroad.local.simulator.web.source import source_of
from tests.unit.simulator.inbox_world import InboxWorld


def attached(name: str, content: bytes, kind: str, **more: str) -> dict[str, object]:
    return {"FileName": name, "ContentType": kind, "RawContent": b64encode(content).decode(), **more}


def read(world: InboxWorld, ses_id: str) -> EmailMessage:
    source = source_of(world.mail(ses_id), region="us-east-1")
    assert b"\n" not in source.replace(b"\r\n", b""), "CRLF alone ends a line"
    assert source.isascii()
    return message_from_bytes(source, policy=policy.default)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_whole_mail_comes_back_from_its_source(world: InboxWorld) -> None:
    text, html = "Größe\n.\nFrom here =3D\ttab \nlast", "<p>¡Gracias! 谢谢</p>" + "x" * 3000
    ses_id = world.send(
        1,
        to="=?utf-8?q?Luc=C3=ADa_Ruiz?= <lucia@example.com>",
        subject="¡Gracias! Order 1042",
        text=text,
        html=html,
        attachments=[
            attached("Rechnung März.pdf", b"%PDF\r\n\0\xff", "application/pdf"),
            attached("meeting.ics", b"BEGIN", "text/calendar; method=REQUEST"),
        ],
    )
    message = read(world, ses_id)
    assert message["Subject"] == "¡Gracias! Order 1042"
    assert message["To"] == "Lucía Ruiz <lucia@example.com>"
    assert message["From"] == "Shop <orders@shop.example>"
    assert message["Reply-To"] == "help@shop.example"
    assert message["X-Order"] == "<1>"
    assert message["Message-ID"] == f"<{ses_id}@email.amazonses.com>"
    assert message["Date"].datetime == world.mail(ses_id).at
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/mixed"
    assert (body(message, "plain"), body(message, "html")) == (text, html)
    pdf, calendar = message.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == ("Rechnung März.pdf", b"%PDF\r\n\0\xff")
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert message.defects == []


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"html": None}, "text/plain"),
        ({"text": None}, "text/html"),
        ({}, "multipart/alternative"),
        ({"html": "", "text": ""}, "multipart/alternative"),
    ],
)
def test_the_type_follows_from_the_parts(world: InboxWorld, parts: dict[str, str | None], kind: str) -> None:
    message = read(world, world.send(1, **parts))  # type: ignore[arg-type]  # html and text alone
    assert message.get_content_type() == kind
    assert len([each for each in message.walk() if each["MIME-Version"]]) == 1


def test_a_picture_of_the_html_is_related_to_it(world: InboxWorld) -> None:
    logo = attached("logo.png", b"\x89PNG", "image/png", ContentDisposition="INLINE", ContentId="logo@shop")
    message = read(world, world.send(1, html='<img src="cid:logo@shop">', attachments=[logo]))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = [*message.walk()][-1]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<logo@shop>", "inline")


@pytest.mark.parametrize("character", ["\x0b", "\x1c", "\x85", "\u2028", "\x7f", "\0", "=?utf-8?q?x?=", "\t"])
def test_no_subject_breaks_out_of_its_header(world: InboxWorld, character: str) -> None:
    subject = f"Order{character}Bcc: evil@example.com"
    message = read(world, world.send(1, subject=subject))
    assert message["Bcc"] is None
    assert "evil@example.com" in message["Subject"]
    assert message["X-Order"] == "<1>"


def test_a_long_header_stays_as_it_was_given(world: InboxWorld) -> None:
    world.send(1)
    mail = next(world.simulator.mailbag.newest_first())
    link = "<https://shop.example/u/" + "a" * 900 + ">"
    mail.headers = (("List-Unsubscribe", link),)
    source = source_of(mail, region="eu-west-1")
    assert f"List-Unsubscribe: {link}\r\n".encode() in source
    assert b"@eu-west-1.amazonses.com>" in source


def test_a_hostile_content_id_stays_within_its_header(world: InboxWorld) -> None:
    logo = attached("l.png", b"x", "image/png", ContentId="a@b>\r\nBcc: evil@example.com\u2028")
    (file,) = read(world, world.send(1, attachments=[logo])).iter_attachments()
    assert file["Bcc"] is None
    assert file["Content-ID"] == "<a@b>Bcc: evil@example.com>"


@pytest.mark.parametrize("name", ['a"b.txt', "a;b.txt", "naïve\u2028.txt", "x" * 255])
def test_a_hostile_file_name_comes_back_as_one_name(world: InboxWorld, name: str) -> None:
    message = read(world, world.send(1, attachments=[attached(name, b"x", "not a type")]))
    (file,) = message.iter_attachments()
    assert file.get_filename() == name
    assert file.get_content_type() == "application/octet-stream"
