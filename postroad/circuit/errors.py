"""How a stream's switch can fail to be read or written, and its mapping to be moved."""

from postroad.errors import TransientError


class SwitchesUnavailableError(TransientError):
    """DynamoDB can't be asked about the switches now; repeating is safe."""


class SwitchesBusyError(TransientError):
    """Others kept changing this switch; try again."""


class MappingsUnavailableError(TransientError):
    """Lambda can't be asked about a stream's event source mapping now; repeating is safe."""
