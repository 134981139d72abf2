"""The events in an object that Firehose wrote: one after another, with or without line breaks. Pure.

Firehose puts nothing between its records unless it is asked to
(https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html), and gzips the whole where it is set up
so; the emulated cloud writes them plainly. An object is never held in memory as a whole.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from typing import TYPE_CHECKING

from postroad.feedback.envelope import is_json_object
from postroad.feedback.errors import MalformedEventError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_BYTES = 256 * 1024 * 1024
"""Of an object, unpacked. Firehose fills one with 128 MB at most."""

MOST_CHARACTERS = 1024 * 1024
"""Of one event: what isn't whole by then never will be. Firehose takes records of 1,000 KiB."""

MOST_AT_ONCE = 256 * 1024
_GZIP = b"\x1f\x8b"
_WHITE = re.compile(r"\s*")
# Where the next event may begin after one that can't be read. Inside a string of JSON a quote is escaped, so
# that the first form, SES's own, occurs in no value.
_BEGINNING = re.compile(r'\{\s*"(?:eventType|notificationType)"|(?<=[}\n\r])\{\s*"')
_MOST_BEGINNING = 64


def stored_events(pieces: Iterable[bytes]) -> Iterator[Mapping[str, object] | None]:
    """Yield each event of an object, and None for each stretch that can't be read as one.

    Raises MalformedEventError, after what could be read, if the object can't be unpacked to its end.
    """
    decode = json.JSONDecoder().raw_decode
    text, at = "", 0
    lost = False
    for more, is_last in _with_last(_texts(pieces)):
        text, at = text[at:] + more, 0
        while True:
            if lost:
                found = _BEGINNING.search(text, at)
                if found is None:
                    # The mark of the next one may be cut in two.
                    at = len(text) if is_last else max(at, len(text) - _MOST_BEGINNING)
                    break
                at, lost = found.start(), False
            at = _end_of(_WHITE, text, at)
            if at == len(text):
                break
            try:
                event, end = decode(text, at)
            except (ValueError, RecursionError):
                if not is_last and len(text) - at < MOST_CHARACTERS:
                    break
                yield None
                at, lost = at + 1, True
                continue
            yield event if is_json_object(event) else None
            at = end


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _with_last(texts: Iterable[str]) -> Iterator[tuple[str, bool]]:
    for text in texts:
        yield text, False
    yield "", True


def _texts(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    size = 0
    for data in _unpacked(iter(pieces)):
        size += len(data)
        if size > MOST_BYTES:
            raise MalformedEventError(f"the object: more than {MOST_BYTES} bytes")
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= len(_GZIP):
            break
    if start.startswith(_GZIP):
        yield from _inflated(start, pieces)
        return
    yield start
    yield from pieces


def _inflated(start: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what is gzipped, never more than 256 KiB at once; one gzip after another is one text."""
    inflater = zlib.decompressobj(wbits=31)
    data = start
    while True:
        try:
            out = inflater.decompress(data, MOST_AT_ONCE)
        except zlib.error:
            raise MalformedEventError("the object: its gzip is broken") from None
        if out:
            yield out
        data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        if not data and len(out) < MOST_AT_ONCE:
            more = next(pieces, None)
            if more is None:
                break
            data = more
        if inflater.eof and data:
            inflater = zlib.decompressobj(wbits=31)
    if not inflater.eof:
        raise MalformedEventError("the object: its gzip ends too early")
