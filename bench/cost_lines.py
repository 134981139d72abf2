"""From what a walk counted to dollars per million mails, line by line, at a rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from bench.cost_counting import write_units
from bench.cost_prices import MILLION, Prices, prices
from bench.cost_walk import Scene, Walked, walk
from bench.units import GIBIBYTE, STORED_OVERHEAD_BYTES, firehose_bytes
from postroad.configuration.limits import Timing
from postroad.configuration.model import Governor
from postroad.configuration.retention import Retention
from postroad.configuration.sizing import WAIT_SECONDS, Sizing, Wanted, sizes
from postroad.feedback.objects import EVENTS_AT_ONCE
from postroad.governor.pace import pace_of
from postroad.ledger.partiql import MOST_STATEMENTS
from postroad.sending.attempt import DELIVERY_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

BUFFER_BYTES = 5 * 1024 * 1024
"""Firehose closes an object at this size, or after its time: stacks/constructs/events_pipeline.py."""
FEEDBACK_MEBIBYTES, OUTCOMES_MEBIBYTES, COUNTING_MEBIBYTES = 1024, 512, 512
RECORD_BYTES = 2_500
"""Of a changed row as Lambda hands it over, both images in DynamoDB's notation: about five times the row."""
PAYLOAD_BYTES = 6 * 1024 * 1024
"""Of an invocation: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
DAYS_A_MONTH = 30

CORE = ("claim", "sent", "delivered", "suppression", "events", "queues", "lambda", "counters", "rate", "logs")
"""What the target of 2.80 USD is about, with the rate's own writes and the logs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: USD per million mails that it concerns, and which part of a million mails it concerns."""

    name: str
    usd: float
    share: float = 1.0

    @property
    def per_million(self) -> float:
        """USD per million mails of the mix."""
        return self.usd * self.share


@dataclass(frozen=True, slots=True)
class Runs:
    """What Lambda bills, per mail."""

    gb_seconds: float
    runs: float

    def usd(self, book: Prices) -> float:
        """Return USD per million mails."""
        return book.usd("lambda_gb_second", self.gb_seconds * MILLION) + book.usd(
            "lambda_request", self.runs * MILLION
        )


class Model:
    """The cost of mail that leaves at `rate` a second, while there is a backlog."""

    def __init__(self, rate: float, book: Prices | None = None) -> None:
        """Reckon at this rate by these prices."""
        self.rate = rate
        self.book = book or prices()
        self._given = self.book.assumptions
        self.sizing = sizing_at(rate)

    def core(self) -> list[Line]:
        """Return the lines that each mail costs, whatever becomes of it."""
        found = [Line(name, self._counted(name)) for name in CORE]
        own = {
            "events": self.firehose() + self.objects(),
            "lambda": self.functions(),
            "counters": self.counters(self.rate),
            "logs": self.logs(),
        }
        return [Line(line.name, line.usd + own.get(line.name, 0.0)) for line in found]

    def beside(self) -> list[Line]:
        """Return the lines that depend on what is kept, published, tracked and deferred."""
        mix = self.book.mix
        return [
            Line("index", self._counted("index")),
            Line("storage", self.storage()),
            Line("results", self.book.usd("result", MILLION), mix["results"]),
            Line("opens", self._more(opened=True), mix["opens"]),
            Line("clicks", self._more(clicked=True), mix["clicks"]),
            Line("scheduled", self._more(scheduled=True), mix["scheduled"]),
            Line("delayed", self._more(delayed=True) + self.fast_way(), mix["delayed"]),
            Line("waiting", self.waiting()),
        ]

    def together(self) -> float:
        """USD per million mails for the core lines."""
        return sum(line.per_million for line in self.core())

    def total(self) -> float:
        """USD per million mails of the mix, over SES."""
        return self.together() + sum(line.per_million for line in self.beside())

    # What the code counted

    def walked(self, **happens: bool) -> tuple[tuple[float, Walked], ...]:
        """Return walks with their weights: feedback meets a mail's events apart, or together."""
        return (
            (self.apart, self._walk(apart=True, **happens)),
            (1 - self.apart, self._walk(apart=False, **happens)),
        )

    @property
    def apart(self) -> float:
        """The part of mails whose Send and Delivery lie in different pieces of feedback's work."""
        events_a_second = 2 * self.rate
        seconds = min(self.object_seconds, EVENTS_AT_ONCE / events_a_second)
        return min(1.0, self._given["delivery_seconds"] / seconds)

    @property
    def object_seconds(self) -> float:
        """How long Firehose collects into one object."""
        bytes_a_second = self.rate * self.event_bytes
        return min(Timing().events_buffer_seconds, BUFFER_BYTES / bytes_a_second)

    @property
    def event_bytes(self) -> float:
        """Bytes of a mail's Send and Delivery."""
        usual = self._walk()
        return sum(usual.event_bytes) / usual.mails

    def _walk(self, **happens: bool) -> Walked:
        return walk(self._scene(**happens))

    def _scene(self, **happens: bool) -> Scene:
        return Scene(
            sizing=self.sizing,
            block=self.block,
            governor_writes=self._given["governor_writes_per_grant"],
            delivery=timedelta(seconds=self._given["delivery_seconds"]),
            **happens,
        )

    @property
    def block(self) -> int:
        """The most mails for which one write to the governor's item leases room."""
        return pace_of(self.rate).most

    def units(self, **happens: bool) -> Mapping[tuple[str, str], float]:
        """Return units per mail by line and price."""
        units: dict[tuple[str, str], float] = {}
        for weight, walked in self.walked(**happens):
            for key, count in walked.per_mail().items():
                units[key] = units.get(key, 0.0) + weight * count
        return units

    @property
    def reads(self) -> float:
        """What feedback takes to read a mail's row, in read units."""
        return self.units()["events", "dynamodb_read"]

    def _counted(self, line: str) -> float:
        return sum(
            self.book.usd(price, count * MILLION)
            for (name, price), count in self.units().items()
            if name == line
        )

    def _more(self, **happens: bool) -> float:
        """Return what such a mail costs more than the usual one: USD per million of them."""

        def usd(**given: bool) -> float:
            counted = sum(
                self.book.usd(price, count * MILLION) for (_, price), count in self.units(**given).items()
            )
            walked = self._walk(**given)
            again = sum(walked.batches) / walked.mails  # a mail that waited comes twice
            return counted + self.firehose(**given) + again * self.sending().usd(self.book)

        return usd(**happens) - usd()

    # What Lambda takes

    def sending(self) -> Runs:
        """Return what `send` works, with full batches, and without waiting for its turn."""
        sizing, given = self.sizing, self._given
        together = min(sizing.threads, sizing.batch_size, self.block)
        requests = 2 + 2 * ceil(together / MOST_STATEMENTS)  # rate, suppressions; claims and marks
        waits = requests * given["dynamodb_ms"] + given["ses_ms"]
        mail_ms = given["send_cpu_ms"] / self._vcpu(sizing.memory_mebibytes) + waits / together
        return Runs(mail_ms / 1000 * sizing.memory_mebibytes / 1024, 1 / sizing.batch_size)

    def feedback(self) -> Runs:
        """Return what `feedback` works on the events of a mail; one run takes one object."""
        cpu_ms = self._given["feedback_cpu_ms"] / self._vcpu(FEEDBACK_MEBIBYTES)
        return Runs(cpu_ms / 1000 * FEEDBACK_MEBIBYTES / 1024, self.objects_per_mail)

    def outcomes(self) -> Runs:
        """Return what `outcomes` works on the changes of a mail's row."""
        cpu_ms = self.changes * self._given["outcomes_cpu_ms"] / self._vcpu(OUTCOMES_MEBIBYTES)
        timing = Timing()
        come = self.rate * self.changes * timing.outcomes_batching_window_seconds
        batch = min(timing.outcomes_batch_size, max(1.0, come / self._given["stream_shards"]))
        return Runs(cpu_ms / 1000 * OUTCOMES_MEBIBYTES / 1024, self.changes / batch)

    def counting(self) -> Runs:
        """Return what `counting` works on those that are handed to it."""
        cpu_ms = self.counted * self._given["counting_cpu_ms"] / self._vcpu(COUNTING_MEBIBYTES)
        runs = self.counted / self.changes_at_once(self.rate)
        return Runs(cpu_ms / 1000 * COUNTING_MEBIBYTES / 1024, runs)

    @property
    def changes(self) -> float:
        """How often a mail's row is written."""
        walked = self._walk()
        return walked.meter.changes / walked.mails

    @property
    def counted(self) -> float:
        """How many of these changes `counting` takes: all but the first, which is the claim."""
        return self.changes - 1

    def changes_at_once(self, rate: float) -> float:
        """Return how many changes of rows a run of `counting` takes; each shard makes batches of its own."""
        window = Timing().counting_batching_window_seconds
        come = rate * self.counted * window / self._given["stream_shards"]
        return min(PAYLOAD_BYTES // RECORD_BYTES, max(1.0, come))

    @property
    def counted_values(self) -> tuple[int, ...]:
        """How many values each dimension has that mail is counted by."""
        kinds = ("templates", "campaigns", "variants", "locales", "providers")
        return tuple(int(self._given[f"counted_{kind}"]) for kind in kinds)

    def counters(self, rate: float) -> float:
        """USD per million mails for counting, where so many leave a second."""
        at_once = self.changes_at_once(rate)
        units = write_units(round(at_once), self.counted_values) / at_once * self.counted
        return self.book.usd("dynamodb_write", units * MILLION)

    def functions(self) -> float:
        """USD per million mails for all four."""
        runs = (self.sending(), self.feedback(), self.outcomes(), self.counting())
        return sum(each.usd(self.book) for each in runs)

    def waiting(self) -> float:
        """USD per million mails for waiting in turn: with a backlog all copies run all the time."""
        running = self.sizing.maximum_concurrency * self.sizing.memory_mebibytes / 1024 / self.rate
        return self.book.usd("lambda_gb_second", max(0.0, running - self.sending().gb_seconds) * MILLION)

    def idle_rate(self, arriving: float) -> float:
        """USD per million mails for `send` where `arriving` a second come, and all may leave at once."""
        sizing, given = self.sizing, self._given
        window = max(1, sizing.batching_window_seconds)
        batch = min(sizing.batch_size, max(1.0, arriving * window / given["pollers"]))
        requests = 2 + 2 * ceil(batch / MOST_STATEMENTS) + 1
        waits = requests * given["dynamodb_ms"] + given["ses_ms"]
        mail_ms = given["send_cpu_ms"] / self._vcpu(sizing.memory_mebibytes) + waits / batch
        return Runs(mail_ms / 1000 * sizing.memory_mebibytes / 1024, 1 / batch).usd(self.book)

    def _vcpu(self, mebibytes: float) -> float:
        return min(1.0, mebibytes / self._given["mebibytes_per_vcpu"])

    # What the other services take

    def firehose(self, **happens: bool) -> float:
        """USD per million mails for the events that Firehose takes in."""
        walked = self._walk(**happens)
        billed = sum(firehose_bytes(size) for size in walked.event_bytes) / walked.mails
        return self.book.usd("firehose_gb", billed * MILLION / GIBIBYTE)

    @property
    def objects_per_mail(self) -> float:
        """Objects of events, for each mail."""
        return 1 / (self.rate * self.object_seconds)

    def objects(self) -> float:
        """USD per million mails for the objects: written, announced, read, marked, listed, kept."""
        book, given = self.book, self._given
        each = (
            book.usd("s3_put", 1 + given["follow_lists"])
            + book.usd("s3_get", 1)
            + book.usd("sqs_request", 3)
            + book.usd("dynamodb_read", 1 + given["follow_reads"])
            + book.usd("dynamodb_write", 1 + given["follow_writes"])
        )
        walked = self._walk()
        kept = walked.packed_bytes / walked.mails * MILLION / GIBIBYTE * given["object_days"] / DAYS_A_MONTH
        return each * self.objects_per_mail * MILLION + book.usd("s3_stored", kept)

    def fast_way(self) -> float:
        """USD per million events for each that comes by SNS too, so that its row is read once more."""
        book, given = self.book, self._given
        queue = 1 + 2 / given["messages_per_receive"]
        run = Runs(given["feedback_cpu_ms"] / 2 / self._vcpu(FEEDBACK_MEBIBYTES) / 1000, 0.1)
        return (
            book.usd("sns_publish", MILLION)
            + book.usd("sqs_request", queue * MILLION)
            + book.usd("dynamodb_read", MILLION)
            + run.usd(book)
        )

    def logs(self) -> float:
        """USD per million mails for the lines of send's and feedback's runs."""
        runs = self.sending().runs + self.feedback().runs
        return self.book.usd("log_gb", runs * self._given["log_bytes"] * MILLION / GIBIBYTE)

    def storage(self) -> float:
        """USD per million mails for their rows, from the first day to the last, with index and recovery."""
        walked = self._walk()
        months = (Retention().messages_days + DELIVERY_TIME.days) / DAYS_A_MONTH
        row = walked.row_bytes / walked.mails + STORED_OVERHEAD_BYTES
        entry = walked.index_bytes / walked.mails + STORED_OVERHEAD_BYTES
        return self.book.usd("dynamodb_stored", (row + entry) * MILLION / GIBIBYTE * months) + self.book.usd(
            "dynamodb_recovery", row * MILLION / GIBIBYTE * months
        )


def sizing_at(rate: float) -> Sizing:
    """Return how a transactional stream beside a marketing one is sized at this rate, by default."""
    streams = {"transactional": Wanted(is_transactional=True), "marketing": Wanted(is_transactional=False)}
    share = Governor().transactional_share
    return sizes(streams, rate=rate, transactional_share=share, room=WAIT_SECONDS)["transactional"]
