"""What the use cases need of the kept bodies."""

from datetime import datetime
from typing import Protocol


class Bodies(Protocol):
    """The bodies of messages that are held or scheduled, by message id."""

    def put(self, message_id: str, body: str, *, first_sent: datetime, until: datetime) -> None:
        """Keep this body until `until`; a body under the same id is replaced.

        `first_sent` is when a queue first took it. Raises BodiesUnavailableError.
        """
        ...

    def get(self, message_id: str) -> str | None:
        """Return the body, or None. Raises BodiesUnavailableError."""
        ...

    def delete(self, message_id: str) -> None:
        """Forget the body, if there is one. Raises BodiesUnavailableError."""
        ...
