"""Who opens and clicks: what a person's program, a picture proxy and a scanner say of themselves."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Reader(StrEnum):
    """Who acts on a mail."""

    PERSON = "person"
    MACHINE = "machine"
    SCANNER = "scanner"


@dataclass(frozen=True, slots=True)
class Agent:
    """What SES would write into the event. The addresses are those that RFC 5737 keeps for documents."""

    user_agent: str
    ip_address: str
    is_bot: bool = False
    """Whether SES tells it from a person."""


AGENTS = {
    # A browser that a person sits at.
    Reader.PERSON: Agent(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Safari/605.1.15",
        "192.0.2.44",
    ),
    # Apple's Mail Privacy Protection fetches pictures as mail arrives, so that it opens what nobody has read.
    Reader.MACHINE: Agent("Mozilla/5.0", "198.51.100.7", is_bot=True),
    # A gateway that looks behind each link before it hands the mail on, and says that it is a browser: SES
    # takes it for a person.
    Reader.SCANNER: Agent(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/109.0.0.0 Safari/537.36",
        "203.0.113.90",
    ),
}
PIXEL_AHEAD = timedelta(milliseconds=120)
"""A scanner fetches the pixel first, and within the next second it has clicked every link."""
BURST = timedelta(milliseconds=800)
