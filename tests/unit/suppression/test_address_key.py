from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode

import pytest

from postroad.contract.address import parse_address
from postroad.suppression.address_key import address_key

SECRET = b"0123456789abcdef0123456789abcdef"


def test_it_is_the_same_in_every_version() -> None:
    """Another key for the same address would lose every suppression."""
    assert address_key(SECRET, "ana.ruiz@example.com") == "k1.CWIhdUdmQwkSTE2Ta13s4_Q-GWs7tpYrWNnFcS-mXw4"


def test_it_is_an_hmac_of_the_canonical_address() -> None:
    version, _, encoded = address_key(SECRET, "ana.ruiz@example.com").partition(".")
    digest = hmac.new(SECRET, b"ana.ruiz@example.com", "sha256").digest()
    assert version == "k1"
    assert urlsafe_b64decode(encoded + "=") == digest


@pytest.mark.parametrize("spelling", ["ana@MÜNCHEN.example", "ANA@xn--mnchen-3ya.example"])
def test_spellings_of_one_mailbox_have_one_key(spelling: str) -> None:
    expected = address_key(SECRET, parse_address("ana@münchen.example").canonical)
    assert address_key(SECRET, parse_address(spelling).canonical) == expected


@pytest.mark.parametrize("other", ["ana.ruiz+orders@example.com", "anaruiz@example.com"])
def test_plus_tags_and_dots_are_left_alone(other: str) -> None:
    assert address_key(SECRET, other) != address_key(SECRET, "ana.ruiz@example.com")


def test_another_secret_makes_another_key() -> None:
    assert address_key(b"x" * 32, "a@example.com") != address_key(SECRET, "a@example.com")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="address secret is empty"):
        address_key(b"", "a@example.com")
