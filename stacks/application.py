"""The CDK application: which stage, its configuration, its two stacks, tags and checks."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Annotations, App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from postroad.configuration import Configuration, ConfigurationError, check_shares, load, stages
from postroad.configuration.topics import TOPICS, check_streams, read_topics, streams_of, without_topics
from stacks.foundation_stack import FoundationStack
from stacks.mail_stack import MailStack
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
    except ConfigurationError as error:
        raise SystemExit(str(error)) from error  # its lines say what to do; a trace would bury them
    local = {what: app.node.try_get_context(what) for what in ("simulator", "cloud")}
    _, mail = add_stacks(app, configuration, **local)
    if topicless:
        Annotations.of(mail).add_warning_v2("postroad:topics", _without_topics(topicless))
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


def check(app: App) -> None:
    """Let no synthesis pass with a finding of cdk-nag that nobody has acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def add_stacks(
    app: App, configuration: Configuration, *, simulator: str | None = None, cloud: str | None = None
) -> tuple[FoundationStack, MailStack]:
    """Add the two stacks of one stage to `app`."""
    stage = Stage(
        name=configuration.stage,
        account=configuration.aws.account,
        region=configuration.aws.region,
        simulator=simulator if configuration.is_local else None,
        cloud=cloud if configuration.is_local else None,
    )
    foundation = FoundationStack(app, stage=stage, configuration=configuration)
    mail = MailStack(app, stage=stage, configuration=configuration)
    mail.add_stack_dependency(foundation, "reads its parameters when it is deployed")
    for key, value in {"application": "postroad", "stage": stage.name}.items():
        Tags.of(app).add(key, value)
    return foundation, mail
