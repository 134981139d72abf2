"""The event source mapping of a stream's queue: the valve that a switch moves. Pure.

Disabled, it stops the delivery without using up receives; messages that `send` was handed already are its own
to hide. https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html lists the states.
"""

from __future__ import annotations

from enum import StrEnum


class MappingState(StrEnum):
    """Lambda's word for where a mapping stands."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    UPDATING = "Updating"
    DELETING = "Deleting"

    @classmethod
    def _missing_(cls, value: object) -> MappingState:
        # A word of later: whatever it is, nothing should be asked of the mapping meanwhile.
        del value
        return cls.UPDATING

    def is_settled(self, *, enabled: bool) -> bool:
        """Say whether the mapping stands where it shall."""
        return self is (MappingState.ENABLED if enabled else MappingState.DISABLED)

    def contradicts(self, *, enabled: bool) -> bool:
        """Say whether the mapping stands at the other end, and isn't on its way."""
        return self.is_settled(enabled=not enabled)
