"""The stores in memory, which note what DynamoDB would bill for each call, by the size of the real items."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.units import item_bytes, read_units, write_units
from postroad.bodies.dynamodb import SORT_KEY as BODY_KEY
from postroad.bodies.memory import MemoryBodies
from postroad.circuit.memory import MemoryBreaker
from postroad.contract.words import Status
from postroad.governor.grant import Grant
from postroad.ledger.item import to_item
from postroad.ledger.memory import MemoryLedger
from postroad.schedule.keys import pointer_key
from postroad.schedule.memory import MemorySchedule
from postroad.suppression.memory import MemorySuppressions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from postroad.bodies.ports import Whole
    from postroad.ledger.row import Row
    from postroad.schedule.pointer import Pointer
    from postroad.suppression.model import Suppression

WRITE, READ = "dynamodb_write", "dynamodb_read"
INDEXED = ("pk", "sk", "address_key", "accepted")
"""What the index by recipient holds of a row: keys only."""
HELD_INDEXED = ("pk", "sk", "held")


@dataclass(slots=True)
class Meter:
    """Units by line of the page and by price; `largest` and `stored` are bytes of rows."""

    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    largest: int = 0
    changes: int = 0
    """Writes of rows, each of which the table's stream tells."""

    def add(self, line: str, price: str, count: float) -> None:
        """Count `count` units of this price for this line."""
        self.units[line, price] += count  # type: ignore[assignment]  # typeshed's Counter counts whole things


class MeteredLedger(MemoryLedger):
    """Rows. A write counts for the line of the status that it leaves behind."""

    LINES = {  # noqa: RUF012 - read alone
        Status.CLAIMED: "claim",
        Status.SENT: "sent",
        Status.DELIVERED: "delivered",
    }

    def __init__(self, meter: Meter) -> None:
        """Note everything on this meter."""
        super().__init__()
        self._meter = meter

    def get(self, message_id: str) -> Row | None:
        """Return the row, by a consistent read."""
        row = super().get(message_id)
        self._meter.add("events", READ, read_units(_bytes_of(row), consistent=True))
        return row

    def get_many(self, message_ids: Collection[str], *, may_be_old: bool = False) -> dict[str, Row]:
        """Return these rows, by consistent reads unless they may be old."""
        rows = super().get_many(message_ids, may_be_old=may_be_old)
        for message_id in message_ids:
            self._meter.add(
                "events", READ, read_units(_bytes_of(rows.get(message_id)), consistent=not may_be_old)
            )
        return rows

    def insert(self, row: Row) -> Row | None:
        """Write a first row, and its entries in the indexes."""
        standing = super().insert(row)
        self._note_write(standing, row)
        return standing

    def replace(self, row: Row, *, expected: int) -> bool:
        """Write over a version, and what that changes in the indexes."""
        before = super().get(row.message_id)
        stands = super().replace(row, expected=expected)
        self._note_write(before, row)
        return stands

    def row_bytes(self) -> list[int]:
        """Return the size of each row that stands."""
        return [_bytes_of(row) for row in self.rows()]

    def index_bytes(self) -> list[int]:
        """Return the size of each row's entry in the index by recipient."""
        return [item_bytes(_entry(to_item(row), INDEXED)) for row in self.rows()]

    def _note_write(self, before: Row | None, after: Row) -> None:
        size = _bytes_of(after)
        self._meter.largest = max(self._meter.largest, size)
        self._meter.changes += 1
        self._meter.add(
            self.LINES.get(after.status, after.status.value), WRITE, write_units(_bytes_of(before), size)
        )
        old = {} if before is None else to_item(before)
        new = to_item(after)
        for names in (INDEXED, HELD_INDEXED):
            left, come = _entry(old, names), _entry(new, names)
            if left != come:  # an entry that moves is deleted in one place and written in another
                moved = [write_units(item_bytes(one), 0) for one in (left, come) if one]
                self._meter.add("index", WRITE, sum(moved))


class MeteredSuppressions(MemorySuppressions):
    """Suppressions, which `send` reads consistently: an address without any costs a read as well."""

    def __init__(self, meter: Meter) -> None:
        """Note everything on this meter."""
        super().__init__()
        self._meter = meter

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        """Return the suppressions of these addresses."""
        self._meter.add("suppression", READ, len(set(address_keys)))
        return super().find(address_keys)


class MeteredBodies(MemoryBodies):
    """Kept bodies, gzipped as they are in the table."""

    def __init__(self, meter: Meter) -> None:
        """Note everything on this meter."""
        super().__init__()
        self._meter = meter

    def put(
        self, message_id: str, fingerprint: str, body: str, *, first_sent: datetime, until: datetime
    ) -> None:
        """Keep this body."""
        self._meter.add("bodies", WRITE, write_units(0, _body_bytes(message_id, fingerprint, body)))
        super().put(message_id, fingerprint, body, first_sent=first_sent, until=until)

    def get_many(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Whole]:
        """Return these bodies, by consistent reads."""
        found = super().get_many(keys)
        for key, whole in found.items():
            self._meter.add("bodies", READ, read_units(_body_bytes(*key, whole.body), consistent=True))
        return found

    def delete(self, message_id: str, fingerprint: str) -> None:
        """Forget the body; a delete costs what the item weighs."""
        body = self.get(message_id, fingerprint)
        size = 0 if body is None else _body_bytes(message_id, fingerprint, body)
        self._meter.add("bodies", WRITE, write_units(size, 0))
        super().delete(message_id, fingerprint)


class MeteredSchedule(MemorySchedule):
    """Pointers: written once, read by dispatch, and deleted."""

    def __init__(self, meter: Meter) -> None:
        """Note everything on this meter."""
        super().__init__()
        self._meter = meter

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand."""
        self._meter.add("pointers", WRITE, write_units(0, self._size(pointer)))
        super().put(pointer)

    def remove(self, pointers: Collection[Pointer]) -> None:
        """Remove these pointers, which were read just before."""
        for pointer in pointers:
            size = self._size(pointer)
            # A query's items are added up before they are rounded.
            self._meter.add("pointers", READ, size / 4096)
            self._meter.add("pointers", WRITE, write_units(size, 0))
        super().remove(pointers)

    @staticmethod
    def _size(pointer: Pointer) -> int:
        pk, sk = pointer_key(pointer)
        return item_bytes({"pk": {"S": pk}, "sk": {"S": sk}, "fingerprint": {"S": pointer.fingerprint}})


class MeteredBreaker(MemoryBreaker):
    """The stream's switch, which each batch reads once."""

    def __init__(self, meter: Meter) -> None:
        """Note everything on this meter."""
        super().__init__()
        self._meter = meter

    def closed_again_at(self, *, now: datetime) -> datetime | None:
        """Say that the stream runs."""
        self._meter.add("rate", READ, 1)
        return super().closed_again_at(now=now)


class MeteredRate:
    """A `Rate` that always has room, in blocks as the governor grants them."""

    def __init__(self, meter: Meter, *, block: int, writes_per_grant: float) -> None:
        """Grant up to `block` mails at once, each for so many writes to the governor's item."""
        self._meter = meter
        self._block = block
        self._writes = writes_per_grant

    def take(self, count: int, *, deadline: datetime) -> Grant:
        """Grant a block."""
        del deadline
        self._meter.add("rate", WRITE, self._writes)
        return Grant(min(count, self._block))


def _bytes_of(row: Row | None) -> int:
    return 0 if row is None else item_bytes(to_item(row))


def _body_bytes(message_id: str, fingerprint: str, body: str) -> int:
    """Return the size of a body's item, as `bodies.dynamodb` writes it."""
    return item_bytes(
        {
            "pk": {"S": message_id},
            "sk": {"S": BODY_KEY + fingerprint},
            "first_sent": {"N": "1763816400001"},
            "ttl": {"N": "1763816401"},
            "gzip": {"B": gzip.compress(body.encode(), mtime=0)},
        }
    )


def _entry(item: dict[str, dict[str, object]], names: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Return a row's entry in an index: none without all of the index's keys."""
    return {name: item[name] for name in names} if all(name in item for name in names) else {}
