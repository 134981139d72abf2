"""What goes to SQS together: requests of up to ten messages and 1 MiB. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from postroad.contract.message import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_ENTRIES = 10
"""SendMessageBatch takes no more, and no more than 1 MiB in all:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""


class Weighed(Protocol):
    """Something that takes `size` bytes of a request."""

    @property
    def size(self) -> int:
        """Its bytes, attributes included."""
        ...


Each = TypeVar("Each", bound=Weighed)


def split(entries: Iterable[Each]) -> Iterator[list[Each]]:
    """Yield batches within SQS's limits, in order; one alone over the limit goes by itself."""
    batch: list[Each] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == MOST_ENTRIES or size + entry.size > MAX_BODY_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
