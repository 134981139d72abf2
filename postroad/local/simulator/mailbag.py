"""Where the simulator keeps mail: the newest, within a number and a size; its counts are never forgotten."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from postroad.contract.words import Status
from postroad.local.simulator.mail import Mail


@dataclass(slots=True)
class Mailbag:
    """At most `most` mails of together at most `most_bytes`; the newest one is always kept.

    Canaries are kept like any mail, but counted apart and listed only where asked for: one comes every few
    minutes, and would bury what people look for.
    """

    most: int = 20_000
    most_bytes: int = 256 * 1024 * 1024
    accepted: int = 0
    canaries: int = 0
    by_message_id: Counter[str] = field(default_factory=Counter)
    _mails: OrderedDict[str, Mail] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def keep(self, mail: Mail) -> None:
        with self._lock:
            if mail.is_canary:
                self.canaries += 1
            else:
                self.accepted += 1
            if mail.message_id:
                self.by_message_id[mail.message_id] += 1
            self._mails[mail.ses_message_id] = mail
            self._bytes += _cost(mail)
            while len(self._mails) > self.most or (self._bytes > self.most_bytes and len(self._mails) > 1):
                _, oldest = self._mails.popitem(last=False)
                self._bytes -= _cost(oldest)

    def get(self, ses_message_id: str) -> Mail:
        """Find a mail; raises KeyError."""
        with self._lock:
            return self._mails[ses_message_id]

    def newest(self) -> Mail | None:
        """Return the newest mail that is no canary."""
        with self._lock:
            return next((each for each in reversed(self._mails.values()) if not each.is_canary), None)

    def newest_first(
        self, *, words: str = "", status: Status | None = None, canaries: bool = False
    ) -> Iterator[Mail]:
        """`words` are looked for in recipients, subject and message id, whatever the case."""
        with self._lock:
            mails = list(reversed(self._mails.values()))
        sought = words.casefold().split()
        for mail in mails:
            if mail.is_canary and not canaries:
                continue
            if status is not None and mail.status is not status:
                continue
            if sought:  # a page looks at every mail that is kept
                searched = " ".join([*mail.recipients, *mail.to, mail.subject, mail.message_id]).casefold()
                if not all(word in searched for word in sought):
                    continue
            yield mail

    def __len__(self) -> int:
        return len(self._mails)

    def clear(self) -> None:
        """Forget the mails and start counting again."""
        with self._lock:
            self._mails.clear()
            self._bytes = 0
            self.accepted = 0
            self.canaries = 0
            self.by_message_id.clear()


def _cost(mail: Mail) -> int:
    """Bytes in memory, near enough: the mail, and some kilobytes for its events, headers and tags."""
    return mail.size + 8 * 1024
