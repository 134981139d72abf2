"""The one error of the contract: this message can't be accepted as it is."""

from postroad.contract.words import Reason
from postroad.errors import PermanentError


class InvalidMessage(PermanentError):  # noqa: N818 - the contract's word: such a message ends `invalid`
    """A message that is refused.

    `field` is the path of what is wrong ("to.email", "attachments[0].s3", or "body"), `detail` says what was
    expected and never repeats a value of the message, since both reach logs and dead-letter attributes.
    `message_id` is the message's id where it could be read and is well formed, else None.
    """

    def __init__(self, reason: Reason, field: str, detail: str, message_id: str | None = None) -> None:
        super().__init__(f"{field}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail
        self.message_id = message_id
