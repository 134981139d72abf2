"""How many different values a dimension may have, and how long they may be. Pure.

Producers choose campaigns, variants, templates, locales, journeys and steps, and a producer who puts an
order's number in the tag `campaign` would otherwise write a counter for each mail. So of each day, stream and
dimension the first `MOST_VALUES` values have counters of their own, and all others share `OTHERS`. The first
ones are written down, and what is written down is never taken back: a value is counted in one place for good,
whenever a later event of the same mail comes.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from postroad.stats.words import ADDRESS, OTHERS, Dimension

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_VALUES = 200
"""Of a day, stream and dimension."""
MOST_SIGNS = 64
"""Of a value; a longer one keeps its beginning, and a digest tells it from others that begin alike."""

_KEPT_SIGNS = 54
_DIGEST_SIGNS = 8
_CLOSED = {Dimension.TOTAL.value, Dimension.PROVIDER.value}


@lru_cache(maxsize=4096)
def bounded(value: str) -> str:
    """Return what stands for a value in its counter's key: at most `MOST_SIGNS` signs, and no address."""
    if "@" in value:
        return ADDRESS
    plain = "".join(sign if sign.isprintable() else " " for sign in value).strip()
    if len(plain) <= MOST_SIGNS:
        return plain
    return f"{plain[:_KEPT_SIGNS]}…{sha256(value.encode()).hexdigest()[:_DIGEST_SIGNS]}"


def is_open(dimension: str) -> bool:
    """Say whether producers choose this dimension's values, so that their number has to be held."""
    return dimension not in _CLOSED


def room_for(standing: frozenset[str], wanted: Iterable[str]) -> frozenset[str]:
    """Return which of the wanted values shall have counters of their own from now on: new ones, in order."""
    new = dict.fromkeys(value for value in wanted if value not in standing and value != OTHERS)
    return frozenset(list(new)[: max(0, MOST_VALUES - len(standing))])


def is_full(standing: frozenset[str]) -> bool:
    """Say whether no value joins these any more."""
    return len(standing) >= MOST_VALUES
