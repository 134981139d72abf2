"""The schedule in memory: for fast tests and for walks that need no AWS account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.schedule.keys import pointer_key

if TYPE_CHECKING:
    from postroad.schedule.pointer import Pointer


class MemoryPointers:
    """`Pointers` in a dictionary, under the keys of the table."""

    def __init__(self) -> None:
        """Begin with nothing scheduled."""
        self._pointers: dict[tuple[str, str], Pointer] = {}

    def __len__(self) -> int:
        """Return how many pointers stand."""
        return len(self._pointers)

    def __contains__(self, message_id: str) -> bool:
        """Say whether a pointer to this message stands."""
        return bool(self.of(message_id))

    def of(self, message_id: str) -> list[Pointer]:
        """Return the pointers to this message, oldest generation first."""
        found = [pointer for pointer in self._pointers.values() if pointer.message_id == message_id]
        return sorted(found, key=lambda pointer: pointer.generation)

    def all(self) -> list[Pointer]:
        """Return every pointer, in the order in which dispatch pops them."""
        return [self._pointers[key] for key in sorted(self._pointers)]

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand."""
        self._pointers[pointer_key(pointer)] = pointer

    def delete(self, pointer: Pointer) -> None:
        """Forget the pointer, if it stands."""
        self._pointers.pop(pointer_key(pointer), None)
