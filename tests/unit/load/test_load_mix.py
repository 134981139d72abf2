from __future__ import annotations

import pytest

from postroad.load.mix import Kind, MixError, make_mix, read_mix
from tests.documented import ROOT, blocks

SALE = """
[[messages]]
stream = "transactional"
template = "order_confirmation"
weight = 3
locales = ["es-CO", "en"]
bytes = 500
most_bytes = 2000
bounces = 0.02
complaints = 0.001
scheduled = 0.05
scheduled_seconds = 60
duplicates = 0.01
attached = 0.1
attachment_bytes = 30_000

[[messages]]
stream = "marketing"
topic = "sale"
"""


def test_a_file_describes_each_kind_of_message() -> None:
    confirmation, news = read_mix(SALE).messages
    assert (confirmation.template, confirmation.weight, confirmation.spread_bytes) == (
        "order_confirmation",
        3,
        1500,
    )
    assert news == Kind(stream="marketing", topic="sale")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[[messages]", "it is no TOML: "),
        ("", "Object missing required field `messages`"),
        ("messages = []", "messages: Expected `array` of length >= 1"),
        ("[[messages]]\nbounce = 0.1", "messages[0]: Object contains unknown field `bounce`"),
        ("[[messages]]\nbounces = 2", "messages[0].bounces: Expected `float` <= 1.0"),
        ("[[messages]]\nbytes = '1'", "messages[0].bytes: Expected `int`, got `str`"),
        ("[[messages]]\n[[messages]]\nweight = 0", "messages[1].weight: Expected `float` > 0.0"),
        ("[[messages]]\nbounces = 0.6\ncomplaints = 0.6", "messages[0].complaints: with bounces it is more"),
        ("[[messages]]\nbytes = 10\nmost_bytes = 9", "messages[0].most_bytes: expected 10 or more"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(text: str, wrong: str) -> None:
    with pytest.raises(MixError) as raised:
        read_mix(text)
    assert str(raised.value).startswith(wrong)


def test_one_kind_without_a_word_is_plain_transactional_mail() -> None:
    assert make_mix({"messages": [{}]}).messages == (Kind(),)


def test_the_mix_in_the_how_to_is_one_and_shows_every_key() -> None:
    (shown,) = blocks(ROOT / "docs" / "how-to" / "put-load-on-a-stage.md", "toml")
    assert len(read_mix(shown.text).messages) == 2
    missing = [key for key in Kind.__struct_fields__ if f"\n{key} = " not in shown.text]
    assert missing == []
