from datetime import UTC, datetime, timedelta, timezone

import pytest

from postroad.times import milliseconds, moment


@pytest.mark.parametrize("at", [-1, 0, 1, 1_795_356_191_482, 253_402_300_799_999])
def test_a_moment_is_read_back_exactly(at: int) -> None:
    assert milliseconds(moment(at)) == at
    assert moment(at).tzinfo is UTC


def test_milliseconds_are_cut_and_know_other_zones() -> None:
    at = datetime(2026, 11, 22, 15, 3, 11, 482_999, tzinfo=timezone(timedelta(hours=1)))
    assert moment(milliseconds(at)) == datetime(2026, 11, 22, 14, 3, 11, 482_000, tzinfo=UTC)
