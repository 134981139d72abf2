"""Which place of the data is named, and what finding it may cost."""

from collections.abc import Mapping

import pytest

from postroad.rendering.failures import BadValue, path_of_bad_value

EXPECTED = "expected text or a number"


def find(data: Mapping[str, object], *, refused: str) -> tuple[str, int]:
    """Look for the null in `data[refused][-1]`; return its path, and how many renderings that took."""
    renderings = 0

    def render(rendered: Mapping[str, object]) -> object:
        nonlocal renderings
        renderings += 1
        values = rendered[refused]
        assert isinstance(values, list)
        raise BadValue(values[-1], EXPECTED)

    return path_of_bad_value(data, BadValue(None, EXPECTED), render), renderings


def test_the_null_that_was_refused_is_told_from_its_likes() -> None:
    assert find({"a": [None] * 10, "b": [None, None]}, refused="b") == ("b[1]", 12)


@pytest.mark.parametrize(("nulls", "most"), [(100, 50), (1_000, 20), (100_000, 1)])
def test_large_data_is_not_rendered_over_and_over(nulls: int, most: int) -> None:
    path, renderings = find({"a": [None] * nulls, "b": [None]}, refused="b")
    assert path == ""
    assert renderings <= most
