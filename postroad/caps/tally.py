"""What was counted of one person's mail in one category, and as which item of Contacts that stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from postroad.caps.deciding import Counted
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "cap#"
"""Begins the sort key of each; the category follows."""
KEPT = timedelta(days=31)
"""After the latest mail: longer than any cap looks back. DynamoDB forgets the item some time after that."""


class Place(NamedTuple):
    """Whose mail, and of which category."""

    address_key: str
    category: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted there. Each write adds one to `version`; 0 where nothing stands yet."""

    counted: tuple[Counted, ...] = ()
    version: int = 0


def tally_key(place: Place) -> dict[str, Any]:
    """Return where a tally lies."""
    return {"pk": {"S": place.address_key}, "sk": {"S": f"{PREFIX}{place.category}"}}


def tally_item(place: Place, tally: Tally) -> dict[str, Any]:
    """Write a tally: the time of each mail in milliseconds, and its message's id.

    One that counts no mail any more goes when it would have gone anyway.
    """
    lasts = max((each.at for each in tally.counted), default=None)
    item = {
        **tally_key(place),
        "version": {"N": str(tally.version)},
        "counted": {"L": [{"S": f"{milliseconds(each.at)} {each.message_id}"} for each in tally.counted]},
    }
    return item if lasts is None else item | {"ttl": {"N": str(milliseconds(lasts + KEPT) // 1000)}}


def read_tally(item: Mapping[str, Any]) -> tuple[Place, Tally]:
    """Read what `tally_item` wrote."""
    place = Place(item["pk"]["S"], item["sk"]["S"].removeprefix(PREFIX))
    counted = (each["S"].partition(" ") for each in item["counted"]["L"])
    return place, Tally(
        tuple(Counted(message_id, moment(int(at))) for at, _, message_id in counted),
        int(item["version"]["N"]),
    )
