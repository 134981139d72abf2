"""What lets dates of contacts begin journeys: the stream of Contacts, and a daily look through them all."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from postroad.journeys.following import LOOK_THROUGH
from stacks.constructs.alarms import Alarms
from stacks.constructs.mail_function import MailFunction
from stacks.constructs.stores import Stores
from stacks.constructs.table_stream import feed_with_changes, ring_when_behind
from stacks.constructs.troubles import DATES_LATE
from stacks.constructs.work_queue import DeadLetters
from stacks.stage import Stage

BATCH_SIZE = 100
WINDOW_SECONDS = 5
EVERY = Duration.minutes(5)
# Lambda leaves out events, caps and consent, without a charge.
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
PROFILES = {"dynamodb": {"Keys": {"sk": {"S": ["profile"]}}}}


class ContactDates(Construct):
    """Contacts' DynamoDB stream → journeys; and every five minutes a run of the look through them all."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        function: MailFunction,
        dead_letters: DeadLetters,
        stores: Stores,
        alarms: Alarms,
    ) -> None:
        """Feed `function`, which is that of journeys."""
        super().__init__(scope, construct_id)
        feed_with_changes(
            function,
            table=stores.contacts_with_stream(),
            dead_letters=dead_letters,
            batch_size=BATCH_SIZE,
            batching_window_seconds=WINDOW_SECONDS,
            patterns=[PROFILES],
        )
        rule = events.Rule(
            self,
            "Round",
            rule_name=stage.resource("dates"),
            description=f"Postroad {stage.name}: looks through contacts for dates that begin journeys.",
            schedule=events.Schedule.rate(EVERY),
        )
        rule.add_target(
            targets.LambdaFunction(
                function,
                event=events.RuleTargetInput.from_object({"schema": LOOK_THROUGH}),
                # The next run does what this one could not.
                retry_attempts=0,
                max_event_age=EVERY,
            )
        )
        function.configure_async_invoke(retry_attempts=0, max_event_age=EVERY)
        stores.contacts.grant(function, "dynamodb:Scan")
        ring_when_behind(alarms, DATES_LATE, "journeys", function)
