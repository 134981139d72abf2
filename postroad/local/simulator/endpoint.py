"""The simulator behind the mailer's own requests: for tests, without a socket."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from postroad.local.simulator.core import Simulator
from postroad.local.simulator.hooks import counted_ids
from postroad.signing.connections import Answer, NoAnswerError

SEND_EMAIL = "/v2/email/outbound-emails"


class SimulatedEndpoint:
    """SES's `Endpoint`: the simulator takes each SendEmail at once, and ids can be foretold."""

    def __init__(self, simulator: Simulator, *, now: Callable[[], datetime]) -> None:
        """Let this simulator answer, at the time that `now` tells."""
        self._simulator = simulator
        self._now = now
        self._new_id = counted_ids()

    def post(self, path: str, body: bytes, headers: Callable[[str], Mapping[str, str]]) -> Answer:
        """Judge the mail as SES would; a lost answer or request raises NoAnswerError."""
        if path != SEND_EMAIL:
            raise ValueError(f"{path}: the simulator takes nothing but SendEmail here")
        headers("ses.invalid")
        outcome = self._simulator.send_email(body, now=self._now(), ses_message_id=self._new_id())
        if outcome.reply is None:
            raise NoAnswerError("TimeoutError" if outcome.hang else "RemoteDisconnected")
        return Answer(outcome.reply.status, outcome.reply.error, msgspec.json.encode(outcome.reply.body))

    def drop_idle(self) -> None:
        """Do nothing: there are no connections."""
