"""What was asked of a link of a mail on somebody's behalf, and what came of it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Errand(StrEnum):
    """On whose behalf a link was asked."""

    ONE_CLICK = "one-click"
    """A mail program's, whose reader pressed its button."""
    SCANNER = "scanner"


@dataclass(frozen=True, slots=True)
class Answered:
    """The status of the answer, 0 where none came; then `trouble` says why, in a sentence."""

    status: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and its answer."""

    errand: Errand
    method: str
    url: str
    at: datetime
    answered: Answered

    @property
    def done(self) -> bool:
        """Whether the page took it. A mail program follows no redirect (RFC 8058, section 3.1)."""
        return self.answered.status // 100 == 2  # noqa: PLR2004 - the class of the status


class Asking(Protocol):
    """Asks pages as programs do that know nobody: without cookies, and following no redirects."""

    async def ask(self, method: str, url: str, *, form: str = "") -> Answered:
        """Send one request; `form` is a body of urlencoded fields. It raises nothing."""
        ...


class NobodyAsks:
    """`Asking` of an inbox that has no stack."""

    async def ask(self, method: str, url: str, *, form: str = "") -> Answered:  # noqa: ARG002 - it asks nobody
        """Answer that nothing was asked; see `Asking.ask`."""
        return Answered(trouble="This inbox belongs to no stack whose pages it could ask.")
