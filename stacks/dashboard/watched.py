"""What the dashboard looks at, and how its graphs are drawn: one colour for one thing everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs

from stacks.constructs import intake_api, web_pages
from stacks.constructs.alarms import Alarms
from stacks.constructs.counting_pipeline import CountingPipeline
from stacks.constructs.dispatch_pipeline import DispatchPipeline
from stacks.constructs.events_pipeline import EventsPipeline
from stacks.constructs.feedback_pipeline import FeedbackPipeline
from stacks.constructs.intake_api import IntakeApi
from stacks.constructs.journeys_pipeline import JourneysPipeline
from stacks.constructs.mail_function import MailFunction
from stacks.constructs.metrics import FIVE_MINUTES
from stacks.constructs.outcomes_pipeline import OutcomesPipeline
from stacks.constructs.send_pipeline import SendPipeline
from stacks.constructs.web_pages import WebPages
from stacks.stage import Stage

if TYPE_CHECKING:
    from postroad.configuration import Configuration

WIDTH = 24
"""Columns of a dashboard."""
HEIGHT = 6
"""Rows of a graph: three of them and the numbers fill a laptop's screen."""
THRESHOLD = "#d62728"
"""The colour of an alarm's line."""

OWN = {
    "feedback": "#7f7f7f",
    "outcomes": "#c7c7c7",
    "counting": "#9edae5",
    "journeys": "#98df8a",
    "intake": "#dbdb8d",
    "dispatch": "#393b79",
    "events": "#aec7e8",
    "web": "#c49c94",
}
STREAMS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#bcbd22")
"""One for each stream, in the order of the configuration, and from the start again; none is an alarm's."""

Row = Sequence[cloudwatch.IWidget]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The constructs of the stack `mail`."""

    stage: Stage
    configuration: "Configuration"
    alarms: Alarms
    streams: Sequence[SendPipeline]
    events: EventsPipeline
    feedback: FeedbackPipeline
    journeys: JourneysPipeline
    intake: IntakeApi
    dispatch: DispatchPipeline
    outcomes: OutcomesPipeline
    counting: CountingPipeline
    web: WebPages | None
    tables: Sequence[dynamodb.ITableV2]

    @property
    def functions(self) -> Mapping[str, MailFunction]:
        """Every function by its name without the stage."""
        return {
            **{f"send-{each.name}": each.function for each in self.streams},
            "feedback": self.feedback.function,
            "journeys": self.journeys.function,
            "intake": self.intake.function,
            "dispatch": self.dispatch.function,
            "outcomes": self.outcomes.function,
            "counting": self.counting.function,
            **({"web": self.web.function} if self.web else {}),
        }

    def color_of(self, name: str) -> str:
        """Return the colour of a stream, of its function, or of a part of Postroad's own, in every graph."""
        streams = [each.name for each in self.streams]
        stream = name.removeprefix("send-") if name not in streams else name
        return OWN[name] if name in OWN else STREAMS[streams.index(stream) % len(STREAMS)]

    @property
    def queues(self) -> Mapping[str, sqs.IQueue]:
        """Every queue that feeds a function, by its stream."""
        return {
            **{each.name: each.work.queue for each in self.streams},
            "feedback": self.feedback.work.queue,
            "events": self.events.work.queue,
            "journeys": self.journeys.work.queue,
        }

    @property
    def dead_letters(self) -> Mapping[str, sqs.IQueue]:
        """Every queue of dead letters, by its stream."""
        return {
            **{each.name: each.work.dead_letters for each in self.streams},
            "feedback": self.feedback.work.dead_letters,
            "events": self.events.work.dead_letters,
            "journeys": self.journeys.work.dead_letters,
            "outcomes": self.outcomes.dead_letters,
            "counting": self.counting.dead_letters,
        }

    @property
    def maximum_concurrency(self) -> Mapping[str, int]:
        """How many copies of a function may run at once.

        Outcomes and counting have one for each shard of the table's stream.
        """
        return {
            **{f"send-{each.name}": each.sizing.maximum_concurrency for each in self.streams},
            "feedback": self.configuration.feedback_copies + self.configuration.events_copies,
            "journeys": self.configuration.journeys_copies,
        }

    @property
    def timeouts(self) -> Mapping[str, int]:
        """The longest run of each function in seconds."""
        timing = self.configuration.timing
        return {
            **{f"send-{name}": timing.send_timeout_seconds for name in self.configuration.streams},
            "feedback": timing.feedback_timeout_seconds,
            "journeys": timing.journeys_timeout_seconds,
            "intake": intake_api.TIMEOUT_SECONDS,
            "dispatch": timing.dispatch_timeout_seconds,
            "outcomes": timing.outcomes_timeout_seconds,
            "counting": timing.counting_timeout_seconds,
            "web": web_pages.TIMEOUT_SECONDS,
        }


def total(
    metrics: Iterable[cloudwatch.IMetric],
    name: str,
    label: str,
    *,
    function: str = "SUM",
    color: str | None = None,
) -> cloudwatch.MathExpression:
    """Return the sum (or MAX) of metrics. `name` tells its parts from those of others in one widget."""
    parts = {f"{name}{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=f"{function}(FILL([{','.join(parts)}], 0))",
        using_metrics=parts,
        label=label,
        color=color,
        period=FIVE_MINUTES,
    )


def axis(label: str, *, most: float | None = None) -> cloudwatch.YAxisProps:
    """Return an axis that begins at 0 and says what it counts."""
    return cloudwatch.YAxisProps(min=0, max=most, label=label, show_units=False)


def threshold(value: float, label: str) -> cloudwatch.HorizontalAnnotation:
    """Return the line at which an alarm rings."""
    return cloudwatch.HorizontalAnnotation(value=value, label=label, color=THRESHOLD)


def graph(
    title: str,
    metrics: Sequence[cloudwatch.IMetric],
    unit: str,
    *,
    width: int,
    most: float | None = None,
    lines: Sequence[cloudwatch.HorizontalAnnotation] = (),
    legend: cloudwatch.LegendPosition = cloudwatch.LegendPosition.BOTTOM,
) -> cloudwatch.GraphWidget:
    """Return a graph of lines from 0."""
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        left_y_axis=axis(unit, most=most),
        left_annotations=list(lines),
        legend_position=legend,
        width=width,
        height=HEIGHT,
    )


def heading(text: str) -> Row:
    """Return a line of text over what follows."""
    return [
        cloudwatch.TextWidget(
            markdown=text, width=WIDTH, height=1, background=cloudwatch.TextWidgetBackground.TRANSPARENT
        )
    ]
