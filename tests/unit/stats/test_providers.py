"""Which provider a mailbox is with."""

import pytest

from postroad.stats.providers import OTHER, PROVIDERS, provider_of


@pytest.mark.parametrize(
    ("email", "provider"),
    [
        ("ana.ruiz@gmail.com", "gmail"),
        ("Ana.Ruiz@GoogleMail.com", "gmail"),
        ("ana@hotmail.co.uk", "microsoft"),
        ("ana@outlook.com.br", "microsoft"),
        ("ana@live.nl", "microsoft"),
        ("ana@yahoo.fr", "yahoo"),
        ("ana@yahoo.co.jp", "yahoo_japan"),
        ("ana@aol.com", "yahoo"),
        ("x1y2@privaterelay.appleid.com", "icloud"),
        ("10001@qq.com", "qq"),
    ],
)
def test_known_domains_have_their_provider_whatever_the_country_and_case(email: str, provider: str) -> None:
    assert provider_of(email) == provider


@pytest.mark.parametrize(
    "email",
    [
        "ana.ruiz@example.com",
        "ana@gmail.com.example.com",
        "ana@notgmail.com",
        "ana@yahoo.example.com",
        "ana@outlook.education",
        "ana@live.example",
        "gmail.com@example.com",
        "",
        "@",
        "no address at all",
    ],
)
def test_all_else_is_other_and_nothing_that_merely_looks_alike_is_known(email: str) -> None:
    assert provider_of(email) == OTHER


def test_the_words_are_few_and_fit_a_key() -> None:
    assert len(PROVIDERS) == len(set(PROVIDERS)) < 20
    assert all(word.isascii() and word.replace("_", "").isalpha() for word in PROVIDERS)
