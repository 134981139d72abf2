"""Who comes in, and whose address counts: a header that anybody can write is believed beside the secret."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from postroad.web import entrance, http
from postroad.web.entrance import (
    AGAIN,
    FORWARDED_HEADERS,
    FORWARDED_QUERY,
    ORIGIN_HEADER,
    VIEWER_HEADER,
    GuardedEntrance,
    OpenEntrance,
    address_of,
)
from postroad.web.http import read_request
from postroad.web.limits import machine_name
from tests.web_world import NOON

SECRET = b"s" * 64
EDGE = "130.176.0.1"
VISITOR = "198.51.100.10"


def event(**headers: str) -> dict[str, Any]:
    return {
        "routeKey": "ANY /u/{token}",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"requestId": "r-1", "http": {"method": "GET", "sourceIp": EDGE}},
    }


def guarded(*secrets: bytes) -> GuardedEntrance:
    return GuardedEntrance(lambda: secrets or (SECRET,), now=NOON)


def came_from(admitted: Any) -> str:  # noqa: ANN401 - an event of the gateway, or None
    return read_request(admitted).visit.ip


def test_what_the_distribution_passes_on_comes_from_whom_it_saw() -> None:
    passed = event(x_postroad_origin=SECRET.decode(), cloudfront_viewer_address=f"{VISITOR}:46532")
    assert came_from(guarded().admit(passed, now=NOON)) == VISITOR


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_postroad_origin": ""},
        {"x_postroad_origin": "s" * 63},
        {"x_postroad_origin": "S" * 64},
        {"x_postroad_origin": f"{'s' * 64},{'s' * 64}"},
        {"x_postroad_origin": "ñ" * 64},
        {"x_forwarded_for": VISITOR},
    ],
    ids=["none", "empty", "cut off", "another", "twice", "not ASCII", "forwarded"],
)
def test_whoever_passes_the_distribution_by_is_refused(headers: dict[str, str]) -> None:
    forged = event(cloudfront_viewer_address=f"{VISITOR}:1", **headers)
    assert guarded().admit(forged, now=NOON) is None


def test_a_forged_address_never_chooses_its_machine_name() -> None:
    """Else one machine would have as many names as it likes, and no limit."""
    forged = event(cloudfront_viewer_address=f"{VISITOR}:1", x_forwarded_for=VISITOR)
    names = {
        machine_name(b"k" * 32, came_from(OpenEntrance().admit(each, now=NOON))) for each in (event(), forged)
    }
    assert names == {machine_name(b"k" * 32, EDGE)}
    assert guarded().admit(forged, now=NOON) is None


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("198.51.100.10:46532", "198.51.100.10"),
        ("2001:db8::8a2e:370:7334:46532", "2001:db8::8a2e:370:7334"),
        ("[2001:db8::1]:46532", "2001:db8::1"),
        ("", ""),
        ("198.51.100.10", ""),
        ("visitor:1", ""),
    ],
)
def test_the_address_is_read_without_its_port(header: str, address: str) -> None:
    assert address_of(header) == address


def test_the_secret_before_counts_while_a_distribution_changes() -> None:
    for secret in (b"n" * 64, b"o" * 64):
        passed = event(x_postroad_origin=secret.decode(), cloudfront_viewer_address="192.0.2.1:1")
        assert guarded(b"n" * 64, b"o" * 64).admit(passed, now=NOON) is not None


def test_a_new_secret_is_read_when_it_is_met_and_once_a_minute_at_most() -> None:
    stands = [[SECRET]]
    read: list[int] = []

    def reading() -> list[bytes]:
        read.append(1)
        return stands[0]

    door = GuardedEntrance(reading, now=NOON)
    new = event(x_postroad_origin="n" * 64, cloudfront_viewer_address="192.0.2.1:1")
    for seconds in (1, 59):
        assert door.admit(new, now=NOON + timedelta(seconds=seconds)) is None
    assert len(read) == 1
    stands[0] = [b"n" * 64, SECRET]
    assert door.admit(new, now=NOON + AGAIN) is not None
    for _ in range(9):
        assert door.admit(event(), now=NOON + AGAIN) is None
    assert len(read) == 2


def test_the_distribution_passes_on_all_that_the_pages_read() -> None:
    """A page that reads another header or parameter would never get it behind a distribution."""
    sources = [file.read_text("utf-8") for file in Path(http.__file__).parent.glob("*.py")]
    headers = {name for text in sources for name in re.findall(r'\bheaders\.get\(\s*"([^"]+)"', text)}
    query = {name for text in sources for name in re.findall(r'\bquery\.get\(\s*"([^"]+)"', text)}
    assert {"accept-language", "content-type"} <= headers
    assert headers <= {name.lower() for name in FORWARDED_HEADERS}
    assert "lang" in query
    assert query <= set(FORWARDED_QUERY)


def test_the_names_are_those_of_cloudfront_and_of_nobody_else() -> None:
    assert VIEWER_HEADER in FORWARDED_HEADERS
    assert ORIGIN_HEADER not in FORWARDED_HEADERS
    # CloudFront adds no header that begins so.
    assert not ORIGIN_HEADER.lower().startswith(("x-amz-", "x-edge-"))
    assert entrance.__doc__
