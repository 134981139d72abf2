from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.contract.tags import NAME_BYTES, VALUE_BYTES, decode_tag, encode_tag, ses_tags

ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_what_was_encoded_is_decoded(value: str) -> None:
    assert decode_tag(encode_tag(value)) == value


@given(texts.filter(lambda text: 1 <= len(text.encode()) <= VALUE_BYTES))
def test_what_is_encoded_is_what_ses_takes(value: str) -> None:
    assert ALLOWED.match(encode_tag(value))


@pytest.mark.parametrize("encoded", ["a", "YQ==", "YR", "Y Q", "/w", "_w", "YQ\n"])
def test_what_postroad_did_not_write_is_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match="not a tag that Postroad wrote"):
        decode_tag(encoded)


def test_the_longest_of_everything_fits_ses() -> None:
    tags = ses_tags("x" * 128, 10_000, {"n" * NAME_BYTES: "v" * VALUE_BYTES})
    assert all(ALLOWED.match(name) and ALLOWED.match(value) for name, value in tags.items())
    assert max(len(name) for name in tags) == 256
    assert max(len(value) for value in tags.values()) == 256


def test_the_names_are_those_that_feedback_looks_for() -> None:
    assert ses_tags("order-1042", 2, {"order": "1042"}) == {
        "postroad_message": "b3JkZXItMTA0Mg",
        "postroad_attempt": "2",
        "t_b3JkZXI": "MTA0Mg",
    }
