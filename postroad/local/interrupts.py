"""Being asked to stop, by Ctrl-C or by a signal, ends what we started on the way out."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """Somebody asked this program to stop; the exit code is the shell's 128 + signal."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Turn a request to terminate into an exception, so that `finally` runs as it does on Ctrl-C."""

    def stop(number: int, _: FrameType | None) -> None:
        raise Stopped(128 + number)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish what is being cleaned up, however often somebody presses Ctrl-C meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, *_SIGNALS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
