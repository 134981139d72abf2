"""The events in an object, however they are written and cut."""

import gzip
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.feedback import stored
from postroad.feedback.errors import MalformedEventError
from postroad.feedback.stored import stored_events

SEND = {
    "eventType": "Send",
    "mail": {"tags": {"a": ["}{"], "b": ['{"eventType":"x"}']}, "subject": '¡Olá! \\ "'},
}
EVENTS = [{**SEND, "place": place} for place in range(5)]
MEGABYTE = 1024 * 1024


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def written(separator: str, *, ascii_only: bool = False) -> bytes:
    return separator.join(json.dumps(event, ensure_ascii=ascii_only) for event in EVENTS).encode()


@pytest.mark.parametrize("size", [1, 2, 5, 64, MEGABYTE])
@pytest.mark.parametrize("separator", ["", "\n", " \r\n\t "])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_events_come_back_however_they_are_separated_packed_and_cut(
    pack: "type[bytes]", separator: str, size: int
) -> None:
    assert list(stored_events(cut(pack(written(separator)), size))) == EVENTS


def test_several_gzips_in_one_object_are_one_text() -> None:
    data = written("")
    packed = gzip.compress(data[:100]) + gzip.compress(data[100:]) + gzip.compress(b"")
    assert list(stored_events(cut(packed, 10))) == EVENTS


@pytest.mark.parametrize("data", [b"", b"\n \n", gzip.compress(b"")], ids=["empty", "blank", "gzip"])
def test_an_empty_object_holds_no_event(data: bytes) -> None:
    assert list(stored_events([data])) == []
    assert list(stored_events([])) == []


BAD = (
    b'{"eventType":"Send","mail":{"timest',
    b'{"eventType":}',
    b"garbage",
    b"}",
    b'{"open": [1, 2',
    b"\xff\xfe{",
    b'"text"',
    b"17",
    b"[" * 100_000,
    b'{"number": ' + b"9" * 5_000 + b"}",
)


@pytest.mark.parametrize("separator", [b"", b"\n"])
@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_what_can_not_be_read_costs_no_event_after_it(bad: bytes, separator: bytes) -> None:
    one = json.dumps(EVENTS[0]).encode()
    data = separator.join([one, bad, one, one, bad])
    read = list(stored_events(cut(data, 1_000)))
    assert [event for event in read if event is not None] == [EVENTS[0]] * 3
    assert read[0] == EVENTS[0]
    assert read[1] is None
    assert read[-1] is None


def test_an_event_that_never_ends_is_given_up_after_a_megabyte_and_not_held() -> None:
    one = json.dumps(EVENTS[0]).encode()
    data = b'{"endless": "' + b"x" * (3 * MEGABYTE) + b'"}' + one
    assert list(stored_events(cut(data, 65_536))) == [None, EVENTS[0]]


def test_a_gzip_of_very_much_is_never_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_BYTES", 32 * MEGABYTE)
    bomb = gzip.compress(b" " * (64 * MEGABYTE))
    tracemalloc.start()
    try:
        with pytest.raises(MalformedEventError, match="bytes"):
            list(stored_events([bomb]))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * MEGABYTE


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(written(""))[:-20],
        gzip.compress(written("")) + b"\x1f\x8b",
        b"\x1f\x8b" + b"not gzip at all",
        gzip.compress(written("")) + b"rubbish",
    ],
    ids=["cut short", "cut short in its second part", "no gzip", "followed by rubbish"],
)
def test_an_object_that_can_not_be_unpacked_to_its_end_is_told_apart_from_one_that_is_read(
    packed: bytes,
) -> None:
    with pytest.raises(MalformedEventError, match="gzip"):
        list(stored_events(cut(packed, 50)))


@settings(max_examples=30)
@given(
    st.lists(
        st.dictionaries(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists), max_size=3),
        max_size=5,
    ),
    st.sampled_from(["", "\n", "  "]),
    st.integers(1, 40),
    st.booleans(),
)
def test_any_objects_come_back(
    events: list[dict[str, object]],
    separator: str,
    size: int,
    is_packed: bool,  # noqa: FBT001  Hypothesis gives it by place
) -> None:
    data = separator.join(json.dumps(event, ensure_ascii=False) for event in events).encode(
        "utf-8", "replace"
    )
    expected = [
        json.loads(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")) for event in events
    ]
    assert list(stored_events(cut(gzip.compress(data) if is_packed else data, size))) == expected
