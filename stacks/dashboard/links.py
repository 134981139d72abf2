"""Where to go from here: runbooks, logs, saved queries, the command line."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.constructs.queries import QUERIES, folder
from stacks.dashboard.watched import WIDTH, Row, Watched
from stacks.stage import Stage

HOSTS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
CONSOLE = "console.aws.amazon.com"


def console(stage: Stage) -> str:
    """Return the address of CloudWatch's console in the stage's Region."""
    host = next((host for start, host in HOSTS.items() if stage.region.startswith(start)), CONSOLE)
    return f"https://{stage.region}.{host}/cloudwatch/home?region={stage.region}"


def log_group(stage: Stage, name: str) -> str:
    """Return the console's address of a log group. It writes a slash as `$252F`."""
    return f"{console(stage)}#logsV2:log-groups/log-group/{name.replace('/', '$252F')}"


def rows(watched: Watched) -> Iterator[Row]:
    """Yield one text."""
    stage, runbooks = watched.stage, watched.configuration.alarms.runbooks
    pages = (
        f"[runbooks]({runbooks}/README.md)" if runbooks.startswith("https://") else f"`{runbooks}/README.md`"
    )
    logs = " · ".join(
        f"[{name}]({log_group(stage, f'/aws/lambda/{stage.resource(name)}')})" for name in watched.functions
    )
    queries = " · ".join(query.title for query in QUERIES)
    command = f"postroad --stage {stage.name}"
    insights = f"[Logs Insights]({console(stage)}#logsV2:logs-insights)"
    yield [
        cloudwatch.TextWidget(
            markdown=f"""\
## From here
**Something rings?** Each alarm's text names its page in the {pages}: what it means, and what to do.

**One message?** `{command} why <message_id>`, or `{command} why --to <email>`. \
**Queues and dead letters?** `{command} queues`.

**Logs:** {logs}

**Saved queries** in {insights}, under *Queries*, folder `{folder(stage)}`: {queries}
""",
            width=WIDTH,
            height=6,
        )
    ]
