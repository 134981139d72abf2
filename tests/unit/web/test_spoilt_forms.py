"""Bodies that somebody spoilt on purpose: none is an error, and none is taken for a form that it isn't."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.web.forms import MULTIPART, read_form
from postroad.web.requests import Form
from postroad.web.unsubscribing import wish_of

KIND = f"{MULTIPART}; boundary=b"
PIECES = [
    *(b"--b\r\n", b"--b--\r\n", b"\r\n", b"\r\n\r\n", b"\r", b"\n", b" ", b";", b":", b"=", b'"', b"'", b"*"),
    *(b"\\", b"(", b")", b"<", b">", b"@", b"\x00", b"\xff", b"name", b"name*", b"*0*=", b"utf-8''"),
    *(b"Content-Disposition: form-data; name=", b"Content-Type: ", b"Content-Transfer-Encoding: "),
    *(b"multipart/mixed; boundary=b", b"message/rfc822", b"base64", b"uuencode", b"quoted-printable"),
    *(b"charset=none", b"=?utf-8?q?=FF?=", b"List-Unsubscribe", b"one-clic"),
]


def read(content: bytes, kind: str = KIND) -> Form | None:
    return read_form({"body": b64encode(content).decode(), "isBase64Encoded": True}, kind)


def test_a_header_that_breaks_the_librarys_parser_is_no_form() -> None:
    spoilt = b"--b\r\nContent-Disposition: form-data; name*\n=utf-8''a%ff\r\n\r\nx\r\n--b--\r\n"
    assert read(spoilt) is None


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from([KIND, f'{MULTIPART}; boundary="b"']))
def test_no_body_is_an_error_or_leaves_without_the_very_words(pieces: list[bytes], kind: str) -> None:
    assert wish_of(read(b"--b\r\n" + b"".join(pieces), kind)) is None


@pytest.mark.parametrize("parameter", ["; boundary=\x00", "; boundary*=utf-8''b", ""])
def test_a_boundary_that_is_none_is_no_error(parameter: str) -> None:
    content = b'--b\r\nContent-Disposition: form-data; name="leave"\r\n\r\nall\r\n--b--\r\n'
    form = read(content, MULTIPART + parameter)
    assert form is None or form.all("leave") in ((), ["all"])
