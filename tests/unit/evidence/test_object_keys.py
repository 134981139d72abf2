from datetime import UTC, datetime

import pytest

from postroad.evidence.object_keys import folder_of, hour_of, time_of

AT = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "at"),
    [
        ("events/2026/11/22/14/postroad-prod-events-1-2026-11-22-14-03-11-0c5b2e8a-1f3d-4b6e-9a7c", AT),
        ("events/2026/11/22/14/postroad-prod-events-12-2026-11-22-14-03-11-0c5b2e8a.gz", AT),
        ("events/2026/11/22/13/postroad-prod-events-1-2026-11-22-14-03-11-0c5b2e8a", AT),
        ("events/2026/11/22/14/by-hand.json", hour_of(AT)),
        ("events/2026/11/22/14/x-1-2026-13-45-99-03-11-0c5b", None),
        ("events/2026/22/99/14/by-hand.json", None),
        ("events/by-hand.json", None),
        ("", None),
    ],
)
def test_a_key_tells_the_time_of_its_oldest_record(key: str, at: datetime | None) -> None:
    assert time_of(key) == at


def test_the_folder_of_an_hour_sorts_before_its_objects_and_after_those_of_the_hour_before() -> None:
    assert folder_of(AT) == "events/2026/11/22/14/"
    assert "events/2026/11/22/13/~" < folder_of(AT) < "events/2026/11/22/14/!"
