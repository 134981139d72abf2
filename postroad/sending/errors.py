"""How SES and S3 can refuse, in our own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.errors import PermanentError, SystemicError, TransientError

if TYPE_CHECKING:
    from postroad.contract.words import Reason
    from postroad.sending.decisions import Why


class RefusedBySesError(PermanentError):
    """SES will never take this mail."""

    def __init__(self, reason: Reason, code: str) -> None:
        """Keep the reason and SES's error code; SES's text may hold an address and is dropped."""
        super().__init__(f"SES refused the mail: {code}")
        self.reason = reason
        self.code = code


class SesBusyError(TransientError):
    """SES did not take this mail, and may soon."""

    def __init__(self, why: Why, code: str) -> None:
        """Keep why, and SES's error code, or the name of the failure where SES was not reached."""
        super().__init__(f"SES did not take the mail: {why} ({code})")
        self.why = why
        self.code = code


class TooLateError(TransientError):
    """Not a byte of the request left: its time was over."""


class SesUnusableError(SystemicError):
    """SES takes no mail of this stream for now."""

    def __init__(self, why: Why, code: str) -> None:
        """Keep why, and SES's error code, or the name of the failure where nothing could be asked."""
        super().__init__(f"SES takes no mail: {why} ({code})")
        self.why = why
        self.code = code


class AttachmentMissingError(PermanentError):
    """There is no such object in the bucket."""


class AttachmentTooLargeError(PermanentError):
    """The attachments are larger than the stage allows."""


class AttachmentUnavailableError(TransientError):
    """S3 can't be asked for it now."""
