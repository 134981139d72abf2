"""One CloudWatch dashboard for a stage, and the queries that belong to it."""

from itertools import chain

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs.queries import SavedQueries
from stacks.dashboard import costs, flow, health, limits, links, now, waiting
from stacks.dashboard.links import console
from stacks.dashboard.watched import Watched


class StageDashboard(Construct):
    """`postroad-<stage>`: its state at a glance, then the flow, what waits, limits, health and costs.

    Periods stay as they are whatever time range is looked at, so that "in 5 minutes" stays true.
    """

    def __init__(self, scope: Construct, construct_id: str, *, watched: Watched) -> None:
        """Draw what is watched."""
        super().__init__(scope, construct_id)
        stage = watched.stage
        parts = (now, flow, waiting, limits, health, costs, links)
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=stage.resource(),
            start="-PT6H",
            period_override=cloudwatch.PeriodOverride.INHERIT,
            widgets=[list(row) for row in chain.from_iterable(part.rows(watched) for part in parts)],
        )
        self.url = f"{console(stage)}#dashboards/dashboard/{stage.resource()}"
        if not stage.is_local:  # the emulated cloud knows no saved queries
            SavedQueries(
                self,
                "Queries",
                stage=stage,
                log_groups={name: function.log_group for name, function in watched.functions.items()},
            )
