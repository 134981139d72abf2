"""The governor's state as an item of the table Schedule, and its changes as update expressions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.governor.state import LATE, Lane, State
from postroad.schedule.keys import GOVERNOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.governor.state import Move, Reading, Righting

KEY: dict[str, Any] = {"pk": {"S": GOVERNOR[0]}, "sk": {"S": GOVERNOR[1]}}

_MOMENTS = ("tat", "own_transactional", "own_others")
_WHOLE = (*_MOMENTS, "leased", "room", "room_beyond_reserve", "read_at")


@dataclass(frozen=True, slots=True)
class Update:
    """A conditional update: what is set, on which condition, and the numbers that stand in both."""

    sets: str
    condition: str
    values: Mapping[str, float]

    def request(self) -> dict[str, Any]:
        """Return it as UpdateItem takes it."""
        return {
            "UpdateExpression": f"SET {self.sets}",
            "ConditionExpression": self.condition,
            "ExpressionAttributeValues": {f":{name}": number(value) for name, value in self.values.items()},
        }


def to_item(state: State) -> dict[str, Any]:
    """Return the whole item."""
    rate = {} if state.rate is None else {"rate": number(state.rate)}
    return {**KEY, **{name: number(getattr(state, name)) for name in _WHOLE}, **rate}


def from_item(item: Mapping[str, Any]) -> State:
    """Return the state that an item holds; what it lacks is as nobody had written it."""
    rate = float(item["rate"]["N"]) if "rate" in item else None
    return State(rate=rate, **{name: int(item[name]["N"]) for name in _WHOLE if name in item})


def is_whole(item: Mapping[str, Any]) -> bool:
    """Say whether a write finds all that it reckons with: an older version may have known less."""
    return item.keys() >= set(_WHOLE)


def complete() -> dict[str, Any]:
    """Return the update, as UpdateItem takes it, that makes the item, or adds what it lacks."""
    state = State()
    return {
        "UpdateExpression": "SET " + ", ".join(f"{name} = if_not_exists({name}, :{name})" for name in _WHOLE),
        "ExpressionAttributeValues": {f":{name}": number(getattr(state, name)) for name in _WHOLE},
    }


def lease(move: Move) -> Update:
    """Return the update that makes a lease."""
    room, other = "room", "room_beyond_reserve"
    if move.lane is not Lane.TRANSACTIONAL:
        room, other = other, room
    sets = [
        "leased = leased + :count",
        "room = room - :count",
        "room_beyond_reserve = room_beyond_reserve - :count",
    ]
    # Of an item that lacks something the condition fails, for then `complete` helps; the update wouldn't.
    exist = (f"attribute_exists({name})" for name in ("leased", other))
    conditions = ["tat BETWEEN :lowest AND :highest", f"{room} >= :count", *exist]
    values: dict[str, float] = {"count": move.count, "lowest": move.lowest, "highest": move.highest}
    if move.rate is None:
        conditions.append("attribute_not_exists(rate)")
    else:
        conditions.append("rate = :rate")
        values["rate"] = move.rate
    if move.begins_at is None:
        sets.append("tat = tat + :length")
        values["length"] = move.length
    else:
        sets.append("tat = :until")
        values["until"] = move.begins_at + move.length
    if move.own is not None:
        own = f"own_{move.lane.value}"
        sets.append(f"{own} = :own_until")
        conditions.append(f"{own} <= :own_latest")
        values["own_latest"], values["own_until"] = move.own
    return Update(", ".join(sets), " AND ".join(conditions), values)


def put_right(righting: Righting) -> Update:
    """Return the update that sets right what a wrong clock wrote."""
    wanted = {name: getattr(righting, name) for name in _MOMENTS}
    seen = {f"seen_{name}": getattr(righting.seen, name) for name in _MOMENTS}
    return Update(
        ", ".join(f"{name} = :{name}" for name in _MOMENTS),
        " AND ".join(f"{name} = :seen_{name}" for name in _MOMENTS),
        wanted | seen,
    )


def learn(reading: Reading) -> Update:
    """Return the update that writes a reading down, less what was leased since."""
    return Update(
        "rate = :rate, read_at = :at, room = :room - leased, room_beyond_reserve = :beyond - leased",
        "(read_at <= :at OR read_at > :absurd) AND leased >= :leased",
        {
            "rate": reading.rate,
            "at": reading.at,
            "absurd": reading.at + LATE,
            "room": reading.room + reading.leased,
            "beyond": reading.room_beyond_reserve + reading.leased,
            "leased": reading.leased,
        },
    )


def number(value: float) -> dict[str, str]:
    """Return a number as DynamoDB has it."""
    return {"N": repr(value)}
