"""What the use cases need of the kept bodies."""

from datetime import datetime
from typing import Protocol


class Bodies(Protocol):
    """The bodies of messages that are held or scheduled, by message id and fingerprint.

    The fingerprint is the one on the message's row. Two bodies that race for one id are kept apart by it, so
    the one that loses can't take the place of the one that the row stands for.
    """

    def put(
        self, message_id: str, fingerprint: str, body: str, *, first_sent: datetime, until: datetime
    ) -> None:
        """Keep this body until `until`; one under the same id and fingerprint is replaced.

        `first_sent` is when a queue first took it. Raises BodiesUnavailableError.
        """
        ...

    def get(self, message_id: str, fingerprint: str) -> str | None:
        """Return the body, or None. Raises BodiesUnavailableError."""
        ...

    def delete(self, message_id: str, fingerprint: str) -> None:
        """Forget the body, if there is one. Raises BodiesUnavailableError."""
        ...
