"""The stack that does the work: replaceable, everything in it can be made again."""

from typing import TYPE_CHECKING

from constructs import Construct

from postroad.journeys.plan import write_plans
from postroad.names import pascal
from stacks.constructs.alarms import Alarms
from stacks.constructs.counting_pipeline import CountingPipeline
from stacks.constructs.dashboard import StageDashboard
from stacks.constructs.dispatch_pipeline import DispatchPipeline
from stacks.constructs.events_pipeline import EventsPipeline
from stacks.constructs.feedback_pipeline import FeedbackPipeline
from stacks.constructs.intake_api import IntakeApi
from stacks.constructs.journeys_pipeline import JourneysPipeline
from stacks.constructs.mail_function import FunctionRuntime
from stacks.constructs.outcomes_pipeline import OutcomesPipeline
from stacks.constructs.result_bus import ResultBus
from stacks.constructs.send_pipeline import SendPipeline
from stacks.constructs.stores import Stores
from stacks.constructs.web_pages import WebPages
from stacks.dashboard.watched import Watched
from stacks.stage import Stage
from stacks.stage_stack import StageStack

if TYPE_CHECKING:
    from postroad.configuration import Configuration

NO_PLANS = write_plans([])


class MailStack(StageStack):
    """One SendPipeline per stream; the other functions, bus, alarms and dashboard."""

    def __init__(
        self, scope: Construct, *, stage: Stage, configuration: "Configuration", plans: bytes = NO_PLANS
    ) -> None:
        """Make `postroad-<stage>-mail`, with these journeys."""
        super().__init__(
            scope, stage=stage, name="mail", description="queues, functions, alarms. Replaceable."
        )
        stores = Stores(
            self,
            "Stores",
            stage=stage,
            customer_managed=configuration.encryption == "customer-managed",
        )
        runtime = FunctionRuntime(
            self, "Runtime", stage=stage, log_days=configuration.retention.logs_days, key=stores.key
        )
        alarms = Alarms(
            self,
            "Alarms",
            stage=stage,
            email=configuration.alarms.email,
            runbooks=configuration.alarms.runbooks,
            key=stores.key,
        )
        bus = ResultBus(self, "ResultBus", stage=stage)
        events = EventsPipeline(
            self, "Events", configuration=configuration, runtime=runtime, stores=stores, alarms=alarms
        )
        feedback = FeedbackPipeline(
            self,
            "Feedback",
            configuration=configuration,
            runtime=runtime,
            stores=stores,
            events=events,
            alarms=alarms,
        )
        web: WebPages | None = None
        if configuration.web or stage.is_local:
            web = WebPages(
                self, "Web", configuration=configuration, runtime=runtime, stores=stores, alarms=alarms
            )
            self.tell("WebUrl", web.url)
        streams = [
            SendPipeline(
                self,
                f"Stream{pascal(name)}",
                configuration=configuration,
                name=name,
                runtime=runtime,
                stores=stores,
                feedback=feedback.topic,
                events=events,
                alarms=alarms,
                plans=plans,
                web_url=web.url if web else "",
            )
            for name in configuration.streams
        ]
        if web and (confirming := configuration.confirmation_stream):
            web.take_sign_ups(next(stream for stream in streams if stream.name == confirming))
        journeys = JourneysPipeline(
            self,
            "Journeys",
            configuration=configuration,
            runtime=runtime,
            stores=stores,
            streams=streams,
            bus=bus,
            alarms=alarms,
            plans=plans,
        )
        intake = IntakeApi(
            self,
            "Intake",
            runtime=runtime,
            queue=journeys.work.queue,
            bus=bus,
            key=stores.key,
            alarms=alarms,
        )
        dispatch = DispatchPipeline(
            self,
            "Dispatch",
            configuration=configuration,
            runtime=runtime,
            stores=stores,
            streams=streams,
            events=events,
            journeys=journeys,
            bus=bus,
            alarms=alarms,
        )
        outcomes = OutcomesPipeline(
            self,
            "Outcomes",
            configuration=configuration,
            runtime=runtime,
            stores=stores,
            bus=bus,
            alarms=alarms,
        )
        counting = CountingPipeline(
            self, "Counting", configuration=configuration, runtime=runtime, stores=stores, alarms=alarms
        )
        self.tell("ResultBus", bus.event_bus_name)
        if configuration.alarms.dashboard:
            watched = Watched(
                stage=stage,
                configuration=configuration,
                alarms=alarms,
                streams=streams,
                events=events,
                feedback=feedback,
                journeys=journeys,
                intake=intake,
                dispatch=dispatch,
                outcomes=outcomes,
                counting=counting,
                web=web,
                tables=(
                    stores.messages,
                    stores.bodies,
                    stores.suppressions,
                    stores.schedule,
                    stores.contacts,
                    stores.journeys,
                    stores.stats,
                ),
            )
            self.tell("DashboardUrl", StageDashboard(self, "Dashboard", watched=watched).url)
