"""What can go wrong with contacts, in their own words."""

from postroad.errors import PermanentError, TransientError


class ContactsBusyError(TransientError):
    """Others kept changing the contact between our read and our write: try again."""


class ContactsUnavailableError(TransientError):
    """The table didn't answer, or asked for less: try again after a pause."""


class ContactError(PermanentError):
    """What is said of a contact can't be kept. `field` names the part that is wrong; no value is repeated."""

    def __init__(self, field: str, what: str, fix: str) -> None:
        super().__init__(f"{field}: {what}; {fix}")
        self.field = field
        self.what = what
        self.fix = fix
