"""What a month costs where mails come one by one: the table of docs/tutorial/first-deployment.md.

Each mail has runs and requests of its own; only SES's events share objects, where they come within a minute.
"""

from __future__ import annotations

from bench.cost_lines import (
    DAYS_A_MONTH,
    FEEDBACK_MEBIBYTES,
    OUTCOMES_MEBIBYTES,
    PAYLOAD_BYTES,
    RECORD_BYTES,
    Model,
    Runs,
)
from bench.cost_page import table
from bench.cost_prices import MILLION
from bench.units import GIBIBYTE
from postroad.configuration.limits import Timing
from postroad.configuration.retention import Retention

BLOCK = "a month"
VOLUMES = (10_000, 100_000, MILLION)
SECONDS_A_DAY, MINUTES_A_DAY = 86_400, 1_440
RUNS_OF_OUTCOMES = 2
"""A mail's claim and its mark lie close together, its delivery comes in a later object of events."""
HEAD = ("", *(f"{volume:,} mails a month" for volume in VOLUMES))


class OneByOne(Model):
    """The cost of so many mails a month, each by itself."""

    def __init__(self, mails: int) -> None:
        """Spread the mails over the month."""
        super().__init__(mails / (DAYS_A_MONTH * SECONDS_A_DAY))
        self.mails = mails
        self.month = self.book.standing

    @property
    def objects_per_mail(self) -> float:
        """Objects of events, for each mail: the first event opens one, and others join it for a minute."""
        return 1 / (1 + self.rate * self.object_seconds)

    def lines(self) -> dict[str, float]:
        """Return USD a month by line."""
        of_mails = {title: usd * self.mails / MILLION for title, usd in self._of_mails().items()}
        ses = {"SES at 0.10 per 1,000": self.book.plans["NONE"].costs(self.mails)}
        return {**ses, **of_mails, **self._standing()}

    def _of_mails(self) -> dict[str, float]:
        """Return USD per million mails."""
        sends = sum(self._counted(line) for line in ("claim", "index", "sent", "delivered"))
        reads = self._counted("suppression") + self._counted("events")
        buffered = f"{Timing().events_buffer_seconds} seconds"
        return {
            "DynamoDB, four writes a mail: claim, its index, sent, delivered": sends,
            "DynamoDB, a mail's turn in the rate": self._counted("rate"),
            "DynamoDB, reads: suppressions, the row for its events": reads,
            "DynamoDB, the day's counters": self.counters(self.rate),
            f"DynamoDB, {Retention().messages_days} days of rows with their back-ups": self.storage(),
            f"Firehose and S3, two events a mail, in an object in {buffered} at the most, and its marks": (
                self.firehose() + self.objects()
            ),
            "SNS, a queue and a read for the Send event of each mail": self._fast_way(),
            "SQS, three requests a mail": self.book.usd("sqs_request", 3 * MILLION),
            "Lambda and its logs": self._runs(),
        }

    def _standing(self) -> dict[str, float]:
        """Return USD a month, whatever is sent."""
        book, month, minutes = self.book, self.month, DAYS_A_MONTH * MINUTES_A_DAY
        seconds = month["dispatch_seconds"] * minutes
        dispatch = Runs(seconds * month["dispatch_mebibytes"] / 1024, minutes).usd(book) / MILLION
        dispatch += book.usd("dynamodb_read", month["dispatch_reads"] * minutes)
        dispatch += book.usd("dynamodb_write", month["dispatch_writes"] * minutes)
        watching = book.usd("alarm_month", month["alarm_metrics"])
        watching += book.usd("metric_month", month["own_metrics"])
        watching += book.usd("dashboard_month", month["dashboards"])
        watched = f"alarms on {month['alarm_metrics']:.0f} metrics, {month['own_metrics']:.0f} of our own"
        every = Timing().canary_minutes
        return {
            f"SQS, {month['queues']:.0f} idle queues asked round the clock": book.usd(
                "sqs_request", month["queues"] * month["idle_receives"]
            ),
            "dispatch, a run a minute: Lambda and DynamoDB": dispatch,
            f"canaries, one in {every} minutes": book.plans["NONE"].costs(minutes / every),
            f"CloudWatch: {watched}, a dashboard": watching,
            f"Secrets Manager: {month['secrets']:.0f} secrets, {month['secret_copies']:.0f} copy": book.usd(
                "secret_month", month["secrets"] + month["secret_copies"]
            ),
        }

    def changes_at_once(self, rate: float) -> float:
        """Return how many changes `counting` takes: a window begins with a mail and outlasts its delivery."""
        come = rate * self.counted * Timing().counting_batching_window_seconds / self._given["stream_shards"]
        return min(PAYLOAD_BYTES // RECORD_BYTES, self.counted + come)

    def _fast_way(self) -> float:
        book = self.book
        return (
            book.usd("sns_publish", MILLION)
            + book.usd("sqs_request", 3 * MILLION)
            + book.usd("dynamodb_read", MILLION)
        )

    def _runs(self) -> float:
        """Return what Lambda and its logs cost: send, feedback twice or less, outcomes twice, counting."""
        given = self._given
        fast = given["feedback_cpu_ms"] / 2 / self._vcpu(FEEDBACK_MEBIBYTES) / 1000
        publishing = self.changes * given["outcomes_cpu_ms"] / self._vcpu(OUTCOMES_MEBIBYTES) / 1000
        runs = (
            Runs(fast * FEEDBACK_MEBIBYTES / 1024, 1),
            self.feedback(),
            Runs(publishing * OUTCOMES_MEBIBYTES / 1024, RUNS_OF_OUTCOMES),
            self.counting(),
        )
        logged = (2 + self.feedback().runs) * given["log_bytes"] * MILLION / GIBIBYTE
        return (
            self.idle_rate(self.rate)
            + sum(each.usd(self.book) for each in runs)
            + self.book.usd("log_gb", logged)
        )


def month() -> str:
    """Return the table."""
    columns = [OneByOne(volume).lines() for volume in VOLUMES]
    rows = [(title, *(f"{column[title]:,.2f}" for column in columns)) for title in columns[0]]
    # Of what is shown: a reader adds up the lines.
    totals = (f"**{sum(round(usd, 2) for usd in column.values()):,.2f}**" for column in columns)
    return table(HEAD, [*rows, ("**together**", *totals)]) + "\n"
