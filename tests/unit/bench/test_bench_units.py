"""Sizes and units are those of AWS's own rules."""

import pytest

from bench.units import firehose_bytes, item_bytes, queue_requests, read_units, write_units


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "four"}}, 2 + 4),
        ({"p": {"S": "ä"}}, 1 + 2),
        ({"n": {"N": "1000"}}, 1 + 1 + 1),
        ({"n": {"N": "-123"}}, 1 + 2 + 1 + 1),
        ({"n": {"N": "0"}}, 1 + 1),
        ({"b": {"BOOL": True}}, 1 + 1),
        ({"m": {"M": {"a": {"S": "b"}}}}, 1 + 3 + 1 + 1 + 1),
        ({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}, 1 + 3 + 2 + 1 + 2),
        ({"s": {"SS": ["ab", "c"]}}, 1 + 3),
        ({"z": {"B": b"123"}}, 1 + 3),
    ],
)
def test_an_item_s_size_is_its_names_and_values(item: dict[str, dict[str, object]], size: int) -> None:
    assert item_bytes(item) == size


def test_an_unknown_type_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="X: no type"):
        item_bytes({"a": {"X": "?"}})


def test_a_write_counts_by_the_larger_item_in_steps_of_a_kilobyte() -> None:
    assert [write_units(0, 1), write_units(0, 1024), write_units(0, 1025), write_units(2048, 10)] == [
        1,
        1,
        2,
        2,
    ]


def test_a_read_counts_in_steps_of_four_kilobytes_and_half_where_it_may_lag() -> None:
    assert read_units(0, consistent=True) == 1
    assert read_units(4097, consistent=True) == 2
    assert read_units(700, consistent=False) == 0.5


def test_a_queue_s_request_counts_once_for_each_64_kilobytes() -> None:
    assert [queue_requests(0), queue_requests(65_536), queue_requests(65_537)] == [1, 1, 2]


def test_firehose_rounds_each_record_up_to_five_kilobytes() -> None:
    assert [firehose_bytes(1), firehose_bytes(5120), firehose_bytes(5121)] == [5120, 5120, 10_240]
