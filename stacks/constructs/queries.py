"""Queries of the functions' logs, saved in Logs Insights. No line of theirs holds an address to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import aws_logs as logs
from constructs import Construct

from postroad.observability import Metric
from stacks.stage import Stage

BAD = (
    Metric.REFUSED,
    Metric.FAILED,
    Metric.HELD,
    Metric.UNKNOWN_OUTCOMES,
    Metric.EXPIRED,
    Metric.CAPPED,
    Metric.CANCELLED,
    Metric.SUPPRESSED,
    Metric.RETRIED,
)


class Logs(StrEnum):
    """The logs that a query reads."""

    SEND = "send"
    FEEDBACK = "feedback"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Query:
    """A saved query: its name, the logs it reads, and its text."""

    title: str
    reads: Logs
    text: str


QUERIES = (
    Query(
        "what was not sent, by stream and hour",
        Logs.SEND,
        # The lines of the embedded metric format: one for each batch and stream.
        "filter " + " or ".join(f"ispresent({metric.value})" for metric in BAD) + "\n"
        "| stats " + ", ".join(f"sum({metric.value}) as {metric.value}_" for metric in BAD) + "\n"
        "    by stream, bin(1h) as hour\n"
        "| sort hour desc",
    ),
    Query(
        "failures by reason",
        Logs.SEND,
        # A batch's line counts its decisions: {"sent": 48, "refused:template_data": 2}. Where SES takes no
        # mail of the stream, its error code follows: {"later:unexpected_answer:SomethingNew": 1}.
        "# Of several reasons in one batch the first one counts here; the line itself has all.\n"
        'filter message = "batch"\n'
        '| parse @message /"(?<reason>(refused|failed|held|expired|suppressed|later):[A-Za-z0-9_.:]+)": ?'
        "(?<times>[0-9]+)/\n"
        "| filter ispresent(reason)\n"
        "| stats sum(times) as messages, count(*) as batches, max(@timestamp) as latest by reason\n"
        "| sort messages desc",
    ),
    Query(
        "mails that left twice",
        Logs.ALL,
        'filter message = "a message was sent twice"\n'
        "| display @timestamp, service, message_id, @message\n"
        "| sort @timestamp desc\n"
        "| limit 100",
    ),
    Query(
        "batches that came nearest to the timeout",
        Logs.SEND,
        'filter message = "batch"\n'
        "| sort milliseconds_left asc\n"
        "| display @timestamp, service, milliseconds_left, @message\n"
        "| limit 50",
    ),
    Query(
        "warnings and errors",
        Logs.ALL,
        'filter level in ["WARNING", "ERROR", "CRITICAL"]\n'
        "| stats count(*) as lines, max(@timestamp) as latest by service, message, error, raised_at\n"
        "| sort lines desc",
    ),
    Query(
        "events of SES that could not be taken in",
        Logs.FEEDBACK,
        'filter message in ["event not applied", "malformed event"]\n'
        "| display @timestamp, message, problem, error, raised_at, message_id, ses_message_id, sqs_id\n"
        "| sort @timestamp desc\n"
        "| limit 100",
    ),
)


def folder(stage: Stage) -> str:
    """Return where the console shows a stage's queries: the part of their names before the slash."""
    return stage.resource()


class SavedQueries(Construct):
    """`postroad-<stage>/<title>`, each over the logs that it reads."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, log_groups: Mapping[str, logs.ILogGroup]
    ) -> None:
        """Save the queries; `log_groups` are those of the functions, by name without the stage."""
        super().__init__(scope, construct_id)
        for number, query in enumerate(QUERIES, start=1):
            logs.CfnQueryDefinition(
                self,
                f"Query{number}",
                name=f"{folder(stage)}/{query.title}",
                query_string=query.text,
                log_group_names=[
                    group.log_group_name for name, group in log_groups.items() if _reads(query.reads, name)
                ],
            )


def _reads(which: Logs, function: str) -> bool:
    match which:
        case Logs.SEND:
            return function.startswith("send-")
        case Logs.FEEDBACK:
            return function == "feedback"
        case Logs.ALL:
            return True
