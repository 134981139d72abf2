"""When a canary is wanted, and since when evidence is owing."""

from datetime import UTC, datetime, timedelta

import pytest

from postroad.evidence.patience import Patience, owing_since, wants_canary

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
EVERY = timedelta(minutes=15)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("accepted", "watermark", "awaited", "wanted"),
    [
        (None, None, None, True),
        (at(-14), at(-20), None, False),
        (at(-15), at(-20), None, True),
        (at(60), at(-20), None, True),
        (at(-1), None, at(-5), True),
        (at(-1), at(-6), at(-5), True),
        (at(-1), at(-5), at(-5), True),
        (at(-1), at(-4), at(-5), False),
        (at(-15), at(-4), at(-5), True),
    ],
)
def test_a_canary_is_wanted_each_minute_while_evidence_is_awaited_and_now_and_then_otherwise(
    accepted: datetime | None,
    watermark: datetime | None,
    awaited: datetime | None,
    wanted: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    said = wants_canary(now=T0, accepted_at=accepted, watermark=watermark, awaited=awaited, every=EVERY)
    assert said is wanted


@pytest.mark.parametrize(
    ("accepted", "owing", "watermark", "then"),
    [
        (None, None, None, None),
        (at(0), at(0), None, at(0)),
        (at(0), at(0), at(-1), at(0)),
        (at(0), at(0), at(0), None),
        (at(5), at(0), at(1), at(5)),
        (at(5), at(0), at(5), None),
        (None, at(0), at(1), None),
        (at(0), None, at(9), None),
    ],
)
def test_what_the_watermark_has_reached_is_owing_no_longer(
    accepted: datetime | None, owing: datetime | None, watermark: datetime | None, then: datetime | None
) -> None:
    assert owing_since(Patience(accepted_at=accepted, owing_since=owing), watermark) == then
