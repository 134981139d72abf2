"""What traffic a load test makes: kinds of messages and their shares, as a TOML file or as options. Pure."""

from __future__ import annotations

import re
import tomllib
from typing import Annotated

from msgspec import Meta, Struct, ValidationError, convert

_Share = Annotated[float, Meta(ge=0, le=1)]
_Name = Annotated[str, Meta(min_length=1)]
_Bytes = Annotated[int, Meta(ge=0, le=1_000_000)]
_AttachmentBytes = Annotated[int, Meta(ge=1, le=10_000_000)]
_Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
_PATH = re.compile(r"^(?P<problem>.*?)(?: - at `\$\.?(?P<field>[^`]*)`)?$", re.DOTALL)


class MixError(ValueError):
    """A mix that can't be used; the text names the key and says what was expected."""


class Kind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of message. Shares are fractions of this kind, from 0 to 1.

    Without a `template` it is a plain text mail of `bytes` (or from there up to `most_bytes`); with one, so
    much data is added to the template's example. `bounces` and `complaints` go to addresses of SES's mailbox
    simulator that do so. What is `scheduled` waits up to `scheduled_seconds`; `duplicates` are enqueued twice
    under one id.
    """

    stream: _Name = "transactional"
    template: _Name | None = None
    weight: Annotated[float, Meta(gt=0)] = 1.0
    locales: tuple[_Name, ...] = ()
    topic: _Name | None = None
    bytes: _Bytes = 0
    most_bytes: _Bytes | None = None
    bounces: _Share = 0.0
    complaints: _Share = 0.0
    scheduled: _Share = 0.0
    scheduled_seconds: _Seconds = 120.0
    duplicates: _Share = 0.0
    attached: _Share = 0.0
    attachment_bytes: _AttachmentBytes = 20_000

    @property
    def spread_bytes(self) -> int:
        """How many bytes more than `bytes` there may be."""
        return 0 if self.most_bytes is None else self.most_bytes - self.bytes


class Mix(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The kinds of messages of a load test; each comes as often as its weight among all."""

    messages: Annotated[tuple[Kind, ...], Meta(min_length=1)]


def read_mix(text: str) -> Mix:
    """Read a mix in TOML, `[[messages]]` for each kind; raises MixError."""
    try:
        return make_mix(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MixError(f"it is no TOML: {error}") from error


def make_mix(values: object) -> Mix:
    """Make a mix of what a file or options say; raises MixError naming the first key that is wrong."""
    try:
        mix = convert(values, Mix)
    except ValidationError as error:
        found = _PATH.match(str(error))
        field = (found["field"] or "") if found else ""
        problem = found["problem"] if found else str(error)
        raise MixError(f"{field}: {problem}" if field else problem) from error
    for number, kind in enumerate(mix.messages):
        if kind.spread_bytes < 0:
            raise MixError(f"messages[{number}].most_bytes: expected {kind.bytes} or more, as bytes says")
        if kind.bounces + kind.complaints > 1:
            raise MixError(f"messages[{number}].complaints: with bounces it is more than all of them")
    return mix
