from __future__ import annotations

import re

import pytest

from postroad.contract.locale import LOCALE_PATTERN


@pytest.mark.parametrize(
    "tag",
    [
        "es",
        "es-CO",
        "ES-co",
        "es-419",
        "zh-Hans",
        "zh-Hant-TW",
        "sl-rozaj-biske",
        "de-CH-1901",
        "ast",
        "de-DE-u-co-phonebk",
        "en-a-bbb-x-a-ccc",
        "x-whatever",
        "i-klingon",
        "sgn-BE-FR",
        "tlh",
        "qaa-Qaaa-QM",
        "zh-cmn-Hans-CN",
        "art-lojban",
        "en-GB-oed",
        "es-ZZ",
    ],
)
def test_well_formed_tags_pass_also_unknown_ones(tag: str) -> None:
    assert re.search(LOCALE_PATTERN, tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "C",
        "es_CO",
        "es-",
        "-es",
        "es--CO",
        "es CO",
        "es-CO ",
        "es-CO\n",
        "12",
        "es-C",
        "x",
        "es-x",
        "en-a",
        "ñandu",
        "abcdefghi",
        "es-CO.UTF-8",
        "a-DE",
        "de-419-DE-AT-x",
        "../es",
        "en-u",
    ],
)
def test_malformed_tags_do_not(tag: str) -> None:
    assert not re.search(LOCALE_PATTERN, tag)
