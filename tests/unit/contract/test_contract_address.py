from __future__ import annotations

from collections.abc import Callable

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from hypothesis import given
from hypothesis import strategies as st

from postroad.contract.address import RESERVED, Address, AddressError, _parse_any, parse_address


@pytest.mark.parametrize(
    ("text", "email_for_ses", "canonical"),
    [
        ("ana.ruiz@example.com", "ana.ruiz@example.com", "ana.ruiz@example.com"),
        ("Ana.Ruiz@Example.COM", "Ana.Ruiz@example.com", "ana.ruiz@example.com"),
        ("ABUSE@example.com", "ABUSE@example.com", "abuse@example.com"),
        ("ana+orders@example.com", "ana+orders@example.com", "ana+orders@example.com"),
        ("ana@münchen.example", "ana@xn--mnchen-3ya.example", "ana@xn--mnchen-3ya.example"),
        ("ana@xn--mnchen-3ya.example", "ana@xn--mnchen-3ya.example", "ana@xn--mnchen-3ya.example"),
        ("ana@straße.example", "ana@xn--strae-oqa.example", "ana@xn--strae-oqa.example"),
        ("ana@例え.example", "ana@xn--r8jz45g.example", "ana@xn--r8jz45g.example"),
        *[
            (f"{label}@simulator.amazonses.com",) * 3
            for label in ("success", "bounce+1042", "complaint+1042", "suppressionlist", "ooto+a.b")
        ],
        ("a" * 64 + "@example.com",) * 3,
        ("o'neil!#$%&*+/=?^_`{|}~-@example.com",) * 3,
    ],
)
def test_addresses_that_ses_can_mail(text: str, email_for_ses: str, canonical: str) -> None:
    assert parse_address(text) == Address(email_for_ses, canonical)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "name@example.com"),
        ("ana", "name@example.com"),
        ("@example.com", "name@example.com"),
        ("ana@", "name@example.com"),
        ("ana@x@example.com", "name@example.com"),
        ("Ana <ana@example.com>", "without a display name|blank"),
        ('"ana ruiz"@example.com', "blank|quotes"),
        ('"ana"@example.com', "quotes"),
        ("josé@example.com", "not ASCII"),
        ("ана@example.com", "not ASCII"),
        ("ana@example.com\n", "line break"),
        ("ana\r\n@example.com", "line break"),
        ("ana @example.com", "blank"),
        ("ana@exa\u200dmple.com", "control character"),
        ("ana@shop.test", "reserved"),
        ("ana@localhost", "reserved"),
        ("ana@printer.local", "reserved"),
        ("a" * 65 + "@example.com", "64 characters"),
        (".ana@example.com", "dot"),
        ("ana.@example.com", "dot"),
        ("ana..ruiz@example.com", "dot"),
        ("ana@example", "not a valid address"),
        ("ana@[192.0.2.1]", "not a valid address"),
        ("ana@-example.com", "not a valid address"),
        ("ana@exa_mple.com", "not a valid address"),
        ("ana@" + "a" * 64 + ".com", "not a valid address"),
        ("ana@😀.example", "not a valid address"),
        ("ana@" + ".".join(["a" * 60] * 5) + ".com", "not a valid address"),
    ],
)
def test_addresses_that_ses_can_not_mail(text: str, says: str) -> None:
    with pytest.raises(AddressError, match=says) as caught:
        parse_address(text)
    if "ana" in text and "@" in text:
        assert "ana" not in str(caught.value)


@given(st.text(st.sampled_from('aZ09.@-_+ "<>\r\n\x00é语\u200d[]:'), max_size=30) | st.text(max_size=30))
def test_no_text_raises_anything_else_and_what_passes_is_safe(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert address.email_for_ses.isascii()
    assert address.email_for_ses.isprintable()
    assert not set(address.email_for_ses) & set(' "<>\\,;:()[]')
    assert address.email_for_ses.count("@") == 1
    assert parse_address(address.canonical).canonical == address.canonical


# Close to what the short way takes: hyphens, dots and digits at every place, lengths around each limit.
PARTS = st.text("aZ0-._+k\u212a", min_size=1, max_size=8) | st.sampled_from(
    ("a" * 63, "a" * 64, "a" * 65, "a." * 31, "xn--a", "ab--c", "test", "TEST", "local", "com", "c1", "c")
)
NEARLY_PLAIN = st.builds(
    lambda local, domain: f"{local}@{'.'.join(domain)}", PARTS, st.lists(PARTS, min_size=1, max_size=4)
)


def judged(parse: Callable[[str], Address], text: str) -> Address | str:
    try:
        return parse(text)
    except AddressError as error:
        return str(error)


@given(NEARLY_PLAIN | st.emails())
def test_the_short_way_and_the_library_judge_alike(text: str) -> None:
    if text.rpartition("@")[0].isascii():
        assert judged(parse_address.__wrapped__, text) == judged(_parse_any, text)


def test_the_reserved_domains_are_the_librarys() -> None:
    assert frozenset(SPECIAL_USE_DOMAIN_NAMES) == RESERVED
