"""What can be wrong with something that arrived as feedback."""

from postroad.errors import PermanentError


class MalformedEventError(PermanentError):
    """It isn't an event of SES that we can read; the message names the field and never holds its value."""
