"""A switch as an item of the table Schedule, and back. Empty attributes are left out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.circuit.switch import Flow, Switch, Turned
from postroad.schedule.keys import SWITCH, state_partition
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Mapping


def key_of(stream: str) -> dict[str, Any]:
    """Return where the switch of a stream lies."""
    return {"pk": {"S": state_partition(stream)}, "sk": {"S": SWITCH}}


def to_item(switch: Switch) -> dict[str, Any]:
    """Return the item that holds this switch; times are whole milliseconds since 1970."""
    times = {"since": switch.since, "probe_at": switch.probe_at}
    texts = {"why": switch.why, "turned_by": switch.by}
    return {
        **key_of(switch.stream),
        "flow": {"S": switch.flow.value},
        **{name: {"S": text} for name, text in texts.items() if text},
        **{name: {"N": str(milliseconds(at))} for name, at in times.items() if at is not None},
        **({"probes": {"N": str(switch.probes)}} if switch.probes else {}),
        **({"untold": {"L": [{"M": _turn_item(turn)} for turn in switch.untold]}} if switch.untold else {}),
        "version": {"N": str(switch.version)},
    }


def from_item(stream: str, item: Mapping[str, Any]) -> Switch:
    """Return the switch that an item holds."""
    return Switch(
        stream=stream,
        flow=Flow(item["flow"]["S"]),
        why=item.get("why", {}).get("S", ""),
        by=item.get("turned_by", {}).get("S", ""),
        since=moment(int(item["since"]["N"])) if "since" in item else None,
        probe_at=moment(int(item["probe_at"]["N"])) if "probe_at" in item else None,
        probes=int(item.get("probes", {}).get("N", "0")),
        untold=tuple(_turn(entry["M"]) for entry in item.get("untold", {}).get("L", [])),
        version=int(item["version"]["N"]),
    )


def _turn_item(turn: Turned) -> dict[str, Any]:
    return {
        "id": {"S": turn.id},
        "flow": {"S": turn.flow.value},
        "why": {"S": turn.why},
        "by": {"S": turn.by},
        "at": {"N": str(milliseconds(turn.at))},
    }


def _turn(entry: Mapping[str, Any]) -> Turned:
    return Turned(
        id=entry["id"]["S"],
        flow=Flow(entry["flow"]["S"]),
        why=entry["why"]["S"],
        by=entry["by"]["S"],
        at=moment(int(entry["at"]["N"])),
    )
