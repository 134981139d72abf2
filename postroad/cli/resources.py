"""A stage's resources, by the outputs of its two stacks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.cli.problem import ExitCode, Problem
from postroad.names import pascal

FOUNDATION = "foundation"
MAIL = "mail"
QUEUE = "QueueUrl"
DEAD_LETTERS = "DeadLetterQueueUrl"
OF_NO_STREAM = frozenset({"Feedback", "Events", "Journeys", "Outcomes"})
"""Outputs that begin so belong to Postroad's own queues."""


def queue_name(url: str) -> str:
    """Return the name that ends an SQS URL."""
    return url.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class QueuePair:
    """A queue and where its refused and exhausted messages go; either may stand alone."""

    url: str | None
    dead_letter_url: str | None


@dataclass(frozen=True, slots=True)
class Resources:
    """The outputs of one stack."""

    stack: str
    outputs: Mapping[str, str]

    def named(self, output: str) -> str:
        """Return one output; raises Problem if the deployed stack is older than this command."""
        if output not in self.outputs:
            raise Problem(
                f"The stack {self.stack} has no output {output}.",
                "Deploy it again with this version of Postroad: npx cdk deploy --all -c stage=<stage>",
            )
        return self.outputs[output]

    def streams(self) -> list[str]:
        """Return how the outputs of each stream begin, in order."""
        found = {key.removesuffix(QUEUE) for key in self.outputs if _is_queue(key)}
        return sorted(found - OF_NO_STREAM)

    def stream_names(self) -> list[str]:
        """Return the names of the streams, in order."""
        prefix = self.stack.removesuffix(MAIL)
        return sorted(queue_name(self.outputs[each + QUEUE]).removeprefix(prefix) for each in self.streams())

    def streams_meant(self, stream: str | None) -> list[str]:
        """Return the stream that was named, or all; raises Problem if there is none of this name."""
        if stream is None:
            return self.stream_names()
        self.stream_queue(stream)
        return [stream]

    def stream_queue(self, stream: str) -> str:
        """Return the queue of a stream; raises Problem naming those that there are."""
        prefix = pascal(stream)
        # Names that begin their outputs alike are not yet one stream: `Marketing` is nobody's.
        if prefix not in self.streams() or not queue_name(self.outputs[prefix + QUEUE]).endswith(
            f"-{stream}"
        ):
            queues = ", ".join(queue_name(self.outputs[each + QUEUE]) for each in self.streams())
            raise Problem(
                f"There is no stream {stream!r} in {self.stack}.",
                f"Name one of the streams in config/<stage>.toml; these queues are deployed: {queues}",
                ExitCode.NOT_FOUND,
            )
        return self.outputs[prefix + QUEUE]

    def stream_dead_letters(self, stream: str) -> str:
        """Return the dead-letter queue of a stream; raises Problem naming the streams that there are."""
        self.stream_queue(stream)
        return self.named(pascal(stream) + DEAD_LETTERS)

    def queues(self) -> list[QueuePair]:
        """Return every queue with its dead letters: the streams' first, then Postroad's own."""
        own = {key.removesuffix(QUEUE) for key in self.outputs if _is_queue(key)}
        own |= {key.removesuffix(DEAD_LETTERS) for key in self.outputs if key.endswith(DEAD_LETTERS)}
        return [
            QueuePair(self.outputs.get(prefix + QUEUE), self.outputs.get(prefix + DEAD_LETTERS))
            for prefix in sorted(own, key=lambda prefix: (prefix in OF_NO_STREAM, prefix))
        ]


def _is_queue(key: str) -> bool:
    return key.endswith(QUEUE) and not key.endswith(DEAD_LETTERS)
