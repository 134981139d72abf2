"""Each alarm sends whoever it wakes to a page that is there, and that names commands which are there."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from typer.main import get_command

from postroad.cli.main import app
from stacks.constructs.queries import QUERIES
from tests.infrastructure.drawn import drawn
from tests.infrastructure.templates import Stacks

FOLDER = Path("docs/runbooks")
INDEX = FOLDER / "README.md"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page != INDEX)
SECTIONS = ["Look", "Causes", "It is over when", "Don't"]
LONGEST_PAGE = 90
"""Lines that a tired person reads."""


def descriptions(stacks: Stacks) -> dict[str, str]:
    """Return the texts of all alarms by their names."""
    return {
        alarm["AlarmName"]: alarm["AlarmDescription"] for alarm in stacks.properties("AWS::CloudWatch::Alarm")
    }


def page_of(description: str) -> str:
    """Return where an alarm's text sends its reader."""
    return description.rpartition(" Then: ")[2]


def test_every_alarm_has_its_page_and_every_page_an_alarm(prod: Stacks) -> None:
    named = {page_of(text).rpartition("/")[2] for text in descriptions(prod).values()}
    assert named == {page.name for page in PAGES}


def test_the_link_of_an_alarm_leads_to_a_file(local: Stacks, prod: Stacks) -> None:
    base = prod.configuration.alarms.runbooks
    assert base.startswith("https://")
    for text in descriptions(prod).values():
        place = page_of(text)
        assert place.startswith(f"{base}/")
        assert (FOLDER / place.removeprefix(f"{base}/")).is_file()
    assert descriptions(local).keys() == {name.replace("-prod-", "-local-") for name in descriptions(prod)}


def test_without_any_setting_the_link_is_a_file_of_the_repository(staging: Stacks) -> None:
    for text in descriptions(staging).values():
        assert Path(page_of(text)).is_file()


def test_an_alarm_s_text_says_what_is_wrong_and_what_to_do_first(prod: Stacks, staging: Stacks) -> None:
    for stacks in (prod, staging):
        stage = stacks.configuration.stage
        for name, text in descriptions(stacks).items():
            wrong, first, then = re.fullmatch(r"(.+?\.) First: (.+\.) Then: (\S+)", text).groups()  # type: ignore[union-attr]  # no match fails the test
            assert len(wrong) > 40
            assert len(first) > 20
            assert then
            assert "{" not in text
            assert len(text) <= 1024  # CloudWatch's limit
            assert name.startswith(f"postroad-{stage}-")
            assert all(
                word.startswith(f"postroad --stage {stage} ")
                for word in re.findall(r"`(postroad [^`]+)`", text)
            )


def test_alarms_are_named_by_part_and_trouble(prod: Stacks) -> None:
    assert {
        "postroad-prod-account-bounce-rate",
        "postroad-prod-transactional-late",
        "postroad-prod-transactional-dead-letters",
        "postroad-prod-send-transactional-errors",
        "postroad-prod-feedback-late",
        "postroad-prod-outcomes-dead-letters",
        "postroad-prod-counting-late",
    } <= descriptions(prod).keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_has_its_parts_in_order(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert len(text.splitlines()) <= LONGEST_PAGE
    for said in ("**How urgent:**", "**Who is affected:**", "**Meanwhile:**"):
        assert said in text.partition("## Look")[0]
    look = text.partition("## Look")[2].partition("## Causes")[0]
    assert "```sh" in look
    assert "*" in look  # a graph of the dashboard
    assert re.search(r"^1\. \*\*", text.partition("## Causes")[2], re.MULTILINE)


def test_the_index_lists_every_page() -> None:
    listed = re.findall(r"\]\(([a-z-]+\.md)\)", INDEX.read_text("utf-8"))
    assert sorted(listed) == sorted(page.name for page in PAGES)


def to_copy(page: Path) -> Iterator[str]:
    """Yield the command lines that stand in blocks of their own."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                yield line


def commands(page: Path) -> Iterator[str]:
    """Yield every command line of a page, also those inside sentences."""
    yield from to_copy(page)
    sentences = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for found in re.findall(r"`((?:postroad|aws|npx)\s[^`]+)`", sentences):
        yield " ".join(found.split())


@cache
def cli() -> Any:  # noqa: ANN401  the click that typer carries inside is no public type
    return get_command(app)


def problem(line: str) -> str | None:
    """Return what is wrong with a `postroad` line: an unknown command, argument or option."""
    words = shlex.split(line, comments=True)
    command = cli()
    context = command.make_context("postroad", [], resilient_parsing=True)
    rest = words[1:]
    while True:
        options = {
            name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        takes_value = {
            name
            for parameter in command.params
            if not getattr(parameter, "is_flag", False) and not getattr(parameter, "count", False)
            for name in parameter.opts
        }
        arguments = []
        while rest:
            word = rest.pop(0)
            if word.startswith("--"):
                if word not in options | {"--help"}:
                    return f"{line!r}: {command.name} has no option {word}"
                if word in takes_value:
                    rest.pop(0)
            else:
                arguments.append(word)
                if getattr(command, "commands", None):
                    break
        if not getattr(command, "commands", None):
            wanted = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
            too_many = len(arguments) > len(wanted) and not any(one.nargs == -1 for one in wanted)
            return f"{line!r}: {arguments} are too many" if too_many else None
        if not arguments:
            return None if getattr(command, "invoke_without_command", False) else f"{line!r}: which command?"
        if arguments[0] not in command.commands:
            return f"{line!r}: {command.name} has no {arguments[0]}"
        _, command, _ = command.resolve_command(context, arguments)


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    lines = list(commands(page))
    ours = [line for line in lines if line.startswith("postroad ")]
    assert [found for line in ours if (found := problem(line))] == []
    assert [line for line in lines if line.startswith("aws ") and not is_operation(*line.split()[1:3])] == []
    assert all(line.startswith(("postroad --stage <stage> ", "aws ", "npx cdk ")) for line in to_copy(page))


def is_operation(service: str, command: str) -> bool:
    """Say whether AWS's command line has this command of a service."""
    if (service, command) == ("logs", "tail"):  # its own, beside the operations of the service
        return True
    name = "s3" if service == "s3api" else service  # where `aws s3` means commands of its own
    operations = botocore.session.get_session().get_service_model(name).operation_names
    return command in {xform_name(name, "-") for name in operations}


def test_the_commands_of_an_alarm_s_text_exist(prod: Stacks) -> None:
    lines = {line for text in descriptions(prod).values() for line in re.findall(r"`([^`]+)`", text)}
    assert [found for line in lines if line.startswith("postroad ") and (found := problem(line))] == []
    assert all(is_operation(*line.split()[1:3]) for line in lines if line.startswith("aws "))


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_the_graphs_and_queries_that_a_page_names_are_there(page: Path, prod: Stacks) -> None:
    titles = [each["properties"].get("title", "") for each in drawn(prod).widgets]
    known = [*titles, *(query.title for query in QUERIES)]
    text = " ".join(page.read_text("utf-8").split())
    named = [
        re.sub(r"(<stream>|…)$", "", found)
        for found in re.findall(r"(?<!\*)\*([A-Za-z][^*]+?)\*(?!\*)", text)
        if found != "Names in italics"
    ]
    assert [name for name in named if not any(title.startswith(name) for title in known)] == []


def test_commands_that_are_not_there_are_found() -> None:
    assert problem("postroad --stage prod queues") is None
    assert problem("postroad --stage prod why --to <email>") is None
    assert problem("postroad --stage prod queue") is not None
    assert problem("postroad --stage prod suppression lift a@shop.example") is not None
    assert problem("postroad --stage prod queues --streem transactional") is not None
    assert is_operation("sesv2", "get-account")
    assert not is_operation("sesv2", "get-accounts")


def test_nobody_is_told_to_throw_mail_away() -> None:
    """A purged queue is lost mail, and SQS's own redrive would bring back what must not be sent again.

    Events alone may be moved by SQS, SES's and those of contacts: they can come any number of times.
    """
    for page in PAGES:
        lines = " ".join(commands(page))
        assert "purge-queue" not in lines
        of_events = page.stem in {"feedback-dead-letters", "events-dead-letters", "journeys-dead-letters"}
        assert of_events or "start-message-move-task" not in lines
