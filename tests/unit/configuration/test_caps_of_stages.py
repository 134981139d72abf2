from __future__ import annotations

from pathlib import Path

import pytest

from postroad.configuration import Configuration, ConfigurationError, parse

LOCAL = Path("config/local.toml").read_text(encoding="utf-8")


def read(text: str) -> Configuration:
    return parse(LOCAL + "\n" + text, stage="local", file="config/local.toml")


def test_without_caps_nobody_is_capped() -> None:
    assert dict(read("").caps) == {}


def test_caps_are_read_by_category_the_shortest_first() -> None:
    caps = read("[caps.marketing]\nper_week = 3\nper_day = 1\n[caps.price-alerts]\nper_month = 4\n").caps
    assert {name: list(each.most.items()) for name, each in caps.items()} == {
        "marketing": [("per_day", 1), ("per_week", 3)],
        "price-alerts": [("per_month", 4)],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[caps.marketing]\n", "caps.marketing: expected per_day, per_week, per_month or several of them"),
        ("[caps.marketing]\nper_day = 0\n", "caps.marketing.per_day: expected a whole number from 1 to 100"),
        (
            "[caps.marketing]\nper_day = 101\n",
            "caps.marketing.per_day: expected a whole number from 1 to 100",
        ),
        ('[caps.marketing]\nper_day = "1"\n', "caps.marketing.per_day: expected a whole number"),
        ("[caps.marketing]\nper_days = 1\n", "did you mean 'per_day'?"),
        (
            "[caps.marketing]\nper_day = 5\nper_week = 3\n",
            "caps.marketing: per_day can never be reached: expected per_week to be as much at least",
        ),
        ("[caps.Marketing]\nper_day = 1\n", "expected a category"),
    ],
)
def test_what_is_wrong_with_a_cap_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert told in str(caught.value)
