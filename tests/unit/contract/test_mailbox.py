"""A name beside an address: shown as given, encoded as RFC 2047 wants it, never in the way of the mail."""

from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis.strategies import characters, text

from postroad.contract.mailbox import LONGEST_MAILBOX, mailbox

EMAIL = "ana.ruiz@example.com"


def shown(written: str) -> str:
    """Return the name as a mail program shows it."""
    name, email = parseaddr(written)
    assert email == EMAIL
    return str(make_header(decode_header(name)))


def test_no_name_is_the_plain_address() -> None:
    assert mailbox("", EMAIL) == EMAIL


def test_a_plain_name_stays_readable() -> None:
    assert mailbox("Ana Ruiz", EMAIL) == f"Ana Ruiz <{EMAIL}>"
    assert mailbox('Ruiz, "Ana" <x@y.example>', EMAIL) == f'"Ruiz, \\"Ana\\" <x@y.example>" <{EMAIL}>'


@given(text(characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_any_name_is_shown_as_it_was_given(name: str) -> None:
    written = mailbox(name, EMAIL)
    assert written.isascii()
    assert shown(written) == name


@pytest.mark.parametrize("name", ["=?utf-8?q?Bank?=", "=?utf-7?q?+2AA-?=", "a =?utf-8?b?w6k=?= b"])
def test_a_name_is_not_decoded_to_something_else(name: str) -> None:
    assert shown(mailbox(name, EMAIL)) == name


@pytest.mark.parametrize("name", ["李" * 40, "Đặng Thị Ánh Tuyết " * 4, "a" * 100 + "é"])
def test_a_long_name_is_several_encoded_words(name: str) -> None:
    words = mailbox(name, EMAIL).split(" ")[:-1]
    assert len(words) > 1
    assert max(map(len, words)) <= 75


@pytest.mark.parametrize("name", ["李" * 128, "a" * 300])
def test_a_name_that_ses_has_no_room_for_is_left_out(name: str) -> None:
    assert mailbox(name, EMAIL) == EMAIL


def test_the_longest_name_that_fits_stays() -> None:
    room = LONGEST_MAILBOX - len(f" <{EMAIL}>")
    assert mailbox("a" * room, EMAIL) == f"{'a' * room} <{EMAIL}>"
    assert mailbox("a" * (room + 1), EMAIL) == EMAIL
