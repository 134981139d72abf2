"""What README, tutorials and how-tos show is run, command by command, as a reader would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from postroad.contract.words import Status
from tests.documented import ROOT, blocks, commands, name_of
from tests.documented_shell import Reader
from tests.local_stack import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.local_stack import LocalStack

PAGES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
)

NOT_RUN = {
    r"make ": "would install, test or start what this run stands on; test_documents.py: it exists",
    r"git ": "fetches the project from elsewhere",
    r"\$EDITOR ": "a person writes",
    r"npx cdk ": "wants an AWS account; tests/infrastructure/test_documented_stacks.py: it synthesises",
    r"aws configure|export AWS_PROFILE|aws sts": "the reader's own sign-on",
    r"aws sesv2 (?!list-suppressed)": "settings of a real SES account",
    r"aws secretsmanager (?!get-secret-value)|aws s3 rb|for table in": "would take the other tests' data",
    r"postroad .*token-keys retire": "would end links of other tests; tests/unit/cli/test_cli_token_keys.py",
    r"AWS_REGION=us-east-1 aws": "what CloudFront takes; the local stage has no distribution",
    r"postroad .*queues redrive (?!.*--dry-run)": "would send what other tests left; test_redrive.py does",
    r"postroad .*held (?:release|drop) (?!.*--dry-run)": "would decide on what others left; test_redrive.py",
    r"postroad .*suppression (?:remove|show) ": "needs a complaint; tests/unit/cli/test_cli_suppression.py",
    r"postroad .*suppression sync .*--apply": "would take other tests' data; test_cli_suppression_sync.py",
    r"postroad local clock forward": "would move the time of other tests; test_journeys_deployed.py does",
    r"curl \"\$EVENTS_URL\"": "takes a stage's address and keys; test_intake_deployed.py signs such requests",
    r"postroad journey stats club": "the tests' shared stack was deployed without that journey",
    r"postroad --stage staging": "needs a second stage; tests/unit/sending: what it holds back",
}
"""Commands that can't be run here, and why. Options of every one are checked all the same."""
PRESSED = {"postroad --stage prod why order-1042-confirmation": "order-1042-confirmation"}
"""Where the reader presses *Bounce* in the inbox before a command, and of which message."""
MENTION = re.compile(r'(?:"message_id": "|--message-id )([\w.:-]+)')
ADDRESSES = ("ana.ruiz@example.com",)
"""Recipients of several pages: what bounces on one must not stop the next."""


@pytest.fixture
def reader(stack: LocalStack, tmp_path: Path) -> Iterator[Reader]:
    reading = Reader(stack, tmp_path / "postroad")
    for address in ADDRESSES:
        reading.lift(address)
    try:
        yield reading
    finally:
        reading.close()
        stack.state.save()  # a reader's redeployment took another time than the first


def press_bounce(stack: LocalStack, message_id: str) -> None:
    (mail,) = patiently(lambda: stack.mails_of(message_id) or None, lambda: f"the mail {message_id}")
    if mail["status"] != "bounced":
        stack.inbox.report(mail["id"], "bounce")


def not_run(command: str) -> bool:
    return any(re.match(pattern, command) for pattern in NOT_RUN)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_shows_works(page: Path, reader: Reader, stack: LocalStack) -> None:
    enqueued: set[str] = set()
    pressed = dict(PRESSED)
    for block in blocks(page):
        if block.file.endswith(".json") and block.language == "json":
            reader.write(block)
        elif block.language == "python" and "aws_cdk" not in block.text:
            reader.run_program(block)
            enqueued.update(MENTION.findall(block.text))
        elif block.language in {"sh", "console"}:
            for shown in commands(block):
                if not_run(shown.command):
                    continue
                if shown.command in pressed:
                    press_bounce(stack, pressed.pop(shown.command))
                reader.run(shown)
                enqueued.update(MENTION.findall(shown.command))
    for message_id in enqueued:
        row = stack.wait_for_end(message_id)
        assert row.status not in {Status.INVALID, Status.FAILED, Status.HELD}, row


def test_nothing_is_left_out_that_no_page_shows() -> None:
    shown = [
        each.command for page in PAGES for block in blocks(page, "sh", "console") for each in commands(block)
    ]
    assert [pattern for pattern in NOT_RUN if not any(re.match(pattern, command) for command in shown)] == []
