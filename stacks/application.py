"""The CDK application: which stage, its configuration, its two stacks, tags and checks."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aws_cdk import Annotations, App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from postroad.configuration import Configuration, ConfigurationError, check_shares, load, stages
from postroad.configuration.topics import TOPICS, check_streams, read_topics, streams_of, without_topics
from postroad.journey_files.building import FOLDER, read_journeys
from postroad.journey_files.compiling import JourneyError
from postroad.journey_files.world import world_of
from postroad.journeys.plan import Plan, write_plans
from stacks.foundation_stack import FoundationStack
from stacks.mail_stack import NO_PLANS, MailStack
from stacks.stage import Stage

CONFIGURATION = Path(__file__).resolve().parent.parent / "config"


def make_app(context: Mapping[str, str] | None = None) -> App:
    """Build the application of the context `stage`, read from `config/<stage>.toml`.

    `-c stage=…`, `-c simulator=…` and `-c cloud=…` of the CDK command line come before what `context` says.
    """
    app = App(context=context)
    name = app.node.try_get_context("stage")
    if not name:
        known = ", ".join(stages(CONFIGURATION))
        raise SystemExit(f"Which stage? Say for example `-c stage=prod`; config/ has: {known}")
    try:
        configuration = load(name, CONFIGURATION)
        check_shares(configuration, CONFIGURATION)
        topicless = _check_topics(configuration)
        plans = _read_journeys(configuration)
    except (ConfigurationError, JourneyError) as error:
        raise SystemExit(str(error)) from error  # its lines say what to do; a trace would bury them
    local = {what: app.node.try_get_context(what) for what in ("simulator", "cloud")}
    here = [plan for plan in plans if plan.stream in configuration.streams]
    _, mail = add_stacks(app, configuration, plans=write_plans(here), **local)
    if topicless:
        Annotations.of(mail).add_warning_v2("postroad:topics", _without_topics(topicless))
    for plan in plans:
        if plan not in here and not plan.retired:
            Annotations.of(mail).add_warning_v2(f"postroad:journey:{plan.name}", _without_stream(plan))
    check(app)
    return app


def _check_topics(configuration: Configuration) -> list[str]:
    """Check config/topics.toml against this stage's streams; return those that lack a topic."""
    topics = read_topics(CONFIGURATION)
    unsubscribable = {name: stream.unsubscribable for name, stream in configuration.streams.items()}
    check_streams(
        topics,
        unsubscribable,
        file=f"{CONFIGURATION.name}/{TOPICS}",
        elsewhere=streams_of(CONFIGURATION),
    )
    return without_topics(topics, unsubscribable)


def _without_topics(streams: list[str]) -> str:
    return (
        f"{CONFIGURATION.name}/{TOPICS} has no topic of {' and '.join(streams)}, whose mail can be "
        "unsubscribed: messages may name any topic, a mistyped one too, and no page shows what was left. "
        f'Write a table [topics.<name>] with stream = "{streams[0]}".'
    )


def _read_journeys(configuration: Configuration) -> list[Plan]:
    """Read all journeys, those too whose stream only other stages have: all stages share them."""
    folder = CONFIGURATION.parent / FOLDER
    if not folder.is_dir():
        return []
    world = world_of(configuration, config=CONFIGURATION, templates=CONFIGURATION.parent / "templates")
    elsewhere: dict[str, bool] = {}
    for stage in stages(CONFIGURATION):
        try:
            other = load(stage, CONFIGURATION)
        except ConfigurationError:
            continue  # told when that stage is deployed
        elsewhere |= {name: stream.unsubscribable for name, stream in other.streams.items()}
    return read_journeys(folder, replace(world, unsubscribable={**elsewhere, **world.unsubscribable}))


def _without_stream(plan: Plan) -> str:
    return (
        f"{FOLDER}/{plan.name}.yaml is not deployed: this stage has no stream {plan.stream}. Write a table "
        f"[streams.{plan.stream}] into its file, or let the journey be."
    )


def check(app: App) -> None:
    """Let no synthesis pass with a finding of cdk-nag that nobody has acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def add_stacks(
    app: App,
    configuration: Configuration,
    *,
    plans: bytes = NO_PLANS,
    simulator: str | None = None,
    cloud: str | None = None,
) -> tuple[FoundationStack, MailStack]:
    """Add the two stacks of one stage to `app`, with the journeys of these plans."""
    stage = Stage(
        name=configuration.stage,
        account=configuration.aws.account,
        region=configuration.aws.region,
        simulator=simulator if configuration.is_local else None,
        cloud=cloud if configuration.is_local else None,
    )
    foundation = FoundationStack(app, stage=stage, configuration=configuration)
    mail = MailStack(app, stage=stage, configuration=configuration, plans=plans)
    mail.add_stack_dependency(foundation, "reads its parameters when it is deployed")
    for key, value in {"application": "postroad", "stage": stage.name}.items():
        Tags.of(app).add(key, value)
    return foundation, mail
