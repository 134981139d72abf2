"""The ring of keys that sign the links in mails, as an operator changes it. Pure; no key is ever shown."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from string import ascii_lowercase
from typing import TYPE_CHECKING

from postroad.web.token import KeyRing

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENT = "current"
_DATED = re.compile(r"t(\d{8})([b-z]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `since` the day on which it began to sign, `until` the one on which the next one did.

    Either is None where nobody knows: a name that no command gave says nothing of a day.
    """

    name: str
    signs: bool
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Ring:
    """The secret's content: `current`, and each key by its name, oldest first."""

    current: str
    keys: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Ring:
        """Read the secret; raises SettingsError where functions would."""
        KeyRing.read(text)
        content = json.loads(text)
        return cls(content.pop(CURRENT), content)

    @property
    def text(self) -> str:
        """The secret's value."""
        return json.dumps({CURRENT: self.current, **self.keys})

    def rotated(self, key: str, *, now: datetime) -> Ring:
        """Return the ring with one more key, which signs from now on; the others go on verifying."""
        day = f"t{now.astimezone(UTC):%Y%m%d}"
        names = (day, *(f"{day}{letter}" for letter in ascii_lowercase[1:]))
        name = next((one for one in names if one not in self.keys), None)
        if name is None:
            raise ValueError(f"expected at most {len(names)} keys a day")
        return Ring(name, {**self.keys, name: key})

    def retired(self, name: str) -> Ring:
        """Return the ring without a key; raises ValueError for the one that signs, or one it doesn't have."""
        if name == self.current or name not in self.keys:
            raise ValueError("expected a key of the ring that doesn't sign")
        return Ring(self.current, {one: key for one, key in self.keys.items() if one != name})

    def shown(self, *, made: datetime) -> list[Key]:
        """Return what may be told of each key, oldest first; `made` is when the secret was."""
        names = list(self.keys)
        since = [_since(name, made if place == 0 else None) for place, name in enumerate(names)]
        following = [*since[1:], None]
        return [
            Key(name, name == self.current, begins, ends)
            for name, begins, ends in zip(names, since, following, strict=True)
        ]


def _since(name: str, made: datetime | None) -> date | None:
    if dated := _DATED.fullmatch(name):
        try:
            return datetime.strptime(dated[1], "%Y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            return None
    return made.astimezone(UTC).date() if made else None
