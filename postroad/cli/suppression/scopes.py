"""Scopes of suppressions as operators write them."""

from postroad.cli.problem import ExitCode, Problem
from postroad.suppression.model import ALL_STREAMS, stream_scope, topic_scope

MOST_OF_A_NAME = 128


def parse_scope(text: str) -> str:
    """Return a scope as the store knows it; raises Problem if it is none."""
    kind, colon, name = text.partition(":")
    if text == ALL_STREAMS:
        return ALL_STREAMS
    if colon and name and name.isprintable() and len(name) <= MOST_OF_A_NAME:
        if kind == "stream":
            return stream_scope(name)
        if kind == "topic":
            return topic_scope(name)
    raise Problem(f"{text!r} is no scope.", "Write `all`, `stream:<name>` or `topic:<name>`.", ExitCode.USAGE)


def stream_of(scope: str) -> str | None:
    """Return the stream that a scope names, or None."""
    kind, _, name = scope.partition(":")
    return name if kind == "stream" else None
